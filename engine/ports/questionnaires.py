"""What does the core ask of the printer of questionnaires? Sheets with a number and a code, cards with the code alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedQuestion:
    """One question on paper; without `how` it is a heading, or a text between questions."""

    text: str
    how: str = ""  #: how it is answered, e.g. "Chọn một ô."
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()  #: (digit in the box, label)
    lines: int = 0  #: dotted lines to write on


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedForm:
    """A questionnaire as it is printed for one unit."""

    title: str
    introduction: str
    note: str  #: who asks, until when, that it has no name
    card: str  #: what a card says beside its code
    lead: str
    unit: str
    questions: tuple[PrintedQuestion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One sheet's own: its number (0: it has none) and the address that its code leads to."""

    number: int
    url: str


class Questionnaires(Protocol):
    """Questionnaires on paper."""

    def sheets(self, form: PrintedForm, cards: Sequence[Card]) -> bytes:
        """The whole questionnaire once for every card, as PDF."""
        ...

    def cards(self, form: PrintedForm, cards: Sequence[Card]) -> bytes:
        """Cards to cut out, as PDF."""
        ...

    def code(self, url: str) -> bytes:
        """The address as a QR code, as PNG."""
        ...
