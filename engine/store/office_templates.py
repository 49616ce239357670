"""Which templates do offices have of their own, as they are kept?"""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from engine.errors import StaleVersion
from engine.rules.office_templates import OfficeTemplate
from engine.rules.units import UnitId
from engine.store.known import Reference
from engine.store.rows import Rows
from engine.store.tables_offices import office_templates

TEMPLATES = Rows(OfficeTemplate, office_templates)
_ANY = select(office_templates.c.id).limit(1)
_OF_DOCUMENT = TEMPLATES.select.where(
    office_templates.c.unit_id == bindparam("unit_id"),
    office_templates.c.model == bindparam("model"),
    office_templates.c.document == bindparam("document"),
).order_by(office_templates.c.number.desc())
_OF_UNIT = TEMPLATES.select.where(office_templates.c.unit_id == bindparam("unit_id")).order_by(
    office_templates.c.id.desc()
)
_open = (office_templates.c.id == bindparam("b_id"), office_templates.c.withdrawn_at.is_(None))
#: The first use stays; the row is written all the same, so that a withdrawal at the same moment waits and then sees it.
_USE = office_templates.update().where(*_open)
_WITHDRAW = office_templates.update().where(*_open, office_templates.c.used_at.is_(None))


class SqlOfficeTemplates:
    """`engine.ports.office_templates.OfficeTemplates`."""

    def __init__(self, connection: Connection, reference: Reference) -> None:
        self._connection, self._reference = connection, reference

    def any(self) -> bool:
        return self._reference.recall(("office_templates",), lambda: self._connection.execute(_ANY).first() is not None)

    def get(self, template_id: int) -> OfficeTemplate:
        return TEMPLATES.get(self._connection, template_id)

    def add(self, template: OfficeTemplate) -> OfficeTemplate:
        self._reference.changed()
        return TEMPLATES.add(self._connection, template)

    def of_document(self, unit_id: UnitId, model: str, document: str) -> list[OfficeTemplate]:
        return TEMPLATES.list(self._connection, _OF_DOCUMENT, unit_id=unit_id, model=model, document=document)

    def of_unit(self, unit_id: UnitId) -> list[OfficeTemplate]:
        return TEMPLATES.list(self._connection, _OF_UNIT, unit_id=unit_id)

    def note_use(self, template_id: int, at: datetime) -> None:
        first = self.get(template_id).used_at or at
        if not self._connection.execute(_USE.values(used_at=first), {"b_id": template_id}).rowcount:
            raise StaleVersion("stale", kind="OfficeTemplate", id=template_id)

    def withdraw(self, template_id: int, at: datetime) -> bool:
        return bool(self._connection.execute(_WITHDRAW.values(withdrawn_at=at), {"b_id": template_id}).rowcount)
