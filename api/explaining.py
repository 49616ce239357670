"""How is it said why something waits, and what the watchdog found? Vietnamese sentences for terminal, pages, machines."""

from collections.abc import Iterator, Mapping

from api.texts.words import day, instant
from engine.ports.store import Words
from engine.use_cases.waiting import Turn, Wait
from engine.use_cases.watchdog import Finding

_EVENTS: Mapping[str, str] = {
    "done": "Làm xong thì",
    "due": "Đến lúc đó thì",
    "message": "Nhận được thì",
    "signal": "Nghe được thì",
}


def wait_lines(wait: Wait, words: Words) -> list[str]:
    """What is waited for, by whom and until when; then, a line each, what happens then."""
    head = f"{wait.process}: {_head(wait, words)}"
    if wait.incident is not None:
        head += f" Có sự cố số {wait.incident} chưa giải quyết."
    return [head, *(_turn(turn) for turn in wait.then)]


def finding_line(finding: Finding) -> str:
    """An instance that the watchdog found, and why nothing will move it."""
    return f"Quy trình số {finding.instance.id} (hồ sơ {finding.instance.dossier_id}): {finding.reason}."


def _head(wait: Wait, words: Words) -> str:
    match wait.kind:
        case "person":
            return _person(wait, words)
        case "timer":
            return f"chờ đến {instant(wait.due)} (“{wait.name}”)."
        case "message":
            return f"chờ thông điệp “{wait.name}”."
        case "count":
            return f"chờ đủ {wait.expected} thông điệp “{wait.name}”, đã nhận {wait.got}."
        case "signal":
            return f"chờ tín hiệu “{wait.name}”."
        case "job":
            return f"chờ hệ thống làm xong “{wait.name}”."
        case "join":
            return f"các nhánh ở “{wait.name}” chờ những nhánh không còn đến được."
        case "suspended":
            return f"đang tạm dừng từ {instant(wait.since)}."
        case "broken":
            return f"không đọc được trạng thái: {wait.reason}."
    return "không chờ gì cả: quy trình bị kẹt."


def _person(wait: Wait, words: Words) -> str:
    roles = " hoặc ".join(words.label("role", role) for role in wait.roles)
    who = f"{roles} của {wait.unit}" if wait.unit else "người làm"
    people = f" ({', '.join(wait.people)})" if wait.people else " (chưa có ai giữ vai trò này)" if wait.unit else ""
    since = f", từ {instant(wait.since)}" if wait.since else ""
    until = f", hạn cuối: hết ngày {day(wait.last_day)}" if wait.last_day else ""
    return f"chờ {who}{people} làm “{wait.name}”{since}{until}."


def _turn(turn: Turn) -> str:
    after = "; ".join(f"“{name}”" for name in turn.leads_to)
    then = f"đến {after}." if after else "nhánh này kết thúc."
    if turn.on == "due" and turn.at is not None:
        beside = "" if turn.interrupting else "việc này vẫn còn, và "
        return f"Đến {instant(turn.at)} thì {beside}{then}"
    return f"{_EVENTS[turn.on]} {then}"


def numbered(lines: list[str]) -> Iterator[str]:
    """The first line as it is, the others below it."""
    for number, line in enumerate(lines):
        yield line if number == 0 else f"  – {line}"
