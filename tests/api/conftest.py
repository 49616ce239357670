"""Fixtures of the web's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.houses import PEOPLE, Browser, Installation, found, give_password


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A small installation; everybody has the same password."""
    made = found(tmp_path)
    give_password(made, *(person.username for person in PEOPLE))
    yield made
    made.house.close()


@pytest.fixture
def browser(installation: Installation) -> Iterator[Browser]:
    """A browser on it, without cookies."""
    with installation.browser() as opened:
        yield opened
