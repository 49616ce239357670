"""Can every form of every shipped model be shown? Judged by the language of forms, which no rehearsal asks for."""

from api.forms import check_form
from engine.process import packs


def test_every_form_of_every_model_is_a_form() -> None:
    found: dict[str, object] = {}
    for folder in packs.shipped():
        for name, content in packs.read_pack(folder).files.items():
            if "forms/" in name and (findings := check_form(content, file=name)):
                found[f"{folder.name}/{name}"] = findings
    assert found == {}
