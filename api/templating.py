"""How does a page come out of a template? One Jinja environment: everything escaped, nothing undefined, hashed assets.

`base.html` expects what `Page` holds, and `page_title` from the page's own values.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.texts import label, sentence, words
from engine.errors import ChukyError

HERE = Path(__file__).parent
DIST = HERE / "static" / "dist"
#: Where the web server shows DIST; answers there may be cached for ever (names carry hashes).
STATIC_URL = "/static/"
#: For every page but the designers'.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
THEMES = frozenset({"light", "dark"})


class AssetsMissing(ChukyError):
    """The front end has not been built."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Chưa dựng giao diện: thiếu {folder / 'manifest.json'}. Hãy chạy: node api/frontend/build.mjs "
            "(hoặc ./chuky demo). / The front end is not built; run the command above."
        )


class PageActor(Protocol):
    """Who is signed in, as the header names them."""

    @property
    def full_name(self) -> str: ...
    @property
    def unit_name(self) -> str: ...
    @property
    def role_label(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry of the main menu; `count` is shown beside it when above zero."""

    label: str
    href: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message above the content; `kind` is info, good, warn or late."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What every page knows besides its own values."""

    now: datetime  #: aware
    csrf: str = ""  #: for the hidden field of every form that posts
    actor: PageActor | None = None
    nav: Sequence[NavItem] = ()
    notices: Sequence[Notice] = ()
    demo: bool = False
    unread: int = 0  #: notices of the person that they have not read
    theme: str = ""  #: light, dark or empty: as the system says (cookie ck_theme)


@dataclass(slots=True)
class Templates:
    """The templates of the product; reads the manifest of the front end once, at start.

    `assets` replaces the manifest (plain name → file name) where a test needs no front end. Raises `AssetsMissing`.
    """

    folders: Sequence[Path] = (HERE / "templates",)
    dist: Path = DIST
    assets: Mapping[str, str] | None = None
    environment: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Read the manifest and put filters and globals in place."""
        manifest = _manifest(self.dist) if self.assets is None else self.assets
        self.environment = Environment(
            loader=FileSystemLoader(self.folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(FILTERS)
        self.environment.globals["asset"] = lambda name: STATIC_URL + manifest[name]
        self.environment.globals["label"] = label

    def render(self, name: str, page: Page, /, **values: object) -> str:
        """Fill a template; `values` are the page's own and stand over those of `page`."""
        return self.environment.get_template(name).render(**page_values(page), **values)


def page_values(page: Page) -> dict[str, object]:
    """The names that `base.html` knows."""
    theme = page.theme if page.theme in THEMES else ""
    return {
        "now": page.now,
        "csrf": page.csrf,
        "actor": page.actor,
        "nav": page.nav,
        "notices": page.notices,
        "demo": page.demo,
        "unread": page.unread,
        "theme": theme,
    }


def _manifest(dist: Path) -> Mapping[str, str]:
    try:
        raw: Mapping[str, str] = json.loads((dist / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        raise AssetsMissing(dist) from None
    return raw


#: Filters that templates may use, by name.
FILTERS = {
    "day": words.day,
    "long_day": words.long_day,
    "instant": words.instant,
    "clock": words.clock,
    "number": words.number,
    "money": words.money,
    "percent": words.percent,
    "file_size": words.file_size,
    "due": words.due,
    "due_tone": words.due_tone,
    "since": words.since,
    "sentence": sentence,
}
