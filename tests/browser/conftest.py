"""The cities of the page tests, served on a real port."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page

from api.actor import cookie_name
from api.app import create_app
from api.templating import DIST, Templates
from tests.pages.town import Town, at, copy_of, lived_town, young_town
from tests.support.browser import Visitor
from tests.support.web import running_app

#: Opens a tab in which somebody of a city is signed in.
Enter = Callable[..., Page]


@pytest.fixture(scope="session")
def young(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """5 November 2026, four days before the last day to register."""
    return young_town(tmp_path_factory.mktemp("young") / "du-lieu", at(2026, 11, 5))


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """12 November 2027: schools recognised, the others before their meeting."""
    return lived_town(tmp_path_factory.mktemp("lived") / "du-lieu", at(2027, 11, 12))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[Town], Town]]:
    """Make a copy of a city that the story may change."""
    made: list[Town] = []

    def copied(source: Town) -> Town:
        made.append(copy_of(source, tmp_path / f"ban-sao-{len(made)}"))
        return made[-1]

    yield copied
    for town in made:
        town.house.close()


@pytest.fixture(scope="session")
def front_end(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built front end as it is now: whoever rebuilds it meanwhile does not change the pages of a story."""
    return Path(shutil.copytree(DIST, tmp_path_factory.mktemp("front-end") / "dist"))


@pytest.fixture
def enter(visit: Callable[..., Visitor], front_end: Path) -> Iterator[Enter]:
    """`enter(town, "bithu", width=…, javascript=…, scheme=…)`: a tab whose base address is the city's."""
    with ExitStack() as stack:
        addresses: dict[int, str] = {}

        def opened(town: Town, username: str, **wishes: object) -> Page:
            if id(town) not in addresses:
                app = create_app(town.house, templates=Templates(dist=front_end), dist=front_end)
                addresses[id(town)] = stack.enter_context(running_app(app))
            address = addresses[id(town)]
            visitor = visit(base_url=address, **wishes)
            cookie = {"name": cookie_name(town.house), "value": town.token(username), "url": address}
            visitor.context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie, as Playwright writes it
            return visitor.open()

        yield opened
