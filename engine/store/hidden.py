"""What does a transaction not find? Models of others, and their cycles: as if they were not there."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

Find = Callable[[], Collection[str]]


class Hidden:
    """Keys of the models that are not found; asked for when they first matter."""

    def __init__(self) -> None:
        self._find: Find | None = None
        self._keys: frozenset[str] = frozenset()

    def by(self, find: Find) -> None:
        """Hide from here on what `find` names."""
        self._find = find

    @property
    def keys(self) -> frozenset[str]:
        """What is hidden; nothing while it is being found out."""
        if self._find is not None:
            find, self._find = self._find, None
            try:
                self._keys = frozenset(find())
            except BaseException:
                # What could not be found out is asked anew: else nothing would be hidden.
                self._find = find
                raise
        return self._keys

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Hide nothing within the block."""
        kept, self._find, self._keys = (self._find, self._keys), None, frozenset()
        try:
            yield
        finally:
            self._find, self._keys = kept
