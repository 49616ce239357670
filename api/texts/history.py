"""What does one line of the history say to people? A Vietnamese sentence from the line's own facts; no database.

The sentences stand in `history.toml`: for each event the variants in order, of which the first that fits is taken.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from api.texts import _say, label, words
from engine.rules.audit import AuditLine

_FILE = Path(__file__).parent / "history.toml"
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_FACT = re.compile(r"\{(\w+)\}")
#: Lines that speak of a deadline themselves: no word about lateness is added.
_NO_LATENESS = frozenset({"reminded", "campaign", "late", "drafted", "redated", "deadline_moved"})
UNKNOWN = {"text": "Ghi nhận “{event}”[: {name}]", "tone": ""}
ERASED = "Nội dung dòng này đã được xóa theo yêu cầu; vị trí trong chuỗi nhật ký vẫn giữ nguyên."


def history_sentence(line: AuditLine) -> str:
    """Say what happened, e.g. "Tiếp nhận đăng ký."; lateness is added where the line knows it."""
    facts = _facts(line)
    said = _filled(str(_variant(line, facts)["text"]), facts)
    late = f", chậm {line.days_late} ngày so với hạn {_say(line.last_day)}" if _tells_lateness(line) else _named(facts)
    late = f"{_stead(facts)}{late}"
    head, stop, rest = said.partition(". ")
    return f"{head.rstrip('.')}{late}.{' ' + rest if stop else ''}".rstrip(".") + "."


def history_tone(line: AuditLine) -> str:
    """How the line is painted in a timeline: good, info, warn, late or empty."""
    if _tells_lateness(line):
        return "warn"
    return str(_variant(line, _facts(line)).get("tone", ""))


def event_label(event: str) -> str:
    """What people call an event, for filters and lists."""
    variants = sentences().get(event)
    return str(variants[0].get("label") or event) if variants else event


@cache
def sentences() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Event → its variants, in order."""
    return tomllib.loads(_FILE.read_text("utf-8"))


def _tells_lateness(line: AuditLine) -> bool:
    return bool(line.days_late) and line.event not in _NO_LATENESS


def _stead(facts: Mapping[str, object]) -> str:
    """In whose stead it was done."""
    return f", làm thay {facts['stead']}" if facts.get("stead") else ""


def _named(facts: Mapping[str, object]) -> str:
    """What is said of a submission on the named day while the reading waits to be confirmed."""
    named = facts.get("named_day")
    return f", {words.named_day_waits(words.as_date(named))}" if named else ""


def _variant(line: AuditLine, facts: Mapping[str, object]) -> Mapping[str, Any]:
    return next((v for v in sentences().get(line.event, ()) if _fits(v.get("if", {}), facts)), UNKNOWN)


def _fits(wanted: Mapping[str, object], facts: Mapping[str, object]) -> bool:
    """`true` asks for a fact that is there and not empty, anything else for exactly this value."""
    return all(bool(facts.get(k)) if v is True else k in facts and facts[k] == v for k, v in wanted.items())


def _facts(line: AuditLine) -> dict[str, object]:
    facts: dict[str, object] = dict(line.facts or {})
    rung = facts.get("rung")
    if isinstance(rung, int):
        facts |= {"before": max(0, -rung), "after": max(0, rung)}
    for name in ("score", "self_score"):
        if name in facts:
            facts[name] = _number(facts[name])
    if "parts" in facts:
        facts["parts"] = [label("template_part", str(part)).lower() for part in facts["parts"] or ()]  # type: ignore[attr-defined]  # a list of codes
    known = {"event": line.event, "task": line.task, "last_day": line.last_day, "document": line.document}
    return {**known, "target": line.target.split(":", 1)[0], **facts}


def _number(value: object) -> object:
    try:
        return Decimal(str(value)).normalize() + 0 if value is not None else None
    except InvalidOperation:
        return value


def _filled(text: str, facts: Mapping[str, object]) -> str:
    kept = _OPTIONAL.sub(lambda part: part[1] if _all_there(part[1], facts) else "", text)
    return _FACT.sub(lambda found: _word(found[1], facts), kept)


def _all_there(part: str, facts: Mapping[str, object]) -> bool:
    return all(facts.get(name) not in (None, "", 0, False, [], ()) for name in _FACT.findall(part))


def _word(name: str, facts: Mapping[str, object]) -> str:
    value = facts.get(name)
    return str(value) if name.endswith(("year", "code")) else _say(value if value is not None else "…")
