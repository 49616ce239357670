"""Can every form of every shipped model be shown? Judged by the language of forms, which no rehearsal asks for."""

import json
import shutil
from pathlib import Path

import pytest

from api.cli import main
from api.forms import check_form
from engine.process import packs


def test_every_form_of_every_model_is_a_form() -> None:
    found: dict[str, object] = {}
    for folder in packs.shipped():
        for name, content in packs.read_pack(folder).files.items():
            if "forms/" in name and (findings := check_form(content, file=name)):
                found[f"{folder.name}/{name}"] = findings
    assert found == {}


def test_validate_names_the_line_of_a_form_that_no_page_could_show(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mau"
    shutil.copytree(packs.shipped()[0], folder)
    file = min((folder / "forms").glob("*.json"))
    form = json.loads(file.read_text("utf-8"))
    name = next(iter(form["properties"]))
    form["properties"][name].setdefault("x-ui", {})["width"] = 7
    file.write_text(json.dumps(form, ensure_ascii=False, indent=2), "utf-8")
    assert main(["validate", str(folder)]) == 1
    assert f"forms/{file.name}" in (said := capsys.readouterr().out)
    assert f"{name}: “width” phải là một trong" in said
