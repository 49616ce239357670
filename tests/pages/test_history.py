"""The history in plain Vietnamese: every event that the product writes has its sentence, filled from facts alone."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import engine
from api.texts.history import event_label, history_sentence, history_tone, sentences
from engine.process import packs
from engine.rules.audit import AuditLine

USE_CASES = Path(engine.__file__).parent / "use_cases"
LINES = {"line", "_line", "Effect"}


def a_line(event: str, *, task: str | None = None, late: int | None = None, **facts: object) -> AuditLine:
    """A line about a dossier, due on 9 November 2026."""
    return AuditLine(
        at=datetime(2026, 11, 12, tzinfo=UTC), actor_name="Nguyễn Thị Ánh", event=event, target="dossier:1", task=task,
        last_day=date(2026, 11, 9), days_late=late, facts=facts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said", "tone"),
    [
        (
            a_line("submitted", receipt="CD-1", members=12, early=False, again=False, late=3),
            "Gửi bản đăng ký, 12 người trong danh sách, mã tiếp nhận CD-1, chậm 3 ngày so với hạn 09/11/2026.",
            "warn",
        ),
        (
            a_line("submitted", members=1200, early=True, receipt="", late=0),
            "Gửi bản đăng ký (nộp sớm), 1.200 người trong danh sách.",
            "info",
        ),
        (a_line("returned", reason="Thiếu biên bản."), "Trả lại để sửa, bổ sung. Lý do: Thiếu biên bản.", "warn"),
        (a_line("assessed", score="87.50", band="Tốt"), "Thẩm định xong: 87,5 điểm, Tốt.", "info"),
        (
            a_line("reported", name="Theo dõi quý I", rows=3, missing=["A", "B"], late=2),
            "Theo dõi quý I: đã gửi, 3 đơn vị, chậm 2 ngày so với hạn 09/11/2026. Chưa có kết quả: A, B.",
            "warn",
        ),
        (a_line("reminded", name="Đăng ký", rung=-7, people=2), "Nhắc “Đăng ký”: còn 7 ngày, nhắn tới 2 người.", ""),
        (a_line("reminded", name="Đăng ký", rung=0, people=0), "Nhắc “Đăng ký”: hạn cuối hôm nay.", "warn"),
        (a_line("reminded", name="Đăng ký", rung=3), "Nhắc “Đăng ký”: đã quá hạn 3 ngày.", "late"),
        (a_line("decided", met=3, not_met=0, deferred=1, present=9), "Họp xét (9 người dự): 3 đạt, 0 chưa đạt, 1 hoãn xét.", "info"),
        (a_line("decided", cancelled=False, reason="Đủ điều kiện"), "Kết luận giữ nguyên công nhận. Lý do: Đủ điều kiện.", "info"),
        (a_line("something_new", name="Việc lạ"), "Ghi nhận “something_new”: Việc lạ.", ""),
    ],
)  # fmt: skip
def test_a_line_is_said_from_its_facts(line: AuditLine, said: str, tone: str) -> None:
    assert (history_sentence(line), history_tone(line)) == (said, tone)


def test_every_event_of_the_use_cases_and_of_the_packs_has_its_sentence() -> None:
    written = {event for path in USE_CASES.rglob("*.py") for event in _events(path)} | set(_events_of_packs())
    assert written - set(sentences()) == set()
    assert len(written) > 40


def test_every_event_has_a_name_and_every_sentence_a_text() -> None:
    assert {event for event in sentences() if event_label(event) == event} == set()
    faults = [event for event, variants in sentences().items() for v in variants if not str(v["text"]).strip()]
    assert faults == []


def _events(path: Path) -> Iterator[str]:
    """Names that a module writes: `event="…"`, and the name beside a run or an object in `line(…, "…")`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg == "event":
                yield from _texts(keyword.value)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in LINES and len(node.args) > 1:
            yield from _texts(node.args[1])


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _events_of_packs() -> Iterator[str]:
    for folder in packs.shipped():
        for path in folder.rglob("*"):
            text = path.read_text("utf-8") if path.suffix in {".bpmn", ".toml"} else ""
            yield from re.findall(r'camunda:property name="event" value="([a-z_]+)"', text)
            yield from re.findall(r'(?m)^event = "([a-z_]+)"', text) if path.parent.name == "documents" else ()
