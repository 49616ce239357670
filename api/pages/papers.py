"""How does a document look in a page? Its words in order, without the layout that PDF and DOCX give it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.rules.papers import (
    Align,
    Annex,
    Article,
    Award,
    Block,
    Facts,
    Heading,
    Items,
    Paper,
    Paragraph,
    Signature,
    Table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """One part of a document: text, article or table."""

    kind: str  #: text | article | table
    head: str = ""
    texts: tuple[str, ...] = ()
    caption: str = ""
    titles: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numeric: tuple[bool, ...] = ()
    totals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexView:
    """An annex with its parts."""

    title: str
    subject: str
    blocks: tuple[BlockView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """A document, to be read on the screen."""

    title: str
    preamble: str
    bases: tuple[str, ...]
    blocks: tuple[BlockView, ...]
    annexes: tuple[AnnexView, ...]
    signatures: tuple[str, ...]
    recipients: tuple[str, ...]
    marks: tuple[str, ...] = field(default=())


def paper_view(paper: Paper) -> PaperView:
    """Put a paper into the order of reading."""
    return PaperView(
        title=" ".join(part for part in (paper.title, paper.subject) if part),
        preamble=" · ".join([*paper.organisation, *([f"Số {paper.code}"] if paper.code else [])]),
        bases=(*([paper.decider] if paper.decider else []), *paper.bases),
        blocks=tuple(_block(block) for block in paper.blocks),
        annexes=tuple(_annex(annex) for annex in paper.annexes),
        signatures=tuple(line for signature in paper.signatures for line in _signature(signature)),
        recipients=paper.recipients,
    )


def _block(block: Block) -> BlockView:
    match block:
        case Article():
            head = f"Điều {block.number}.{' ' + block.title if block.title else ''}"
            return BlockView(kind="article", head=head, texts=block.paragraphs)
        case Table():
            return _table(block)
        case Facts():
            return BlockView(kind="text", texts=tuple(f"{name}: {value}" for name, value in block.rows))
        case Items():
            return BlockView(kind="text", texts=tuple(f"– {item}" for item in block.items))
        case Award():
            head = f"{block.lead}: {block.holder}"
            number = (f"Số vào sổ: {block.register_number}",) if block.register_number else ()
            return BlockView(kind="text", head=head, texts=(*block.lines, *number))
        case Heading():
            return BlockView(kind="text", head=block.text)
        case Paragraph():
            return BlockView(kind="text", texts=(block.text,))


def _table(table: Table) -> BlockView:
    return BlockView(
        kind="table",
        caption=table.caption or "Danh sách",
        titles=tuple(column.title for column in table.columns),
        rows=table.rows,
        numeric=tuple(column.align is Align.RIGHT for column in table.columns),
    )


def _annex(annex: Annex) -> AnnexView:
    caption = ": ".join(text for text in (annex.title, annex.subject) if text)
    blocks = [_block(block) for block in annex.blocks]
    named = tuple(replace(b, caption=caption) if b.kind == "table" else b for b in blocks)
    return AnnexView(title=annex.title, subject=annex.subject, blocks=named)


def _signature(signature: Signature) -> Sequence[str]:
    head = f"{signature.capacity.value}. {signature.in_stead_of}" if signature.in_stead_of else ""
    return [line for line in (head, signature.position, signature.name) if line]
