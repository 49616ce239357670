"""What stands where on the sheet? The profile applied to a paper: finished lines for PDF and DOCX alike.

Both writers print a `Sheet` and add no word of their own, so that they cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO

from documents.breaking import NO_BREAK, ended_well, kept_together
from documents.formats import Profile
from engine.rules.papers import (
    PREVIEW_NOTICE,
    SAMPLE_NOTICE,
    TEST_SIGNATURE_NOTICE,
    Article,
    Award,
    Block,
    Capacity,
    Items,
    Kind,
    Paper,
    Paragraph,
    Signature,
    Table,
    content_sha256,
)
from engine.rules.text import date_in_words

#: Kinds of which every award is a page of its own.
PAGE_PER_HOLDER = frozenset({Kind.CERTIFICATE, Kind.COMMENDATION})
#: Forms and cards: their text does not close with the end sign of documents.
WITHOUT_END_SIGN = PAGE_PER_HOLDER | {
    Kind.RECEIPT,
    Kind.CARD,
    Kind.SLIP,
    Kind.SURVEY,
    Kind.TABLE,
    Kind.INDEX,
    Kind.COMMITMENT,
    Kind.MINUTES,
    Kind.HANDOVER,
}
#: Side of the organisation's seal in pt (34 mm).
SEAL = 34 / 25.4 * 72
#: Side of the place that is kept for it: the largest seal of a Vietnamese body, in its true size.
SEAL_PLACE = 42 / 25.4 * 72
COVERED_BY_FIRST = "(chữ ký số ở trang đầu bao trùm mọi trang của tệp)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureBlock:
    """Finished lines above the gap, the name below it."""

    lines: tuple[str, ...]
    name: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexSheet:
    """A finished annex."""

    label: str  #: "Phụ lục I"
    title: str
    subject: str  #: "(Kèm theo …)"
    blocks: tuple[Block, ...]
    landscape: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A paper as lines of text, in the order of its profile."""

    superior: tuple[str, ...]
    organisation: tuple[str, ...]
    number_line: str
    letter_subject: str
    motto: tuple[str, ...]
    place_line: str
    title: str
    subject: str
    addressees: tuple[str, ...]
    addressees_label: str
    decider: str
    bases: tuple[str, ...]
    proclaim: str
    blocks: tuple[Block, ...]
    awards: tuple[Award, ...]
    signatures: tuple[SignatureBlock, ...]
    recipients_label: str
    recipients: tuple[str, ...]
    annexes: tuple[AnnexSheet, ...]
    notices: tuple[str, ...]
    check_url: str
    covered_by_first: str  #: on certificates from the second page on, where the signature stands
    document_title: str  #: for the reader program's title bar


def sheet_of(paper: Paper, profile: Profile) -> Sheet:
    """Lay a cleaned paper out after its profile."""
    letter = paper.kind is Kind.LETTER
    return Sheet(
        superior=_capitals(paper.superior),
        organisation=_capitals(paper.organisation),
        number_line=profile.head.number.replace("{code}", _code(paper, profile)) if paper.symbol else "",
        letter_subject=f"V/v {paper.subject}" if letter and paper.subject else "",
        motto=profile.head.motto,
        place_line=_place_line(paper),
        title=paper.title.upper(),
        subject="" if letter else _well(paper.subject),
        addressees=paper.addressees,
        addressees_label=profile.addressees.get(paper.kind, profile.addressees["default"]),
        decider=kept_together(paper.decider.upper()),
        bases=_bases(paper.bases, profile),
        proclaim=profile.body.proclaim if paper.decider and paper.kind is Kind.DECISION else "",
        blocks=_ended([b for b in paper.blocks if not isinstance(b, Award)], profile, paper),
        awards=tuple(b for b in paper.blocks if isinstance(b, Award)),
        signatures=tuple(_signature(s, profile) for s in paper.signatures),
        recipients_label=profile.recipients.label,
        recipients=_recipients(paper.recipients, profile),
        annexes=_annexes(paper),
        notices=_notices(paper),
        check_url=check_url(paper),
        covered_by_first=COVERED_BY_FIRST,
        document_title=document_title(paper),
    )


def _well(text: str) -> str:
    return "\n".join(map(ended_well, text.split("\n")))


def check_url(paper: Paper) -> str:
    """Address of the verification page with ten digits of the content's hash; empty when the paper names none."""
    if not paper.verification_url:
        return ""
    return f"{paper.verification_url}?m={content_sha256(paper)[:10]}"


@lru_cache(maxsize=64)
def qr_png(url: str) -> bytes:
    """A QR code of level M as a picture of squares; as vectors it would take a tenth of a whole render."""
    import segno

    picture = BytesIO()
    segno.make(url, error="m", micro=False).save(picture, kind="png", border=2, scale=4)
    return picture.getvalue()


def document_title(paper: Paper) -> str:
    """One line that names the document, e.g. "Quyết định 07-QĐ/ĐTN: Về việc …"."""
    name = " ".join(filter(None, (paper.title.capitalize() or "Văn bản", paper.code)))
    return f"{name}: {paper.subject}" if paper.subject else name


def column_shares(table: Table, width: float) -> tuple[float, ...]:
    """Share of each column in per cent of `width` (mm), never narrower than the longest word of its title."""
    total = sum(c.width for c in table.columns)
    least = [_least_share(c.title, width) for c in table.columns]
    wanted = [max(100 * c.width / total, share) for c, share in zip(table.columns, least, strict=True)]
    over = sum(wanted) - 100
    slack = sum(w - m for w, m in zip(wanted, least, strict=True))
    if over <= 0 or slack <= 0:
        return tuple(100 * w / sum(wanted) for w in wanted)
    return tuple(w - over * (w - m) / slack for w, m in zip(wanted, least, strict=True))


def _least_share(title: str, width: float) -> float:
    longest = max((len(word) for word in title.split()), default=1)
    return (longest * 3.1 + 3.5) / width * 100  # mm per bold letter at 13 pt, and the cell's padding


def _capitals(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(kept_together(line.upper()) for line in lines)


def _code(paper: Paper, profile: Profile) -> str:
    # Before issue the clerk's place for the number stays open, as on a draft.
    return paper.code or f"{NO_BREAK * 8}{profile.separator}{paper.symbol}"


def _place_line(paper: Paper) -> str:
    open_ = f"ngày{NO_BREAK * 6}tháng{NO_BREAK * 6}năm{NO_BREAK * 8}"
    day = date_in_words(paper.date) if paper.date else open_
    return f"{paper.place}, {day}" if paper.place else day.capitalize()


def _bases(bases: Sequence[str], profile: Profile) -> tuple[str, ...]:
    body, last = profile.body, len(bases) - 1
    return tuple(
        f"{'- ' if body.basis_dash else ''}{basis}{body.last_basis_end if n == last else body.basis_end}"
        for n, basis in enumerate(bases)
    )


def _ended(blocks: Sequence[Block], profile: Profile, paper: Paper) -> tuple[Block, ...]:
    """Close the text with the profile's end sign when it ends with a paragraph or an article."""
    if not blocks or paper.kind in WITHOUT_END_SIGN:
        return tuple(blocks)
    *rest, last = blocks
    return (*rest, _with_end(last, profile.body.end))


def _with_end(block: Block, end: str) -> Block:
    if isinstance(block, Paragraph):
        return replace(block, text=block.text.rstrip(".") + end)
    if isinstance(block, Article):
        *rest, last = block.paragraphs
        return replace(block, paragraphs=(*rest, last.rstrip(".") + end))
    if isinstance(block, Items):
        *before, final = block.items
        return replace(block, items=(*before, final.rstrip(".") + end))
    return block


def _signature(signature: Signature, profile: Profile) -> SignatureBlock:
    mark = profile.capacities[signature.capacity]
    position, above = signature.position.upper(), signature.in_stead_of.upper()
    if signature.collective:
        # Where a collective is not signed for "KT.", its deputy signs on its behalf like its head.
        head = (f"{mark} {above}",) if profile.deputy_for_head else ()
        lines: tuple[str, ...] = (
            f"{profile.capacities[Capacity.ON_BEHALF]} {signature.collective.upper()}",
            *head,
            position,
        )
    elif signature.capacity is Capacity.OWN:
        lines = (position,)
    elif signature.capacity is Capacity.ACTING:
        lines = (f"{mark} {position}",)
    else:
        lines = (f"{mark} {above}", position)
    return SignatureBlock(lines=tuple(map(kept_together, lines)), name=signature.name, position=signature.position)


def _recipients(recipients: Sequence[str], profile: Profile) -> tuple[str, ...]:
    last = len(recipients) - 1
    return tuple(f"- {r}{profile.recipients.last_end if n == last else ';'}" for n, r in enumerate(recipients))


def _annexes(paper: Paper) -> tuple[AnnexSheet, ...]:
    many = len(paper.annexes) > 1
    return tuple(
        AnnexSheet(
            label=f"Phụ lục {_roman(n)}" if many else "Phụ lục",
            title=annex.title.upper(),
            subject=f"({annex.subject})" if annex.subject else "",
            blocks=annex.blocks,
            landscape=annex.landscape,
        )
        for n, annex in enumerate(paper.annexes, start=1)
    )


def _roman(number: int) -> str:
    digits = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    text = ""
    for value, letters in digits:
        text += letters * (number // value)
        number %= value
    return text


def _notices(paper: Paper) -> tuple[str, ...]:
    if paper.preview:
        return (PREVIEW_NOTICE, PREVIEW_NOTICE)
    sample = (SAMPLE_NOTICE,) if paper.sample else ()
    return sample + ((TEST_SIGNATURE_NOTICE,) if paper.test_signature else ())
