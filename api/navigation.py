"""What stands in the menu? By what the person holds, in an order that never changes."""

from collections.abc import Mapping

from api.actor import Visitor
from api.templating import NavItem
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, CLERK, DESIGNER, OFFICER, READERS, SECRETARY

#: Label, address, roles that see it (empty: everybody who is signed in).
_ITEMS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Việc của tôi", "/viec", ()),
    ("Lịch", "/lich", ()),
    ("Chu kỳ", "/chu-ky", READERS),
    ("Chương trình", "/chuong-trinh", (*READERS, DESIGNER)),
    ("Chỉ tiêu", "/chi-tieu", (OFFICER, AUDITOR, ADMINISTRATOR)),
    ("Xếp hạng", "/xep-hang", READERS),
    ("Đơn vị", "/don-vi", READERS),
    ("Văn bản", "/van-ban", (SECRETARY, OFFICER, CLERK, AUDITOR, ADMINISTRATOR)),
    ("Lưu trữ", "/luu-tru", (OFFICER, CLERK, AUDITOR, ADMINISTRATOR)),
    ("Quy trình", "/quy-trinh", (DESIGNER, OFFICER, AUDITOR, ADMINISTRATOR)),
    ("Nhật ký", "/nhat-ky", (AUDITOR, ADMINISTRATOR)),
    ("Quản trị", "/quan-tri", (ADMINISTRATOR,)),
)
#: The same for roles at the top of the tree only.
_AT_TOP: Mapping[str, tuple[str, ...]] = {"/quan-tri": (OFFICER,), "/chi-tieu": (SECRETARY,)}


def menu(visitor: Visitor, path: str) -> tuple[NavItem, ...]:
    """The entries that the person may use; the one that the page belongs to is marked."""
    return tuple(
        NavItem(label=label, href=href, current=path == href or path.startswith(f"{href}/"))
        for label, href, roles in _ITEMS
        if not roles or visitor.actor.holds_anywhere(*roles) or _at_top(visitor, _AT_TOP.get(href, ()))
    )


def _at_top(visitor: Visitor, roles: tuple[str, ...]) -> bool:
    unit = visitor.unit
    return unit is not None and unit.parent_id is None and visitor.actor.holds(unit.id, *roles)
