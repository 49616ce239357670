"""How does a browser reach the application in a test? Through a real uvicorn on a free port, in a thread."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn

from tests.support.tools import free_port


@contextmanager
def running_app(app: Any, *, port: int | None = None) -> Iterator[str]:
    """Serve an ASGI application for as long as the block lasts; yields its address without a closing slash."""
    port = port or free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="auto", access_log=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    try:
        _wait(server, thread, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _wait(server: uvicorn.Server, thread: Thread, port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and thread.is_alive():
        if server.started:
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return
        time.sleep(0.02)
    raise RuntimeError("the application did not start; its log is above")
