"""How does a render that goes wrong harm nobody else? In processes of their own, bounded in memory and time.

A worker that takes too long or too much is ended and replaced; the others go on. Two workers render about
twice as many documents as one thread.
"""

import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from threading import Lock

from engine.errors import FieldError, Invalid, NotFound, OutsideFault
from engine.ports.outside import Rendered
from engine.rules.papers import Paper, canonical_json, paper_from_json

#: Renders after which a worker is replaced, so that no library's leak grows for ever.
RENDERS_PER_WORKER = 200

Refusal = Invalid | NotFound


class RenderFailed(OutsideFault):
    """The worker ended or took too long; another try may do."""


class IsolatedRenderer:
    """The `Renderer` port in worker processes; `seconds` per document, `megabytes` of address space per worker."""

    def __init__(self, *, workers: int = 1, seconds: float = 120, megabytes: int = 2_000) -> None:
        self._workers, self._seconds, self._megabytes = workers, seconds, megabytes
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def render(self, paper: Paper) -> Rendered:
        """Render as `PaperRenderer` does; `RenderFailed` when a worker breaks its bounds."""
        pool = self._running()
        try:
            answer = pool.submit(_render, canonical_json(paper)).result(timeout=self._seconds)
        except TimeoutError as error:
            self._end(pool)
            raise RenderFailed("kết xuất quá lâu", retry_after=None) from error
        except BrokenProcessPool as error:
            self._end(pool)
            raise RenderFailed("tiến trình kết xuất đã dừng") from error
        if isinstance(answer, Rendered):
            return answer
        raise _refusal(answer)

    def close(self) -> None:
        """End the workers; the next render starts new ones."""
        if self._pool is not None:
            self._end(self._pool)

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self._workers,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_bound,
                    initargs=(self._megabytes,),
                    max_tasks_per_child=RENDERS_PER_WORKER,
                )
            return self._pool

    def _end(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)


#: A refusal as it crosses the border between processes: its fields, or kind and key of what is missing.
Told = dict[str, tuple[str, dict[str, object]]] | tuple[str, str]


def _render(content: bytes) -> Rendered | Told:
    from documents.pdf import PaperRenderer

    try:
        return PaperRenderer().render(paper_from_json(content))
    except Invalid as refusal:
        return {name: (error.code, dict(error.facts)) for name, error in refusal.fields.items()}
    except NotFound as missing:
        return missing.kind, str(missing.key)


def _refusal(told: Told) -> Refusal:
    if isinstance(told, tuple):
        return NotFound(*told)
    return Invalid({name: FieldError(code, facts) for name, (code, facts) in told.items()})


def _bound(megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
