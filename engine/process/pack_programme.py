"""What does a model's `programme.toml` say? Milestones and planned money; odd sums are the source's and stay."""

from typing import Final

from engine.process.pack_toml import Document, Table
from engine.rules.programme import Milestone, Money, Per, Period, Programme, period_of

#: đồng; larger than any budget of a city.
_MOST: Final = 10**18
_NEVER: Final = Period(first=None, last=None)


def read_programme(document: Document) -> Programme:
    """Read `[programme]`, `[[milestone]]` and `[[money]]`."""
    head = document.table("programme")
    leads, coordinating = head.texts("leads"), head.texts("coordinating", ())
    milestones, money = document.tables("milestone"), document.tables("money")
    programme = Programme(
        leads=leads,
        coordinating=coordinating,
        source=head.text("source"),
        milestones=tuple(_milestone(table, leads, coordinating) for table in milestones),
        money=tuple(_money(table) for table in money),
    )
    for table in (head, *milestones, *money):
        table.finish()
    document.top().finish()
    document.finish()
    _check_keys(milestones)
    _check_keys(money)
    _check_parts(money, programme)
    return programme


def _milestone(table: Table, leads: tuple[str, ...], coordinating: tuple[str, ...]) -> Milestone:
    return Milestone(
        key=table.text("key"),
        label=table.text("label"),
        period=_period(table),
        leads=table.texts("leads", leads),
        coordinating=table.texts("coordinating", coordinating),
        product=table.text("product", "", empty=True),
        wording=table.text("wording"),
        source=table.text("source"),
        note=table.text("note", "", empty=True),
    )


def _money(table: Table) -> Money:
    per, amount = Per(table.choice("per", [p.value for p in Per], Per.PERIOD)), table.maybe_whole("amount", 0, _MOST)
    return Money(
        key=table.text("key"),
        label=table.text("label"),
        fund=table.text("fund"),
        period=_period(table),
        amount=amount,
        per=per,
        part_of=table.maybe_text("part_of"),
        wording=table.text("wording"),
        source=table.text("source"),
        note=table.text("note", "", empty=True),
    )


def _period(table: Table) -> Period:
    text = table.text("period")
    found = period_of(text)
    if found is None and text:
        table.wrong("period", "“period” phải là 2025, 2025-Q2, 2025-07, 2025-07-31, hoặc A..B, A.., ..B.")
    return found or _NEVER


def _check_keys(tables: list[Table]) -> None:
    seen = set[str]()
    for table in tables:
        if (own := str(table.data.get("key"))) in seen:
            table.wrong("key", f"“{own}” được khai hai lần.")
        seen.add(own)


def _check_parts(tables: list[Table], programme: Programme) -> None:
    above = {money.key: money.part_of for money in programme.money}
    for table, money in zip(tables, programme.money, strict=True):
        if money.part_of is not None and money.part_of not in above:
            table.wrong("part_of", f"Không có [[money]] “{money.part_of}”.")
        elif _circular(money.key, above):
            table.wrong("part_of", f"Khoản “{money.key}” thuộc chính nó.")


def _circular(key: str, above: dict[str, str | None]) -> bool:
    seen, place = {key}, above.get(key)
    while place is not None and place not in seen:
        seen.add(place)
        place = above.get(place)
    return place is not None
