"""How is something measured on a busy machine? CPU time of the thread, rounds of all candidates in turn, the least of each."""

import gc
from collections.abc import Callable, Mapping
from time import thread_time


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this thread that `work` takes; without the garbage collector's luck."""
    gc.collect()
    gc.disable()
    try:
        began = thread_time()
        work()
        return thread_time() - began
    finally:
        gc.enable()


def least(candidates: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The least answer of each candidate over interleaved rounds, so that a busy minute hits them all alike."""
    found: dict[str, float] = {}
    for _ in range(rounds):
        for name, candidate in candidates.items():
            taken = candidate()
            found[name] = min(found.get(name, taken), taken)
    return found
