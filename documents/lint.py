"""Does a paper keep to its format profile? Remarks for the drafter, before a number is spent.

A remark that is no warning stops the issue: what it names would make the document wrong in form.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from documents.formats import Profile, profile_of
from documents.layout import PAGE_PER_HOLDER
from engine.rules.papers import Article, Block, Capacity, Kind, Paper, Paragraph, Signature, all_blocks

ND30 = "Nghị định 30/2020/NĐ-CP"
#: Longest fields of the exchange format. Source: Nghị định 30/2020/NĐ-CP, Phụ lục VI.
LONGEST = {"subject": 500, "symbol": 30, "name": 50, "position": 100}

_ACADEMIC = re.compile(r"^(GS|PGS|TS|TSKH|ThS|BS|KS|CN|Giáo sư|Tiến sĩ|Thạc sĩ)\b\.?", re.IGNORECASE)
_OPENINGS = ("Căn cứ", "Theo", "Xét", "Thực hiện", "Trên cơ sở")
#: "số …/QĐ", "số    /", "ngày … tháng": a place that was left open.
_BLANK = re.compile(r"\bsố\s*(?:[.…_]{2,}|…|/|-\s)|\bngày\s*(?:[.…_]{2,}|…|tháng|/)|[…_]{2,}|\.{3,}", re.IGNORECASE)
_COLLECTIVE = re.compile(r"^(ban|ủy ban|uỷ ban|hội đồng|đoàn chủ tịch|tập thể)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that does not keep to the profile; `text` is a Vietnamese sentence."""

    field: str
    text: str
    source: str = ND30
    warning: bool = False


def remarks_on(paper: Paper) -> tuple[Remark, ...]:
    """Every remark on a paper, in the order in which it is read; empty when it keeps to its profile."""
    profile = profile_of(paper)
    checks = (_overrides, _head, _number, _title, _bases, _text, _signatures, _recipients, _annexes, _lengths)
    return tuple(remark for check in checks for remark in check(paper, profile))


def _overrides(paper: Paper, profile: Profile) -> Iterator[Remark]:
    for name, value in paper.overrides:
        if value not in profile.allowed.get(name, ()):
            text = f"Thể thức riêng “{name} = {value}” nằm ngoài phạm vi được chọn."
            yield Remark(field=f"overrides.{name}", text=text, source=profile.source)


def _head(paper: Paper, profile: Profile) -> Iterator[Remark]:
    if not any(paper.organisation):
        yield Remark(field="organisation", text="Thiếu tên cơ quan, tổ chức ban hành.", source=profile.source)
    if paper.number is not None and not (paper.place and paper.date):
        yield Remark(
            field="date", text="Văn bản đã có số thì phải có địa danh và ngày ban hành.", source=profile.source
        )


def _number(paper: Paper, profile: Profile) -> Iterator[Remark]:
    if paper.number is not None and not paper.symbol:
        yield Remark(field="symbol", text="Văn bản có số nhưng thiếu ký hiệu.", source=profile.source)
    if not paper.symbol:
        return
    if paper.kind is not Kind.LETTER and not re.fullmatch(profile.symbol_pattern, paper.symbol):
        text = f"Ký hiệu “{paper.symbol}” không đúng mẫu của “{profile.name}”."
        yield Remark(field="symbol", text=text, source=profile.source)
    code = profile.types[paper.kind]
    if code and paper.kind not in PAGE_PER_HOLDER and re.split(r"[-/]", paper.symbol)[0] != code:
        yield Remark(field="symbol", text=f"Ký hiệu phải bắt đầu bằng “{code}”.", source=f"{ND30}, Phụ lục III")


def _title(paper: Paper, _: Profile) -> Iterator[Remark]:
    if paper.kind is Kind.LETTER:
        if paper.title:
            yield Remark(field="title", text="Công văn không ghi tên loại.")
        if not paper.subject:
            yield Remark(field="subject", text="Công văn thiếu trích yếu (V/v …).")
    elif not paper.title:
        yield Remark(field="title", text="Thiếu tên loại văn bản.")
    if paper.kind is Kind.DECISION and not paper.subject:
        yield Remark(field="subject", text="Quyết định thiếu trích yếu nội dung.")


def _bases(paper: Paper, _: Profile) -> Iterator[Remark]:
    if paper.kind is Kind.DECISION and not paper.bases:
        yield Remark(field="bases", text="Quyết định thiếu căn cứ ban hành.")
    for n, basis in enumerate(paper.bases):
        field = f"bases.{n}"
        if _BLANK.search(basis):
            yield Remark(field=field, text=f"Căn cứ còn để trống số hoặc ngày: “{basis}”.")
        if basis[-1:] in ";.,":
            yield Remark(field=field, text="Căn cứ không ghi dấu câu ở cuối; phần mềm tự thêm.", warning=True)
        if not basis.startswith(_OPENINGS):
            yield Remark(field=field, text=f"Căn cứ nên mở đầu bằng “{_OPENINGS[0]}”, “Theo” hoặc “Xét”.", warning=True)


def _text(paper: Paper, _: Profile) -> Iterator[Remark]:
    if not paper.blocks:
        yield Remark(field="blocks", text="Văn bản chưa có nội dung.")
    articles = [b.number for b in paper.blocks if isinstance(b, Article)]
    if paper.kind is Kind.DECISION and not articles:
        yield Remark(field="blocks", text="Quyết định chưa có điều nào.")
    if articles != list(range(1, len(articles) + 1)):
        yield Remark(field="blocks", text="Các điều không được đánh số liên tục từ 1.")
    for n, block in enumerate(all_blocks(paper)):
        if any(_BLANK.search(text) for text in _texts(block)):
            yield Remark(field=f"blocks.{n}", text="Nội dung còn chỗ để trống.", warning=True)
        if any("  " in text or re.search(r"\s[,;:.!?](\s|$)", text) for text in _texts(block)):
            yield Remark(field=f"blocks.{n}", text="Có dấu cách thừa.", source="Phụ lục I", warning=True)


def _texts(block: Block) -> tuple[str, ...]:
    if isinstance(block, Paragraph):
        return (block.text,)
    return block.paragraphs if isinstance(block, Article) else ()


def _signatures(paper: Paper, profile: Profile) -> Iterator[Remark]:
    if (
        paper.kind in (Kind.DECISION, Kind.SUBMISSION, Kind.REPORT, Kind.LETTER, Kind.CERTIFICATE)
        and not paper.signatures
    ):
        yield Remark(field="signatures", text="Văn bản thiếu người ký.")
    for n, signature in enumerate(paper.signatures):
        yield from (
            Remark(field=f"signatures.{n}", text=text, source=f"{ND30}, Điều 13")
            for text in _signature(signature, profile)
        )


def _signature(signature: Signature, profile: Profile) -> Iterator[str]:
    if not signature.name or not signature.position:
        yield "Chữ ký thiếu họ tên hoặc chức vụ."
    if _ACADEMIC.match(signature.name):
        yield "Không ghi học hàm, học vị trước họ tên người ký."
    alone = signature.capacity in (Capacity.OWN, Capacity.ACTING)
    if alone is bool(signature.in_stead_of):
        yield "Thẩm quyền ký không khớp: ký thay mặt, ký thay, thừa lệnh, thừa ủy quyền phải nêu tập thể hoặc người đứng đầu."
    if (
        signature.capacity is Capacity.ON_BEHALF
        and signature.in_stead_of
        and not _COLLECTIVE.match(signature.in_stead_of)
    ):
        yield "“TM.” chỉ dùng khi ký thay mặt một tập thể."
    if profile.id == "party" and signature.capacity is Capacity.DEPUTY and _COLLECTIVE.match(signature.in_stead_of):
        yield "Văn bản của Đảng không ký thay (K/T) tập thể."


def _recipients(paper: Paper, profile: Profile) -> Iterator[Remark]:
    if paper.kind is Kind.DECISION and not paper.recipients:
        yield Remark(field="recipients", text="Thiếu nơi nhận.", source=profile.source)
    if paper.recipients and not paper.recipients[-1].startswith("Lưu"):
        yield Remark(
            field="recipients", text="Dòng cuối của nơi nhận phải là “Lưu: …”.", source=profile.source, warning=True
        )


def _annexes(paper: Paper, _: Profile) -> Iterator[Remark]:
    said = " ".join(text for block in paper.blocks for text in _texts(block)).lower()
    if paper.annexes and paper.kind is Kind.DECISION and not ("kèm theo" in said or "phụ lục" in said):
        text = "Văn bản có phụ lục thì nội dung phải dẫn đến phụ lục."
        yield Remark(field="annexes", text=text, source=f"{ND30}, Phụ lục I, III.1", warning=True)


def _lengths(paper: Paper, _: Profile) -> Iterator[Remark]:
    values = [("subject", "subject", paper.subject), ("symbol", "symbol", paper.symbol)]
    for n, signature in enumerate(paper.signatures):
        values += [(f"signatures.{n}", "name", signature.name), (f"signatures.{n}", "position", signature.position)]
    for field, limit, value in values:
        if len(value) > LONGEST[limit]:
            yield Remark(field=field, text=f"Dài quá {LONGEST[limit]} ký tự.", source=f"{ND30}, Phụ lục VI")
