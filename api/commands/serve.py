"""How does the installation run? A web process, and beside it a worker that is started again whenever it ends."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import structlog

from api.assembly import House, build
from api.commands.saying import say, warn_of_unknown_settings
from api.logs import configure_logs
from api.settings import read_settings

_log = structlog.get_logger("chuky.serve")

#: Seconds that a worker is given to finish what it has begun.
_GRACE = 30
#: Seconds between two starts of a worker that keeps ending.
_FIRST_PAUSE, _LONGEST_PAUSE = 1, 60


def serve(options: argparse.Namespace) -> int:
    """Run the web process, with a worker unless told otherwise, until it is asked to stop."""
    _override(host=options.host, port=options.port)
    settings = read_settings()
    configure_logs(settings)
    warn_of_unknown_settings()
    return run(build(settings), worker=not options.no_worker)


def work(options: argparse.Namespace) -> int:
    """Run a worker until it is asked to stop; on a leash also until its parent is gone."""
    settings = read_settings()
    configure_logs(settings)
    house = build(settings)
    house.prepare()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    if options.leash:
        threading.Thread(target=_hold_leash, args=(stop,), daemon=True).start()
    background = house.background()
    background.start()
    _log.info("worker_started", executor=background.worker.executor)
    stop.wait()
    _log.info("worker_stops")
    background.stop()
    house.close()
    return 0


def run(house: House, *, worker: bool) -> int:
    """Serve a house on its address; 1 when the address is taken."""
    import uvicorn

    from api.app import create_app

    settings = house.settings
    house.prepare()
    app = create_app(house)
    try:
        listening = _listen(settings.host, settings.port)
    except OSError as error:
        say(f"Không mở được cổng {settings.port} trên {settings.host}: {error.strerror}. Hãy chọn cổng khác: --port")
        return 1
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.proxy,
        timeout_graceful_shutdown=_GRACE,
    )
    # uvicorn raises the signals that stopped it once more when it is done; then the worker's turn comes first.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)
    with _worker() if worker else nullcontext():
        say(f"Chuky đang chạy: {settings.site}  (Ctrl+C để dừng)")
        uvicorn.Server(config).run(sockets=[listening])
    house.close()
    return 0


def _override(**given: object) -> None:
    # Through the environment, so that the worker is given the same.
    for name, value in given.items():
        if value is not None:
            os.environ[f"CHUKY_{name.upper()}"] = str(value)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError:
        listening.close()
        raise
    return listening


@contextmanager
def _worker() -> Iterator[None]:
    """Keep a worker running for as long as the block lasts."""
    keeper = WorkerKeeper()
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


class WorkerKeeper:
    """Starts a worker in a process of its own, and again whenever it ends."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="chuky-worker-keeper", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to finish, and see to it that it ends."""
        self._stopping.set()
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
        self._thread.join(_GRACE + 10)

    def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            started = time.monotonic()
            self._child = _start_worker()
            code = self._wait(self._child)
            if self._stopping.is_set():
                return
            pause = _FIRST_PAUSE if time.monotonic() - started > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
            _log.error("worker_ended", code=code, again_in=pause)
            self._stopping.wait(pause)

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        while not self._stopping.is_set():
            try:
                return child.wait(1)
            except subprocess.TimeoutExpired:
                continue
        child.terminate()
        try:
            return child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


def _start_worker() -> subprocess.Popen[bytes]:
    # Its input is the leash: when this process is killed, the pipe ends and the worker goes too. A session of its own
    # keeps Ctrl+C from it; it is told when its turn has come.
    command = [sys.executable, "-P", "-m", "api.cli", "worker", "--leash"]
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, env=environment)


def _hold_leash(stop: threading.Event) -> None:
    # Not through sys.stdin: its buffer would still be held when the interpreter ends.
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    stop.set()
