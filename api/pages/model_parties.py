"""For whom is a line of a model? Cohorts and kinds of unit to be ticked, those that take part in the model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.assembly import House
from api.pages.model_boxes import Box, Cells, many
from api.pages.model_drafts import MODEL, Draft
from engine.ports.store import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who takes part in a model: codes with what people call them."""

    cohorts: Sequence[tuple[str, str]]
    unit_kinds: Sequence[tuple[str, str]]

    def boxes(self, cells: Cells, title: str, hint: str = "") -> Iterator[Box]:
        """The fields for `cohorts` and `unit_kinds` of a line; none where there is nothing to choose."""
        known = (("cohorts", "khối đối tượng", self.cohorts), ("unit_kinds", "loại đơn vị", self.unit_kinds))
        asked = [(key, what, options) for key, what, options in known if options or cells.get(key)]
        nothing = "Không chọn gì" + (" ở cả hai mục" if len(asked) > 1 else "")
        for key, what, options in asked:
            yield many(
                cells, key, f"{title} ({what})", options, hint=f"{hint}{nothing} thì áp dụng cho mọi bên tham gia."
            )


def parties_of(uow: UnitOfWork, house: House, draft: Draft, *, families: bool = False) -> Parties:
    """Who takes part by the groups of the draft; `families`: several kinds may be meant by one code."""
    groups = house.pack_desk.rows(draft.content(MODEL), "group")
    cohorts = [code for group in groups for code in _codes(group.get("cohorts"))]
    named = [code for group in groups for code in _codes(group.get("unit_kinds"))]
    kinds = [kind for code in named for kind in ([code] if families else []) + list(draft.base.kinds(code))]
    return Parties(
        cohorts=[(code, uow.words.label("cohort", code)) for code in dict.fromkeys(cohorts)],
        unit_kinds=[(code, uow.words.label("unit_kind", code)) for code in dict.fromkeys(kinds)],
    )


def _codes(value: object) -> list[str]:
    return [str(code) for code in value] if isinstance(value, list) else []
