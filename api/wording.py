"""How does this installation phrase its mails and codes? Jinja templates and the organisation's labels."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

import engine
from api.templating import FILTERS
from api.texts import phrases
from engine.ports.store import CalendarEntry
from engine.rules.archiving import HandoverTerm, Retention
from engine.rules.cycle_models import Json
from engine.rules.notices import Habits, MailMode

HERE = Path(__file__).parent
ORGANISATION = Path(engine.__file__).parents[1] / "bpmn" / "_shared" / "organisation.toml"
NOTICES = ORGANISATION.with_name("notices.toml")
REMEDIES = ORGANISATION.with_name("remedies.toml")
RETENTION = ORGANISATION.with_name("retention.toml")


class Wording:
    """`engine.ports.store.Words` from `templates/mail/` and `bpmn/_shared/organisation.toml`."""

    def mail(self, template: str, facts: Mapping[str, object]) -> tuple[str, str, str]:
        """Subject (the text's first line), text and HTML of a message."""
        values = {**facts, "base_url": "{base_url}"}
        subject, _, text = self._environment.get_template(f"{template}.txt").render(values).partition("\n")
        html = self._environment.get_template(f"{template}.html").render(values)
        return subject.strip(), text.strip() + "\n", html

    def label(self, kind: str, code: str) -> str:
        """What people call a code; an unknown code is shown as it is."""
        # Units without a cohort take part by their kind, which then stands where a cohort stands.
        kinds = (kind, "unit_kind", "family") if kind == "cohort" else (kind, "family")
        return next((label for of_kind in kinds if (label := self._labels.get((of_kind, code)))), code)

    def codes(self, kind: str) -> Mapping[str, str]:
        """Every code of a kind with its label, in the order of the file."""
        return {code: label for (of_kind, code), label in self._labels.items() if of_kind == kind}

    def phrase(self, text: str, words: Mapping[str, str], lists: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
        """Fill an office's text in the sandbox."""
        return phrases.phrase(text, words, lists)

    def phrase_fault(self, text: str, known: Collection[str], lists: Mapping[str, Collection[str]]) -> str:
        """What is wrong with an office's text."""
        return phrases.fault_in(text, known, lists)

    def habits(self) -> Habits:
        """The organisation's habits, from `bpmn/_shared/notices.toml`."""
        return self._habits

    def calendar(self, entries: Sequence[CalendarEntry]) -> str:
        """An iCalendar file of these whole days."""
        from api.calendars import calendar_of  # the library takes a tenth of a second to load

        return calendar_of(entries, "{base_url}", "{host}")

    @cached_property
    def _habits(self) -> Habits:
        table = tomllib.loads(NOTICES.read_text("utf-8"))
        at = time.fromisoformat(table["digest_at"])
        return Habits(
            mail=MailMode(table["mail"]),
            quiet_from=table["quiet_from"],
            quiet_until=table["quiet_until"],
            digest_minute=at.hour * 60 + at.minute,
            busy_week=table["busy_week"],
        )

    def remedy(self, kind: str) -> Mapping[str, Json]:
        """A template of `bpmn/_shared/remedies.toml`."""
        return self._remedies[kind]

    @cached_property
    def _remedies(self) -> Mapping[str, Mapping[str, Json]]:
        return tomllib.loads(REMEDIES.read_text("utf-8"))

    def retentions(self) -> Sequence[Retention]:
        """The terms of `bpmn/_shared/retention.toml`."""
        return tuple(
            Retention(years=row.get("years"), **{k: row[k] for k in ("kind", "label", "source")})
            for row in self._retention["retention"]
        )

    def handover_term(self) -> HandoverTerm:
        """When closed dossiers are handed over, from the same file."""
        return HandoverTerm(**self._retention["handover"])

    @cached_property
    def _retention(self) -> Mapping[str, Any]:
        return tomllib.loads(RETENTION.read_text("utf-8"))

    def deputies(self) -> Mapping[str, str]:
        """Role → the role for whose holder such a deputy signs."""
        return {str(row["code"]): str(row["deputy_of"]) for row in self._tables["role"] if "deputy_of" in row}

    def standing_as(self) -> Mapping[str, str]:
        """Role → the role whose rights its holder has as well."""
        return self._standing_as

    @cached_property
    def _standing_as(self) -> Mapping[str, str]:
        return {str(row["code"]): str(row["stands_as"]) for row in self._tables["role"] if "stands_as" in row}

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates" / "mail"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(FILTERS)
        return environment

    @cached_property
    def _tables(self) -> Mapping[str, Any]:
        return tomllib.loads(ORGANISATION.read_text("utf-8"))

    @cached_property
    def _labels(self) -> Mapping[tuple[str, str], str]:
        return {
            (kind, str(row["code"])): str(row["label"])
            for kind, rows in self._tables.items()
            if isinstance(rows, list)
            for row in rows
        }
