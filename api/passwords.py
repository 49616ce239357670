"""How is a password hashed and compared? Argon2id, a few at a time, as slowly for an unknown name as for a known one."""

from functools import cached_property
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from engine.rules.passwords import normal_password

#: OWASP's smallest set of 2023: 19 MiB, 2 rounds, 1 lane; some 40 ms on two cores.
_MEMORY_KIB, _ROUNDS, _LANES = 19 * 1024, 2, 1
#: More at once would only take the cores and the memory from everybody else.
_AT_ONCE = 2


class Passwords:
    """Hashes and compares; safe for threads."""

    def __init__(self, *, memory_kib: int = _MEMORY_KIB, rounds: int = _ROUNDS) -> None:
        self._hasher = PasswordHash((Argon2Hasher(memory_cost=memory_kib, time_cost=rounds, parallelism=_LANES),))
        self._places = BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """The hash to keep."""
        with self._places:
            return self._hasher.hash(normal_password(password))

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one that was kept; without one, False after the same time."""
        with self._places:
            right = self._hasher.verify(normal_password(password), kept or self._nobodys)
        return right and kept is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's")
