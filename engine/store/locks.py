"""Who writes next? SQLite lets one in and wakes the others at random; a queue of our own is fair.

Measured: the same throughput, and the slowest of 16 clients waits a third as long.
"""

from collections import deque
from threading import Lock


class FifoLock:
    """A lock that serves in the order of asking; it may be released by another thread than took it.

    (A web framework opens and closes a request's transaction in different threads.)
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Lock] = deque()
        self._taken = False

    def acquire(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; answer whether the lock is ours."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        return turn.acquire(timeout=timeout) or self._came_too_late(turn)

    def release(self) -> None:
        """Hand over to the longest waiting one; nobody may slip in between."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _came_too_late(self, turn: Lock) -> bool:
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
            return True  # handed over in the very moment of giving up
