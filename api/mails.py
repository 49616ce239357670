"""What does a message say? Plain text and simple HTML from the templates of `templates/mail`, labels from the shared codes.

A text template's first line is the subject. `{base_url}` stays in both until the message is sent, so that a move of the
installation does not leave dead links in what waits.
"""

import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import engine
from api.templating import FILTERS

_HERE = Path(__file__).parent
_ORGANISATION = Path(engine.__file__).parents[1] / "bpmn" / "_shared" / "organisation.toml"
_KNOWN = frozenset(path.stem for path in (_HERE / "templates" / "mail").glob("*.txt"))


class MailWords:
    """Implements `engine.ports.store.Words`."""

    def mail(self, template: str, facts: Mapping[str, object]) -> tuple[str, str, str]:
        """Subject, text and HTML; a template that is not known gives a plain notice."""
        name = template if template in _KNOWN else "notice"
        subject, _, text = self._text.get_template(f"mail/{name}.txt").render(_marked(facts)).partition("\n")
        return subject.strip(), text.strip() + "\n", self._html.get_template(f"mail/{name}.html").render(_marked(facts))

    def label(self, kind: str, code: str) -> str:
        """The label of a unit kind, cohort or role; an unknown code is shown as it is."""
        return self._labels.get((kind, code), code)

    @cached_property
    def _text(self) -> Environment:
        return _environment(html=False)

    @cached_property
    def _html(self) -> Environment:
        return _environment(html=True)

    @cached_property
    def _labels(self) -> Mapping[tuple[str, str], str]:
        tables = tomllib.loads(_ORGANISATION.read_text("utf-8"))
        return {(kind, row["code"]): row["label"] for kind, rows in tables.items() for row in rows}


def _marked(facts: Mapping[str, object]) -> dict[str, object]:
    return {"facts": facts, **facts, "base_url": "{base_url}"}


def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment
