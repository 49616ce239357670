"""Does `validate` find what is wrong in files and folders, and what a file needs beside it?"""

from pathlib import Path

from engine.process.validate import as_line, validate_file, validate_folder
from tests.process.play import diagram, flow

CALLER = diagram('<startEvent id="s"/><callActivity id="c" calledElement="phu"/>' + flow("s", "c"))
CALLED = diagram('<userTask id="u"/>').replace(b'id="p"', b'id="phu"')
TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:t"><decision id="q" name="Q">
<literalExpression><text>1 +</text></literalExpression></decision></definitions>"""


def lines(path: Path) -> list[str]:
    return [as_line(finding) for finding in (validate_folder(path) if path.is_dir() else validate_file(path))]


def test_a_good_file_has_no_findings(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_bytes(CALLED)
    assert lines(tmp_path / "a.bpmn") == []


def test_a_called_process_is_found_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_bytes(CALLER)
    assert lines(tmp_path / "a.bpmn") == ["a.bpmn:3: c: Không có quy trình được gọi “phu” trong bản triển khai."]
    (tmp_path / "b.bpmn").write_bytes(CALLED)
    (tmp_path / "broken.bpmn").write_bytes(b"<")
    assert lines(tmp_path / "a.bpmn") == []


def test_a_folder_is_judged_together_with_what_is_shared(tmp_path: Path) -> None:
    (tmp_path / "_shared").mkdir()
    (tmp_path / "mo_hinh").mkdir()
    (tmp_path / "_shared" / "phu.bpmn").write_bytes(CALLED)
    (tmp_path / "mo_hinh" / "a.bpmn").write_bytes(CALLER)
    (tmp_path / "mo_hinh" / "t.dmn").write_bytes(TABLE)
    assert lines(tmp_path / "mo_hinh") == ["t.dmn:2: q: Biểu thức “1 +” sai: không mong đợi hết biểu thức ở vị trí 4."]


def test_a_repeated_id_and_a_misspelt_element_are_said_in_vietnamese(tmp_path: Path) -> None:
    path = tmp_path / "a.bpmn"
    path.write_bytes(diagram('<task id="x"/>\n<task id="x"/>\n<usrTask id="y"/>'))
    assert lines(path) == [
        "a.bpmn:4: : Sai lược đồ BPMN 2.0: mã “x” đã dùng ở phần tử khác hoặc không đúng dạng.",
        "a.bpmn:5: : Sai lược đồ BPMN 2.0: phần tử <usrTask> không được đứng ở đây hoặc viết sai tên.",
    ]
