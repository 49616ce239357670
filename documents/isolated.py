"""How does a render that goes wrong harm nobody else? In processes of their own, bounded in memory and time.

A worker that takes too long or too much is ended and replaced; the others go on. Two workers render about
twice as many documents as one thread.
"""

import multiprocessing
import os
import resource
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from queue import Empty, Queue
from threading import Thread

from engine.errors import FieldError, Invalid, NotFound, OutsideFault
from engine.ports.outside import Rendered
from engine.rules.papers import Paper, canonical_json, paper_from_json

#: Renders after which a worker is replaced, so that no library's leak grows for ever.
RENDERS_PER_WORKER = 200

Refusal = Invalid | NotFound


class RenderFailed(OutsideFault):
    """The worker ended or took too long."""


class IsolatedRenderer:
    """The `Renderer` port in worker processes; `seconds` per document, `megabytes` of address space per worker.

    Each worker is a pool of its own: one that breaks takes no other document with it. It ends with its parent.
    """

    def __init__(self, *, workers: int = 1, seconds: float = 120, megabytes: int = 2_000) -> None:
        self._seconds = seconds
        self._workers = [_Worker(seconds=seconds, megabytes=megabytes) for _ in range(workers)]
        self._free: Queue[_Worker] = Queue()
        for worker in self._workers:
            self._free.put(worker)

    def render(self, paper: Paper) -> Rendered:
        """Render as `PaperRenderer` does; `RenderFailed` when a worker breaks its bounds, twice when it just ended."""
        content = canonical_json(paper)
        try:
            worker = self._free.get(timeout=self._seconds)
        except Empty as error:
            raise RenderFailed("các tiến trình kết xuất đều bận") from error
        try:
            return worker.render(content)
        finally:
            self._free.put(worker)

    def close(self) -> None:
        """End the workers; the next render starts new ones."""
        for worker in self._workers:
            worker.end()


class _Worker:
    """One process that renders, started when it is needed."""

    def __init__(self, *, seconds: float, megabytes: int) -> None:
        self._seconds, self._megabytes = seconds, megabytes
        self._pool: ProcessPoolExecutor | None = None

    def render(self, content: bytes) -> Rendered:
        try:
            answer = self._answer(content)
        except BrokenProcessPool:
            answer = self._once_more(content)
        if isinstance(answer, Rendered):
            return answer
        raise _refusal(answer)

    def end(self) -> None:
        """Kill the process, whatever it is doing."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)

    def _once_more(self, content: bytes) -> "Rendered | Told":
        # Something outside may have ended it (memory ran short); a paper that ends every worker is for a person to look at.
        try:
            return self._answer(content)
        except BrokenProcessPool as error:
            raise RenderFailed("tiến trình kết xuất đã dừng hai lần", retry_after=None) from error

    def _answer(self, content: bytes) -> "Rendered | Told":
        pool = self._running()
        try:
            return pool.submit(_render, content).result(timeout=self._seconds)
        except TimeoutError as error:
            self.end()
            raise RenderFailed("kết xuất quá lâu", retry_after=None) from error
        except BrokenProcessPool:
            self.end()
            raise

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._megabytes,),
                max_tasks_per_child=RENDERS_PER_WORKER,
            )
        return self._pool


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


def _begin(megabytes: int) -> None:
    """Keep to the bounds, leave Ctrl-C to the parent, and do not outlive it."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A parent that was killed cannot tell its workers to stop, and they would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
