"""Versions told apart element by element; archives that want to do harm; models that may not be deployed."""

from __future__ import annotations

import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadPack
from engine.process import packs
from engine.process.pack_diff import as_line, compare
from engine.process.pack_ready import ready, ready_folder, ready_zip
from engine.process.pack_zip import read_zip
from engine.rules.cycle_models import CycleModel

TWELFTH = next(p for p in (Path(__file__).parents[1] / "models" / "packs").iterdir() if (p / "model.toml").is_file())
FILES = packs.read_folder(TWELFTH)
SHARED = packs.read_shared()


def changed(**changes: tuple[str, str]) -> CycleModel:
    files = dict(FILES)
    for name, (old, new) in changes.items():
        file = next(path for path in files if path.replace("/", "_").replace(".", "_").replace("-", "_") == name)
        text = files[file].decode()
        assert text.count(old) >= 1, old
        files[file] = text.replace(old, new).encode()
    return packs.read_model(SHARED | files, "vuon")


def lines(new: CycleModel) -> list[str]:
    return [as_line(change) for change in compare(packs.read_model(SHARED | FILES, "vuon"), new)]


def test_the_same_model_has_no_differences() -> None:
    assert lines(packs.read_model(SHARED | FILES, "vuon")) == []


def test_a_drawing_moved_about_is_no_difference() -> None:
    comment = ("<bpmn:process id", "<!-- vẽ lại -->\n\n<bpmn:process id")
    assert lines(changed(cycle_bpmn=comment)) == []


def test_differences_are_named_element_by_element() -> None:
    diagram = FILES["cycle.bpmn"].decode()
    extra = '<bpmn:sequenceFlow id="f4" sourceRef="tra_loi" targetRef="moi" />'
    extra += (
        '<bpmn:manualTask id="moi" name="Trồng cây" /><bpmn:sequenceFlow id="f4b" sourceRef="moi" targetRef="dong" />'
    )
    new = changed(
        cycle_bpmn=('<bpmn:sequenceFlow id="f4" sourceRef="tra_loi" targetRef="dong" />', extra),
        model_toml=("day = 1\nmonth = 3", "day = 5\nmonth = 3"),
        forms_dang_ky_json=('"properties"', '"description": "Mới", "properties"'),
    )
    assert diagram.count("f4") == 1
    assert lines(new) == [
        "+ bước moi “Trồng cây”",
        "+ luồng tra_loi → moi",
        "+ luồng moi → dong",
        "- luồng tra_loi → dong",
        "~ hạn register “Đăng ký vườn cây”: ngày: “1/3” → “5/3”",
        "~ biểu mẫu dang-ky: description: “” → “Mới”",
    ]


def test_what_is_executed_and_what_is_only_read_is_told_apart() -> None:
    new = changed(
        cycle_bpmn=('name="Trả lời đăng ký"', 'name="Trả lời" camunda:formKey="dang-ky"'),
        model_toml=('value = "x"', "")
        if b'value = "x"' in FILES["model.toml"]
        else ('label = "Trả lời đăng ký"', 'label = "Đáp"'),
    )
    before = packs.read_model(SHARED | FILES, "vuon")
    assert [(c.element, c.attribute, c.old, c.new, c.executes) for c in compare(before, new)] == [
        ("tra_loi", "tên", "Trả lời đăng ký", "Trả lời", False),
        ("tra_loi", "biểu mẫu", "", "dang-ky", True),
        ("answer", "tên", "Trả lời đăng ký", "Đáp", False),
    ]


def test_rules_of_decision_tables_are_compared() -> None:
    def with_table(answer: str) -> CycleModel:
        table = f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:d">
        <decision id="muc" name="Mức"><decisionTable hitPolicy="FIRST"><input id="i"><inputExpression id="e"><text>diem</text>
        </inputExpression></input><output id="o" name="muc"/>
        <rule id="r"><inputEntry id="a"><text>&gt;= 80</text></inputEntry><outputEntry id="b"><text>"{answer}"</text></outputEntry>
        </rule></decisionTable></decision></definitions>"""
        return packs.read_model(SHARED | FILES | {"muc.dmn": table.encode()}, "vuon")

    assert [as_line(change) for change in compare(with_table("tốt"), with_table("khá"))] == [
        '~ bảng quyết định muc “Mức”: quy tắc 1: “>= 80 | "tốt"” → “>= 80 | "khá"”'
    ]


# ---- archives


def archive(files: dict[str, bytes], **attributes: int) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            made.writestr(info, content)
    return out.getvalue()


def in_folder(folder: str) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in FILES.items()}


def test_a_model_comes_whole_out_of_an_archive() -> None:
    notes = {"vuon/README.md": b"x", "vuon/.git/config": b"y", "__MACOSX/vuon/._a": b"z"}
    model, findings = ready_zip(archive({**in_folder("vuon"), **notes}), "tai-ve.zip")
    folder, _ = ready_folder(TWELFTH)
    assert (model.key, model.sha256, [f for f in findings if not f.warning]) == ("vuon", folder.sha256, [])
    assert read_zip(archive(FILES), "vuon-2.zip") == ("vuon-2", FILES)


@pytest.mark.parametrize(
    "name",
    [
        "../model.toml",
        "/etc/passwd",
        "vuon/../../x.toml",
        "C:/x.toml",
        "vuon\\model.toml",
        "vuon/./a.toml",
        "a//b.toml",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(BadPack):
        read_zip(archive({**in_folder("vuon"), name: b"x"}), "a.zip")


def test_links_are_refused() -> None:
    with pytest.raises(BadPack, match="liên kết"):
        read_zip(archive({"model.toml": b"/etc/passwd"}, external_attr=(stat.S_IFLNK | 0o777) << 16), "a.zip")


def test_bombs_are_measured_while_they_are_unpacked() -> None:
    zeros = bytes(3_000_000)
    with pytest.raises(BadPack, match="quá lớn"):
        read_zip(archive({**FILES, "forms/bom.json": zeros}), "a.zip")
    many = {f"forms/x{n}.json": bytes(1_900_000) for n in range(8)}
    with pytest.raises(BadPack, match="quá lớn"):
        read_zip(archive({**FILES, **many}), "a.zip")
    with pytest.raises(BadPack, match="hơn 300"):
        read_zip(archive({f"forms/x{n}.json": b"{}" for n in range(700)}), "a.zip")
    with pytest.raises(BadPack, match="10 MB"):
        read_zip(bytes(11_000_000), "a.zip")


def test_two_files_of_one_name_other_compression_and_strangers_are_refused() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("model.toml", b"a")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("model.toml", b"b")
    with pytest.raises(BadPack, match="cùng tên"):
        read_zip(out.getvalue(), "a.zip")
    lzma = BytesIO()
    with zipfile.ZipFile(lzma, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("model.toml", b"a" * 100)
    with pytest.raises(BadPack, match="Cách nén"):
        read_zip(lzma.getvalue(), "a.zip")
    with pytest.raises(BadPack, match="không thuộc gói"):
        read_zip(archive({**FILES, "setup.py": b"import os"}), "a.zip")
    with pytest.raises(BadPack, match="đúng một mô hình"):
        read_zip(archive({**in_folder("a"), **in_folder("b")}), "a.zip")


def test_an_archive_does_not_bring_the_tables_that_judge_it() -> None:
    _, files = read_zip(archive({**FILES, "_shared/organisation.toml": b"x"}), "a.zip")
    assert files == FILES


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_archive_is_refused_or_read(noise: bytes, at: int, value: int) -> None:
    whole = bytearray(archive(in_folder("vuon")))
    whole[at % len(whole)] = value
    for content in (noise, bytes(whole), bytes(whole[:-at] if at else whole)):
        try:
            read_zip(content, "a.zip")
        except BadPack as refused:
            assert refused.findings


# ---- what may be deployed


def test_all_findings_come_at_once() -> None:
    files = (
        SHARED
        | FILES
        | {
            "cycle.bpmn": FILES["cycle.bpmn"].replace(b'value="answer"', b'value="khong_co"'),
            "model.toml": FILES["model.toml"],
        }
    )
    with pytest.raises(BadPack) as refused:
        ready(files, "vuon")
    assert [(f.element, f.reason) for f in refused.value.findings] == [
        ("tra_loi", "Hạn “khong_co” chưa được khai bằng [[deadline]].")
    ]
    broken = SHARED | FILES | {"model.toml": b"[model", "cycle.bpmn": b"<a"}
    with pytest.raises(BadPack) as refused:
        ready(broken, "vuon")
    assert {f.file for f in refused.value.findings} >= {"model.toml", "cycle.bpmn"}


def test_every_shipped_model_may_be_deployed() -> None:
    assert [(m.key, [f for f in found if not f.warning]) for m, found in map(ready_folder, packs.shipped())] == [
        (folder.name, []) for folder in packs.shipped()
    ]
