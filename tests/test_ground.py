"""The ground keeps its shape: imports point inwards, one clock, complete packages, lock files that can be trusted."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from sqlalchemy import create_engine, text

import tasks
from tests.conftest import find_browser, refuse_unless_local

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")

MAY_USE: dict[str, set[str]] = {
    "nlp": set(),
    "storage": set(),
    "handlers": {"nlp", "storage"},
    "bot": {"handlers", "nlp", "storage"},
}

# Who may know of a library, so that it can be exchanged in one place.
AT_HOME_IN = {
    "apscheduler": "bot",
    "fastapi": "bot",
    "httpx": "bot",
    "starlette": "bot",
    "typer": "bot",
    "uvicorn": "bot",
    "wechatpy": "bot",
    "alembic": "storage",
    "psycopg": "storage",
    "sqlalchemy": "storage",
    "lunar_python": "nlp",
    "jieba": "nlp/words.py",
    "ahocorasick_rs": "nlp/automaton.py",
    "scipy": "corpus",
}

# Reading the time of day, in every way that has been seen; monotonic clocks measure and are free.
READS_THE_CLOCK = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "func.now",
    "func.current_timestamp",
}


def modules() -> list[Path]:
    return [path for package in MAY_USE for path in sorted((ROOT / package).rglob("*.py"))]


def roots_imported_by(path: Path) -> set[str]:
    """Top-level names of all that a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def clock_readings(source: str) -> list[str]:
    """Every place in a source that names a reading of the time of day, called or passed on."""
    tree = ast.parse(source)
    dotted = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    imported = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    return [name for name in dotted + imported if ".".join(name.split(".")[-2:]) in READS_THE_CLOCK]


@pytest.mark.parametrize("package", MAY_USE)
def test_imports_point_inwards(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        strangers = (roots_imported_by(path) & MAY_USE.keys()) - MAY_USE[package] - {package}
        assert not strangers, f"{path} must not import {strangers}"


@pytest.mark.parametrize("library", AT_HOME_IN)
def test_a_library_is_known_only_at_home(library: str) -> None:
    home = ROOT / AT_HOME_IN[library]
    strangers = [path for path in modules() if library in roots_imported_by(path) and not path.is_relative_to(home)]
    assert not strangers, f"only {AT_HOME_IN[library]} may import {library}"


def test_late_imports_count_too(tmp_path: Path) -> None:
    file = tmp_path / "late.py"
    file.write_text("def f():\n    from bot.clock import Clock\n    import jieba.posseg as tags\n")
    assert roots_imported_by(file) == {"bot", "jieba"}


def test_only_the_clock_reads_the_time_of_day() -> None:
    others = [path for path in modules() if path != ROOT / "bot" / "clock.py"]
    readers = {str(path): found for path in others if (found := clock_readings(path.read_text(encoding="utf-8")))}
    assert not readers, "take the time from the Clock that was passed in"


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "field(default_factory=datetime.now)",
        "date.today()",
        "from time import time",
        "x = time.time()",
        "Column(server_default=func.now())",
    ],
)
def test_every_way_to_read_the_clock_is_seen(source: str) -> None:
    assert clock_readings(source)


@pytest.mark.parametrize("source", ["clock.now()", "turn.now", "time.monotonic()", "time.perf_counter()", "span.time"])
def test_what_does_not_read_the_clock_is_left_alone(source: str) -> None:
    assert not clock_readings(source)


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def table(*keys: str) -> dict[str, object]:
    found = project()
    for key in keys:
        inner = found[key]
        assert isinstance(inner, dict)
        found = inner
    return found


def strings(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(one) for one in value]


def test_every_file_of_a_package_is_installed() -> None:
    """Modules need an unbroken chain of __init__.py; everything else needs a pattern under package-data."""
    patterns = {package: strings(globs) for package, globs in table("tool", "setuptools", "package-data").items()}
    left_out = [
        str(path)
        for package in MAY_USE
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        if not is_module_of_a_package(path)
        if not any(path in set((ROOT / package).glob(pattern)) for pattern in patterns.get(package, []))
    ]
    assert not left_out


def is_module_of_a_package(path: Path) -> bool:
    folders = [folder for folder in path.parents if folder.is_relative_to(ROOT) and folder != ROOT]
    return path.suffix == ".py" and all((folder / "__init__.py").exists() for folder in folders)


def locked(file: str) -> dict[str, Version]:
    """What a lock file installs, by canonical name."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / file).read_text(), re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in found}


def asked_for(file: str) -> set[str]:
    """What a lock file says pyproject.toml asked for, from the notes behind each entry."""
    entries = re.split(r"^(?=\S)", (ROOT / file).read_text(), flags=re.MULTILINE)
    return {
        canonicalize_name(entry.partition("==")[0].partition("[")[0])
        for entry in entries
        if "linli (pyproject.toml" in entry
    }


def requirements(file: str) -> list[Requirement]:
    runtime = strings(table("project")["dependencies"])
    development = strings(table("dependency-groups")["dev"])
    return [Requirement(one) for one in (runtime if file == "requirements.lock" else runtime + development)]


def names(wanted: Iterable[Requirement]) -> Iterator[str]:
    return (canonicalize_name(one.name) for one in wanted)


@pytest.mark.parametrize("file", LOCKS)
def test_lock_file_holds_no_address(file: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links| @ ", (ROOT / file).read_text())


@pytest.mark.parametrize("file", LOCKS)
def test_lock_file_hashes_every_package(file: str) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", (ROOT / file).read_text(), flags=re.MULTILINE)
    assert [entry.splitlines()[0] for entry in entries if entry and "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("file", LOCKS)
def test_lock_file_matches_pyproject(file: str) -> None:
    assert asked_for(file) == set(names(requirements(file))), "pyproject.toml has changed: run make lock"
    versions = locked(file)
    wrong = [
        str(one)
        for one in requirements(file)
        if one.specifier and not one.specifier.contains(versions[canonicalize_name(one.name)])
    ]
    assert not wrong, "pyproject.toml has changed: run make lock"


@pytest.mark.parametrize("file", LOCKS)
def test_lock_file_keeps_the_floors(file: str) -> None:
    floors = [Requirement(one) for one in strings(table("tool", "uv")["constraint-dependencies"])]
    versions = locked(file)
    below = [str(one) for one in floors if one.name in versions and versions[one.name] not in one.specifier]
    assert not below


def test_development_runs_what_production_runs() -> None:
    runtime, development = (locked(file) for file in LOCKS)
    assert {name: development.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("file", LOCKS)
def test_the_builder_of_jieba_is_locked_too(file: str) -> None:
    first, *rest = tasks.entry_of("setuptools", ROOT / file).splitlines()
    assert first.startswith("setuptools==")
    assert rest
    assert all(line.strip().startswith("--hash=sha256:") for line in rest)


def test_a_change_of_a_lock_file_is_noticed(tmp_path: Path) -> None:
    before, after = tmp_path / "before.lock", tmp_path / "after.lock"
    before.write_text("one==1\n")
    after.write_text("one==2\n")
    assert tasks.fingerprint(before) == tasks.fingerprint(before)
    assert tasks.fingerprint(before) != tasks.fingerprint(after)


def test_uv_is_told_of_the_mirror_that_pip_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/python")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    assert tasks.uv_settings() == {"UV_DEFAULT_INDEX": "https://mirror.example/python"}


def test_uv_stays_away_where_pip_needs_more_than_a_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_PROXY", "http://proxy.example:3128")
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    assert not tasks.uv_sees_what_pip_sees()


def test_make_offers_what_tasks_can_do() -> None:
    offered = re.search(r"^TASKS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert offered is not None
    # The packages alone, without Linli itself, are only wanted by the Dockerfile.
    assert set(offered[1].split()) == tasks.TASKS.keys() - {"packages"}


def test_a_named_browser_is_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = tmp_path / "my-browser"
    mine.touch(mode=0o755)
    monkeypatch.setenv("CHROME", str(mine))
    assert find_browser() == str(mine)


def test_a_fresh_database_is_empty_and_takes_chinese(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE word (it TEXT)"))
        connection.execute(text("INSERT INTO word VALUES ('邻里应声')"))
        assert connection.execute(text("SELECT it FROM word")).scalars().all() == ["邻里应声"]
    engine.dispose()


@pytest.mark.browser
def test_the_browser_starts(chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_content("<title>邻里应声</title>")
        assert page.title() == "邻里应声"
        browser.close()


@pytest.mark.parametrize("host", ["example.org", "192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_tests_stay_on_this_machine(host: str) -> None:
    with pytest.raises(PermissionError, match="stay on this machine"):
        refuse_unless_local(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost", "0.0.0.0"])
def test_tests_may_talk_to_their_own_servers(host: str) -> None:
    refuse_unless_local(host)
