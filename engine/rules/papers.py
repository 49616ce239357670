"""What does a document say? One content model for PDF, DOCX, the attached JSON, the register and verification.

A paper is a head (who, number, place, date), a title, blocks, signatures, recipients and annexes.
It holds no layout: fonts, margins and the order of the head belong to the format profile it names.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from operator import is_not
from typing import Any, TypeVar, cast

from engine.errors import FieldError, Invalid
from engine.rules.text import nfc

SAMPLE_NOTICE = "MẪU – không có giá trị pháp lý"
PREVIEW_NOTICE = "MẪU – XEM THỬ"
TEST_SIGNATURE_NOTICE = "Ký số bằng chứng thư thử nghiệm – không có giá trị pháp lý"

#: Longest text of one field, in characters; longer is refused rather than cut.
MAX_TEXT = 20_000
#: Most rows of all tables of a paper; longer lists are split into annexes of their own files.
MAX_ROWS = 5_000


class Kind(StrEnum):
    """Kinds of document; the type code of each stands in the format profile."""

    DECISION = "decision"  # quyết định
    LIST = "list"  # danh sách
    CERTIFICATE = "certificate"  # giấy chứng nhận: one page per holder
    COMMENDATION = "commendation"  # giấy khen: one page per holder
    REPORT = "report"  # báo cáo
    SUBMISSION = "submission"  # tờ trình
    MINUTES = "minutes"  # biên bản
    LETTER = "letter"  # công văn
    CARD = "card"  # thư (cảm ơn, xin lỗi, chúc mừng, chia buồn, biểu dương)
    SLIP = "slip"  # phiếu
    RECEIPT = "receipt"  # giấy tiếp nhận
    PLAN = "plan"  # kế hoạch
    GUIDANCE = "guidance"  # hướng dẫn
    NOTICE = "notice"  # thông báo
    PROGRAMME = "programme"  # chương trình
    TABLE = "table"  # bảng (theo dõi, xếp hạng, chấm điểm)
    COMMITMENT = "commitment"  # bản cam kết, bản đăng ký
    SURVEY = "survey"  # phiếu khảo sát giấy
    INDEX = "index"  # mục lục hồ sơ
    HANDOVER = "handover"  # biên bản giao nhận


class Capacity(StrEnum):
    """In whose stead a person signs. Source: Nghị định 30/2020/NĐ-CP, Điều 13."""

    OWN = "OWN"  # own authority: the position alone
    ON_BEHALF = "TM"  # thay mặt tập thể
    DEPUTY = "KT"  # ký thay
    BY_ORDER = "TL"  # thừa lệnh
    AUTHORISED = "TUQ"  # thừa ủy quyền
    ACTING = "Q"  # quyền


#: In the stead of somebody who is named above one's own position.
IN_STEAD = frozenset({Capacity.DEPUTY, Capacity.BY_ORDER, Capacity.AUTHORISED})


class Align(StrEnum):
    """How a column is set."""

    LEFT, CENTRE, RIGHT = "left", "centre", "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: str
    bold: bool = False
    italic: bool = False
    centred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside the text; level 1 is "I.", 2 is "1.", 3 is "a)"; the number is part of the text."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """ "Điều n." with its paragraphs; the first stands in the line of the number."""

    number: int
    paragraphs: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list of lines that begin with a dash."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Lines "name: value"."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table; `width` is relative to the others."""

    title: str
    width: int = 10
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a head that repeats on every page; each row has one cell per column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """One page of a certificate: who is certified for what."""

    holder: str
    lines: tuple[str, ...]
    lead: str = "CHỨNG NHẬN"
    register_number: str = ""  #: "Số vào sổ", given when it is issued


Block = Paragraph | Heading | Article | Items | Facts | Table | Award


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """A "Phụ lục": numbered by its place (Roman numbers when there are two or more)."""

    title: str
    blocks: tuple[Block, ...]
    subject: str = ""
    landscape: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature block; written as e.g. "TM. BAN CHẤP HÀNH", "BÍ THƯ", then the name."""

    name: str
    position: str
    capacity: Capacity = Capacity.OWN
    in_stead_of: str = ""  #: the collective (TM.), the head (KT., TL., TUQ.); empty for OWN and ACTING
    collective: str = ""  #: the one on whose behalf the head would sign, where a deputy signs for the head


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One document. Two equal papers give the same bytes of JSON, and of PDF and DOCX before signing."""

    id: str  #: stable and unguessable where it is public
    kind: Kind
    profile: str  #: name of the format profile, e.g. "youth-union"
    organisation: tuple[str, ...]  #: issuing body, line by line, spelt as it writes itself
    place: str
    date: date | None  #: None: not yet issued
    title: str  #: "QUYẾT ĐỊNH"; empty for a letter
    subject: str  #: trích yếu
    blocks: tuple[Block, ...]
    superior: tuple[str, ...] = ()  #: the body above, line by line
    number: int | None = None  #: None: not numbered, or not yet
    symbol: str = ""  #: "QĐ-UBND", "QĐ/ĐTN"
    addressees: tuple[str, ...] = ()  #: "Kính gửi"
    decider: str = ""  #: "BAN CHẤP HÀNH ĐOÀN …", above the bases
    bases: tuple[str, ...] = ()  #: "Căn cứ …", without the closing sign
    recipients: tuple[str, ...] = ()  #: "Nơi nhận", without dash and closing sign
    signatures: tuple[Signature, ...] = ()  #: from left to right; the last one is the main signature
    sealed: bool = True  #: the body has a seal and signs after the person
    annexes: tuple[Annex, ...] = ()
    verification_url: str = ""  #: where anybody can check it; the content's hash is added to it in the QR code
    sample: bool = False
    test_signature: bool = False
    revision: int = 1
    preview: bool = False  #: made to try a template out, with example data
    overrides: tuple[tuple[str, str], ...] = ()  #: the body's own changes to its profile: ("head.mark", "-----")

    @property
    def code(self) -> str:
        """Number and symbol as they are cited, e.g. "05/QĐ-UBND" or "05-QĐ/ĐTN"; empty before issue."""
        return document_code(self.number, self.symbol) if self.number is not None else ""


def document_code(number: int, symbol: str) -> str:
    """Join number and symbol: a hyphen when the symbol itself has a slash (Party, Youth Union), else a slash.

    Numbers below 10 get a leading zero. Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, II.3; domain.md B2.
    """
    return f"{number:02}{'-' if '/' in symbol else '/'}{symbol}"


BLOCKS: Mapping[str, type[Block]] = {
    "paragraph": Paragraph,
    "heading": Heading,
    "article": Article,
    "items": Items,
    "facts": Facts,
    "table": Table,
    "award": Award,
}
_BLOCK_NAMES = {block: name for name, block in BLOCKS.items()}

_FORBIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")  #: category Cc, newline apart
_SPACES = re.compile("[\t\u00a0\u2028\u2029\u2000-\u200b\u3000\ufeff]")
_ODD = re.compile("|".join(kind.pattern for kind in (_FORBIDDEN, _CONTROLS, _SPACES)))


def clean_text(text: str, *, field: str = "text", limit: int = MAX_TEXT) -> str:
    """Make text safe for every renderer: NFC, no control characters but newline, odd spaces as spaces.

    Refused (`Invalid`, codes `text_too_long` and `text_direction`): longer than `limit` characters, or
    holding direction overrides, surrogates or non-characters, which could show other words than are signed.
    """
    if len(text) > limit:
        raise Invalid({field: FieldError("text_too_long", {"limit": limit, "length": len(text)})})
    if not _ODD.search(text):
        return nfc(text).strip()
    if _FORBIDDEN.search(text):
        raise Invalid({field: FieldError("text_direction", {})})
    lines = _SPACES.sub(" ", nfc(text)).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", lines).strip()


def cleaned(paper: Paper) -> Paper:
    """Clean every text of a paper; refuse (`Invalid`) unsafe text, ragged rows and too many rows."""
    result = cast("Paper", _clean(paper, "paper"))
    tables = [b for b in all_blocks(result) if isinstance(b, Table)]
    if sum(len(t.rows) for t in tables) > MAX_ROWS:
        raise Invalid({"paper.rows": FieldError("too_many_rows", {"limit": MAX_ROWS})})
    if any(len(row) != len(t.columns) for t in tables for row in t.rows):
        raise Invalid({"paper.rows": FieldError("ragged_rows", {})})
    return result


def all_blocks(paper: Paper) -> tuple[Block, ...]:
    """Every block of a paper and of its annexes, in reading order."""
    return paper.blocks + tuple(block for annex in paper.annexes for block in annex.blocks)


def _clean(value: Any, where: str) -> object:
    if type(value) is str:
        return clean_text(value, field=where)
    if isinstance(value, tuple):
        items = tuple(_clean(item, f"{where}.{i}") for i, item in enumerate(value))
        return items if any(map(is_not, items, value)) else value
    changes = {}
    for name, _ in _parts(type(value)):
        was = getattr(value, name)
        if (now := _clean(was, f"{where}.{name}")) is not was:
            changes[name] = now
    return replace(value, **changes) if changes else value


_parts_of: dict[type, tuple[tuple[str, object], ...]] = {}


def _parts(kind: type) -> tuple[tuple[str, object], ...]:
    """Name and default of the fields of a dataclass; nothing for any other type. Asked once a type."""
    if kind not in _parts_of:
        _parts_of[kind] = tuple((part.name, part.default) for part in fields(kind)) if is_dataclass(kind) else ()
    return _parts_of[kind]


def canonical_json(paper: Paper) -> bytes:
    """Write a paper as the bytes that are attached, hashed and registered: UTF-8, sorted keys, NFC (RFC 8785).

    What has its default value is left out, so that a field added later does not change the hash of old papers.
    """
    return json.dumps(plain_paper(paper), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def plain_paper(paper: Paper) -> Mapping[str, object]:
    """The same as a document of plain values, as registers keep it."""
    return cast("Mapping[str, object]", _plain(cleaned(paper)))


def content_sha256(paper: Paper) -> str:
    """Hash of the canonical JSON, 64 hex digits: the same for PDF, DOCX, register and verification."""
    return sha256(canonical_json(paper)).hexdigest()


def _plain(value: Any) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if parts := _parts(type(value)):
        told = [(name, part) for name, default in parts if (part := getattr(value, name)) != default]
        plain = {name: _plain(part) for name, part in told}
        block = _BLOCK_NAMES.get(cast("type[Block]", type(value)))
        return plain | ({"block": block} if block else {})
    return str(value) if isinstance(value, StrEnum) else value


Raw = Mapping[str, Any]  # parsed JSON, before it is checked
Made = TypeVar("Made")


def paper_from_json(data: bytes) -> Paper:
    """Read a paper back from its canonical JSON; `Invalid` when it is none."""
    try:
        return cleaned(_paper(json.loads(data)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid({"paper": FieldError("not_a_paper", {"reason": str(error)})}) from error


def paper_from_plain(plain: object) -> Paper:
    """Read a paper back from the plain values that a register keeps; `Invalid` when it is none."""
    return paper_from_json(json.dumps(plain).encode())


def _paper(raw: Raw) -> Paper:
    made: dict[str, Callable[[Any], object]] = {
        "kind": Kind,
        "date": lambda day: date.fromisoformat(day) if day else None,
        "blocks": _blocks,
        "annexes": lambda annexes: tuple(_make(Annex, a, blocks=_blocks) for a in annexes),
        "signatures": lambda rows: tuple(_make(Signature, s, capacity=Capacity) for s in rows),
    }
    return _make(Paper, raw, **made)


def _blocks(raws: list[Raw]) -> tuple[Block, ...]:
    return tuple(_block(raw) for raw in raws)


def _block(raw: Raw) -> Block:
    content = {key: value for key, value in raw.items() if key != "block"}
    if raw["block"] == "table":
        return _make(Table, content, columns=lambda cs: tuple(_make(Column, c, align=Align) for c in cs))
    return cast("Block", _make(BLOCKS[raw["block"]], content))


def _make(cls: Callable[..., Made], raw: Raw, **readers: Callable[[Any], object]) -> Made:
    return cls(**{key: readers.get(key, _tupled)(value) for key, value in raw.items()})


def _tupled(value: object) -> object:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
