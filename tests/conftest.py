"""What the tests need from the machine: databases, a browser, and no network beyond this machine."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest

from tests.postgres import NoServer, Server, running

# A busy machine is slow, not wrong; how fast we are is measured by the benchmarks.
hypothesis.settings.register_profile("steady", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("steady")

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One PostgreSQL for the whole run; skips aloud where none can be had, and fails there in CI."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running())
        except NoServer as why:
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must test on PostgreSQL. {why}")
            pytest.skip(f"no PostgreSQL: {why}")
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite file that does not exist yet."""
    return f"sqlite:///{(tmp_path / 'linli.db').as_posix()}"


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """The address of an empty PostgreSQL database, dropped after the test; mark such a test `postgres`."""
    with postgres.fresh_database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind we support, one after the other."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a browser of the Chromium family; mark a test that uses it `browser`."""
    found = find_browser()
    if found is None:
        why = "no Chromium found on the PATH; set CHROME to the path of one"
        if os.environ.get("LINLI_REQUIRE_BROWSER") == "1":
            pytest.fail(f"LINLI_REQUIRE_BROWSER=1, but {why}")
        pytest.skip(why)
    return found


def find_browser() -> str | None:
    named = os.environ.get("CHROME")
    candidates = (named,) if named else BROWSERS
    return next((path for path in map(shutil.which, candidates) if path), None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud how much of what needs a browser or a PostgreSQL was really tested."""
    for marker, missing in (("browser", "no Chromium found"), ("postgres", "no PostgreSQL")):
        outcomes = [
            outcome
            for outcome in ("passed", "failed", "error", "skipped")
            for report in terminalreporter.getreports(outcome)
            if isinstance(report, pytest.TestReport) and marker in report.keywords
        ]
        skipped = outcomes.count("skipped")
        words = f"{marker} tests: {len(outcomes) - skipped} ran"
        if skipped:
            words += f", {skipped} skipped, {missing}"
        terminalreporter.write_line(words, yellow=bool(skipped))


def keep_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse connections to anywhere else: a test that needs the internet is wrong even when it passes."""
    if event == "socket.connect" and isinstance(address := arguments[1], tuple):
        refuse_unless_local(str(address[0]))
    elif event == "socket.getaddrinfo" and isinstance(host := arguments[0], str):
        refuse_unless_local(host)


def refuse_unless_local(host: str) -> None:
    try:
        is_local = ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        is_local = host in {"", "localhost", socket.gethostname()}
    if not is_local:
        raise PermissionError(f"tests stay on this machine, but one wanted to reach {host}")


# A database named by the user may be anywhere, and the driver opens its own sockets: it is not seen here.
sys.addaudithook(keep_on_this_machine)
