"""How often may somebody try? By account and address together, so that nobody can lock out somebody else.

Counted in this process; with several web processes each counts for itself.
"""

from time import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

#: Wrong passwords for one account from one address; from one address for any account (a school behind one address).
_PER_PAIR = (parse("5/minute"), parse("20/hour"))
_PER_ADDRESS = (parse("60/minute"), parse("600/hour"))
#: Mails that set a new password, from one address.
_RESETS = (parse("5/minute"), parse("20/hour"))
#: Files compared with an issued document by somebody who need not sign in.
_CHECKS = (parse("10/minute"), parse("60/hour"))

#: Answers through one open link of a survey from one address (a school, a ward's hall), and links that lead nowhere.
_ANSWERS = (parse("30/minute"), parse("400/hour"))
_STRAYS = (parse("60/minute"), parse("300/hour"))

Counters = tuple[tuple[tuple[RateLimitItem, ...], tuple[str, str]], ...]


class Limits:
    """Counts tries; safe for threads."""

    def __init__(self) -> None:
        self._counter = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, username: str, address: str) -> int:
        """Seconds until this person may try from this address again; 0: now."""
        ends = [
            self._counter.get_window_stats(limit, *key).reset_time
            for limits, key in self._keys(username, address)
            for limit in limits
            if not self._counter.test(limit, *key)
        ]
        return max(1, round(max(ends) - time())) if ends else 0

    def wrong(self, username: str, address: str) -> None:
        """Count a wrong password."""
        for limits, key in self._keys(username, address):
            for limit in limits:
                self._counter.hit(limit, *key)

    def may_reset(self, address: str) -> bool:
        """Count an asked-for mail; False when there were too many."""
        counted = [self._counter.hit(limit, "reset", address) for limit in _RESETS]  # each of them, not up to the first
        return all(counted)

    def may_check(self, address: str) -> bool:
        """Count a file to compare; False when there were too many."""
        counted = [self._counter.hit(limit, "check", address) for limit in _CHECKS]
        return all(counted)

    def may_answer(self, link: str, address: str) -> bool:
        """Count an answer through an open link; False when there were too many. The address is not kept."""
        counted = [self._counter.hit(limit, "answer", link, address) for limit in _ANSWERS]
        return all(counted)

    def may_follow(self, address: str) -> bool:
        """Count a link of a survey that leads nowhere; False when there were too many."""
        counted = [self._counter.hit(limit, "stray", address) for limit in _STRAYS]
        return all(counted)

    @staticmethod
    def _keys(username: str, address: str) -> Counters:
        return ((_PER_PAIR, (username.casefold(), address)), (_PER_ADDRESS, ("any", address)))
