"""To whom does an issued document go, and who has it? One row for each recipient, from its issue on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.rules.decisions import DecisionId
from engine.rules.text import fold, nfc, sort_key
from engine.rules.units import AccountId, Unit, UnitId

#: "(để báo cáo)", "(để b/c)", "(để thực hiện)": why, not to whom.
_WHY = re.compile(r"\s*\([^()]*\)\s*$")
_CLOSING = " .;,-–"


class Way(StrEnum):
    """How a document reaches a recipient."""

    INSIDE = "inside"  # a unit that works with this installation
    MAIL = "mail"  # by mail, with the signed file
    HAND = "hand"  # a file or sheet that is handed over
    OPEN = "open"  # nobody has said yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One recipient of one document."""

    id: int
    decision_id: DecisionId
    number: int  #: from 1, in the order in which the document names them
    name: str  #: as the document names it; a subject's own name
    way: Way
    unit_id: UnitId | None  #: of INSIDE
    address: str  #: of MAIL
    delivery_id: int | None  #: the latest mail
    sent_at: datetime | None  #: told inside, mail promised; None: nothing has gone yet
    reminded_at: datetime | None
    received_at: datetime | None  #: when it was noted
    received_on: date | None  #: the day itself
    received_by: str  #: who has it
    received_by_id: AccountId | None  #: who noted it

    @property
    def waits(self) -> bool:
        """Whether nobody has said yet that it has arrived."""
        return self.received_at is None


def addressee(line: str) -> str:
    """Whom a line of "Nơi nhận" names, without why; empty for "Lưu: …", which goes to nobody else."""
    text = _WHY.sub("", nfc(line).strip().strip(_CLOSING)).strip(_CLOSING)
    return "" if text.casefold().startswith("lưu") else text


def names_others(text: str) -> bool:
    """Whether it stands for those whom the document itself names ("Như Điều 3", "Như trên", "Như thành phần")."""
    return text.casefold().startswith("như ")


def whom(recipients: Sequence[str], addressees: Sequence[str], *, told: bool) -> list[str]:
    """Whom the lines of "Nơi nhận" name; "Như trên" are those of "Kính gửi", unless whom the document is about is `told` already."""
    named: list[str] = []
    for text in filter(None, map(addressee, recipients)):
        above = [] if told or text.casefold() != "như trên" else list(filter(None, map(addressee, addressees)))
        named += above or [text]
    return named


def candidates(text: str) -> list[str]:
    """What in an addressee may be a unit's name, the longest first: "Ban Chấp hành Đoàn phường A" ends with one."""
    words = text.split()
    return [" ".join(words[n:]) for n in range(len(words))]


def meant_by(text: str, units: Sequence[Unit]) -> list[Unit]:
    """Which of these units an addressee names; several when it cannot be told which, none when it names none.

    Its end is compared with their names: as they are written, then without regard to case and where a tone stands in its
    syllable ("uỷ" and "ủy"), then without marks; at last the whole with their codes and symbols. The longest end counts.
    """
    whole, ends = nfc(text.strip()), candidates(nfc(text))
    for key, parts in ((str, ends), (sort_key, ends), (fold, [e for e in ends if " " in e or e == whole])):
        for part in parts:
            if named := [unit for unit in units if key(unit.name) == key(part)]:
                return named
    if not whole:
        return []
    by_code = [unit for unit in units if fold(unit.code) == fold(whole)]
    return by_code or [unit for unit in units if fold(unit.symbol) == fold(whole)]


def told_already(rows: Sequence[Recipient], unit_id: UnitId) -> bool:
    """Whether a unit is among the recipients."""
    return any(row.unit_id == unit_id for row in rows)
