"""In which way does a document get its signatures? By the server's key, in two steps, elsewhere, or on paper.

The order never changes: the person, then the organisation. A document that waits for people keeps its number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.rules.decisions import DecisionId
from engine.rules.dossiers import InstanceId
from engine.rules.units import AccountId, UnitId

#: How long bytes that were made ready for a token may be signed: their signature states the moment they were made.
PREPARED_FOR = timedelta(hours=24)


class Way(StrEnum):
    """Where the key is that signs."""

    SERVER = "server"  # the server holds it
    TWO_STEP = "two_step"  # bytes go out, a signature comes back
    ELSEWHERE = "elsewhere"  # the file is signed with the office's own tool
    PAPER = "paper"  # printed, signed and stamped by hand, scanned


class SigningStep(StrEnum):
    """What a document waits for."""

    PERSON, ORGANISATION, PAPER, DONE = "person", "organisation", "paper", "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaySetting:
    """What was chosen for one unit (its people's signatures and its seal) or for one person."""

    id: int
    unit_id: UnitId | None
    account_id: AccountId | None
    way: Way | None  #: None: the way of the unit above, or of the person's unit
    picture_sha256: str  #: of the seal or the signature; empty: none was given
    at: datetime
    by_id: AccountId | None
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A numbered document on its way to its signatures, where the server cannot make all of them."""

    id: int
    decision_id: DecisionId
    unit_id: UnitId
    instance_id: InstanceId
    token: str
    person_way: Way
    seal_way: Way | None  #: None: the body has no seal
    step: SigningStep
    given_sha256: str  #: the file as it is to be signed next
    prepared_sha256: str  #: the same with an empty container; empty: not made ready
    prepared: Mapping[str, object]  #: digest, start, end, certificates, at
    answer_sha256: str  #: what came back for this step: a signature, a file or a scan; empty: nothing yet
    scan_sha256: str  #: the scan of the signed paper
    scan_name: str
    scan_type: str
    since: datetime
    by_id: AccountId | None  #: who handed the last answer in
    by_name: str
    row_version: int

    @property
    def way(self) -> Way:
        """How the step that waits is done."""
        if self.step is SigningStep.PAPER:
            return Way.PAPER
        return self.seal_way or Way.SERVER if self.step is SigningStep.ORGANISATION else self.person_way

    @property
    def waits(self) -> bool:
        """Whether people have to do something before it can go on."""
        return self.step is not SigningStep.DONE and self.way is not Way.SERVER and not self.answer_sha256

    @property
    def on_paper(self) -> bool:
        """Whether the original is a paper that was signed by hand."""
        return self.person_way is Way.PAPER


def first_step(person: Way) -> SigningStep:
    """What comes first."""
    return SigningStep.PAPER if person is Way.PAPER else SigningStep.PERSON


def step_after(signing: Signing, *, sealed: bool) -> SigningStep:
    """What comes next once the step is done; `sealed`: the organisation has signed along with it."""
    if signing.step is SigningStep.PERSON and signing.seal_way is not None and not sealed:
        return SigningStep.ORGANISATION
    return SigningStep.DONE
