"""The cities of `tests.pages`: one at the start of a cycle, one that lived through most of it."""

from tests.pages.conftest import lived, own, town, young

__all__ = ["lived", "own", "town", "young"]
