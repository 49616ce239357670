"""How does a test get a fresh PostgreSQL database? From a cluster of its own, made once a session and thrown away."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.support.tools import find_tool, free_port

SUPERUSER = "chuky"
# Durability is what a test of a crash asks for (a PgCluster without these); everything else wants speed.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PgServer:
    """A running server on which databases may be made and dropped."""

    url: URL  #: of a database that always exists there

    def create(self, *, template: str = "template0") -> URL:
        """Make a database from `template`, empty unless it says otherwise."""
        name = f"t_{uuid.uuid4().hex}"
        self._command(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url.set(database=name)

    def drop(self, url: URL) -> None:
        """Remove a database, whoever is still connected to it."""
        self._command(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(url.database or "")))

    @contextmanager
    def database(self, *, template: str = "template0") -> Iterator[str]:
        """A database for as long as the block lasts, as an URL to hand to SQLAlchemy."""
        url = self.create(template=template)
        try:
            yield url.render_as_string(hide_password=False)
        finally:
            self.drop(url)

    def _command(self, statement: sql.Composed) -> None:
        with psycopg.connect(plain(self.url), autocommit=True) as connection:
            connection.execute(statement)


def plain(url: URL | str) -> str:
    """The URL as libpq knows it, without SQLAlchemy's driver name."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def running_server() -> Iterator[PgServer]:
    """The server of CHUKY_TEST_PG_URL, else a cluster of our own in a temporary folder."""
    if given := os.environ.get("CHUKY_TEST_PG_URL"):
        yield PgServer(url=make_url(given).set(drivername="postgresql"))
        return
    home = Path(tempfile.mkdtemp(prefix="chuky-pg-"))
    try:
        cluster = PgCluster(home=home, port=free_port(), settings=FAST)
        cluster.init()
        cluster.start()
        try:
            yield PgServer(url=cluster.url)
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


class PgCluster:
    """A cluster made by initdb; PostgreSQL refuses to run as root, so root hands it to another user."""

    def __init__(self, *, home: Path, port: int, settings: dict[str, str]) -> None:
        self.home, self.port, self.settings = home, port, settings
        self.url = URL.create("postgresql", username=SUPERUSER, host="127.0.0.1", port=port, database="postgres")
        self._process: subprocess.Popen[bytes] | None = None

    def init(self) -> None:
        """Write the empty cluster."""
        if os.geteuid() == 0:
            user = _unprivileged()
            os.chown(self.home, user.pw_uid, user.pw_gid)
        locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
        self._run("initdb", "-D", str(self._data), "-U", SUPERUSER, "--auth=trust", "--no-sync", *locale)

    def start(self) -> None:
        """Start the server and wait until it answers (at most 30 s)."""
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(_binary("postgres")), "-D", str(self._data), "-h", "127.0.0.1", "-p", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_other_user(), *command, "-k", str(self.home), *options],
                cwd=self.home,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal is for pytest, which then stops the server
            )
        self._wait()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT is fast and clean, SIGQUIT is a crash (the next start recovers)."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _log(self) -> Path:
        return self.home / "server.log"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_as_other_user(), str(_binary(program)), *arguments]
        done = subprocess.run(command, cwd=self.home, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program} failed: {done.stdout}{done.stderr}"

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(plain(self.url), connect_timeout=5).close()
            except psycopg.OperationalError as refusal:
                dead = self._process is None or self._process.poll() is not None
                if dead or time.monotonic() > end:
                    log = self._log.read_text("utf-8", errors="replace")[-3000:]
                    raise RuntimeError(f"PostgreSQL did not start: {refusal}\n{log}") from refusal
                time.sleep(0.05)
            else:
                return


def _binary(name: str) -> Path:
    return find_tool(name, package="postgresql", folders=("/usr/lib/postgresql/*/bin",))


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _as_other_user() -> list[str]:
    # --pdeathsig: a killed test run leaves no server behind.
    setpriv = [str(find_tool("setpriv", package="util-linux")), "--pdeathsig=INT"]
    if os.geteuid() != 0:
        return setpriv
    user = _unprivileged()
    return [*setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
