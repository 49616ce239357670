"""Two cities, founded once: one at the start of a cycle, one that lived through most of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pages.town import Town, at, copy_of, lived_town, young_town


@pytest.fixture(scope="session")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """5 November 2026, four days before the last day to register; nobody has done anything. To be read only."""
    town = young_town(tmp_path_factory.mktemp("young") / "du-lieu", at(2026, 11, 5))
    yield town
    town.house.close()


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """12 November 2027: schools recognised, the others before their meeting. To be read only."""
    town = lived_town(tmp_path_factory.mktemp("lived") / "du-lieu", at(2027, 11, 12))
    yield town
    town.house.close()


@pytest.fixture
def town(young: Town, own: Callable[[Town], Town]) -> Town:
    """The young city, to do anything to."""
    return own(young)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[Town], Town]]:
    """Make a copy of a city that the test may change."""
    made: list[Town] = []

    def copied(source: Town) -> Town:
        made.append(copy_of(source, tmp_path / f"ban-sao-{len(made)}"))
        return made[-1]

    yield copied
    for town in made:
        town.house.close()
