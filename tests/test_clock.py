"""The clocks, and that the zone of the machine changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import CHINA, DemoClock, FakeClock, SystemClock


def test_the_system_clock_tells_an_aware_moment_in_its_zone() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(hours=8)
    assert abs(now - datetime.now(CHINA)) < timedelta(seconds=5)


def test_a_fake_clock_moves_only_when_told_and_never_back() -> None:
    clock = FakeClock("2026-11-23 18:42")
    assert clock.now() == clock.now() == datetime(2026, 11, 23, 18, 42, tzinfo=CHINA)
    clock.advance(minutes=3)
    clock.move_to(datetime(2026, 11, 23, 12, 0, tzinfo=CHINA))
    assert clock.now() == datetime(2026, 11, 23, 18, 45, tzinfo=CHINA)
    clock.move_to(datetime(2027, 1, 1, tzinfo=CHINA))
    assert clock.now().year == 2027


def test_the_demo_clock_runs_ahead_of_its_base() -> None:
    base = FakeClock("2026-11-23 18:42")
    clock = DemoClock(base)
    clock.advance(timedelta(hours=2))
    base.advance(minutes=1)
    assert clock.now() == base.now() + timedelta(hours=2)


PLAY = """
import json, sys
from pathlib import Path
from bot.replay import played
for path in map(Path, sys.argv[1:]):
    with played(path.read_text(encoding="utf-8"), path.name) as replay:
        assert list(replay.differences()) == [], path
        print(json.dumps([line.to_json() for line in replay.lines] + replay.state(), ensure_ascii=False))
"""


@pytest.fixture(scope="module")
def talks() -> list[str]:
    """A morning appointment and a night of waiting: the conversations in which the time of day matters most."""
    found = sorted((Path(__file__).parent / "conversations").glob("*.txt"))
    return [str(path) for path in found if path.stem.startswith(("C-1", "C-23", "C-4")) or "夜" in path.stem]


def played_under(zone: str, talks: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PLAY, *talks],
        env={**os.environ, "TZ": zone, "PYTHONUTF8": "1", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_zone_of_the_machine_changes_nothing(talks: list[str], zone: str) -> None:
    home = played_under("Asia/Shanghai", talks)
    assert len(home.splitlines()) == len(talks) >= 3
    assert played_under(zone, talks) == home
