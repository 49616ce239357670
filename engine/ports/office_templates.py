"""What does the core ask of the store about the offices' own templates? Versions, the newest first."""

from datetime import datetime
from typing import Protocol

from engine.rules.office_templates import OfficeTemplate
from engine.rules.units import UnitId


class OfficeTemplates(Protocol):
    """Versions of templates that offices made for themselves."""

    def any(self) -> bool:
        """Whether any office has a template of its own; known without asking as long as none has."""
        ...

    def get(self, template_id: int) -> OfficeTemplate: ...
    def add(self, template: OfficeTemplate) -> OfficeTemplate: ...
    def of_document(self, unit_id: UnitId, model: str, document: str) -> list[OfficeTemplate]:
        """Every version, withdrawn ones included, the newest first."""
        ...

    def of_unit(self, unit_id: UnitId) -> list[OfficeTemplate]:
        """Every version of any document, the newest first."""
        ...

    def note_use(self, template_id: int, at: datetime) -> None:
        """Keep when a version was first used; later uses change nothing. `StaleVersion` when it was withdrawn."""
        ...

    def withdraw(self, template_id: int, at: datetime) -> bool:
        """Take a version back that nobody has used; False when somebody has, or it is withdrawn already."""
        ...
