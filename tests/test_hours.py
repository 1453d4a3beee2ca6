"""When people may be spoken to: quiet hours across midnight, times of day, working days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import CHINA
from handlers.hours import is_quiet, is_workday, next_at, on_day, quiet_end
from storage.communities import BadSetting, CommunitySettings

NIGHT = CommunitySettings()
NOON = CommunitySettings(quiet="12:00-14:00")
NEVER = CommunitySettings(quiet="00:00-00:00")

moments = st.integers(0, 7 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=CHINA) + timedelta(minutes=minutes)
)
clocks = st.times().map(lambda clock: clock.replace(microsecond=0))


def at(clock: str, day: int = 23) -> datetime:
    return datetime.combine(date(2026, 11, day), time.fromisoformat(clock), CHINA)


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("21:29:59", False), ("21:30", True), ("23:59:59", True), ("00:00", True), ("07:29:59", True), ("07:30", False), ("12:00", False)],
)  # fmt: skip
def test_quiet_hours_across_midnight(clock: str, quiet: bool) -> None:
    assert is_quiet(NIGHT, at(clock)) is quiet


@pytest.mark.parametrize(
    ("clock", "quiet"), [("11:59", False), ("12:00", True), ("13:59", True), ("14:00", False), ("23:00", False)]
)
def test_quiet_hours_within_a_day(clock: str, quiet: bool) -> None:
    assert is_quiet(NOON, at(clock)) is quiet
    assert not is_quiet(NEVER, at(clock))


def test_the_end_of_the_quiet_hours() -> None:
    assert quiet_end(NIGHT, at("22:00")) == at("07:30", 24)
    assert quiet_end(NIGHT, at("03:00", 24)) == at("07:30", 24)
    assert quiet_end(NIGHT, at("12:00")) == at("12:00")
    assert quiet_end(NOON, at("12:30")) == at("14:00")
    assert quiet_end(NIGHT, datetime(2026, 12, 31, 23, 0, tzinfo=CHINA)) == datetime(2027, 1, 1, 7, 30, tzinfo=CHINA)
    assert quiet_end(NIGHT, datetime(2028, 2, 28, 23, 0, tzinfo=CHINA)) == datetime(2028, 2, 29, 7, 30, tzinfo=CHINA)


@given(now=moments, begin=clocks, end=clocks)
def test_whatever_the_hours_the_end_is_not_quiet_and_not_far(now: datetime, begin: time, end: time) -> None:
    settings = CommunitySettings(quiet=f"{begin:%H:%M}-{end:%H:%M}")
    until = quiet_end(settings, now)
    assert not is_quiet(settings, until)
    assert now <= until <= now + timedelta(days=1)
    assert (until == now) == (not is_quiet(settings, now))


@given(now=moments, clock=clocks)
def test_the_next_time_of_day_is_ahead_and_within_a_day(now: datetime, clock: time) -> None:
    moment = next_at(now, clock)
    assert moment.time() == clock
    assert now < moment <= now + timedelta(days=1)


def test_the_next_time_of_day() -> None:
    assert next_at(at("08:00"), time(20)) == at("20:00")
    assert next_at(at("20:00"), time(20)) == at("20:00", 24), "now is not next"
    assert on_day(at("08:00"), time(20), days=-1) == at("20:00", 22)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),  # an ordinary Monday
        (date(2026, 11, 22), False),  # an ordinary Sunday
        (date(2026, 10, 1), False),  # 国庆
        (date(2026, 2, 17), False),  # 春节
        (date(2026, 2, 14), True),  # a Saturday worked for it
        (date(2099, 1, 5), True),  # beyond the calendar: a plain Monday
        (date(2099, 1, 4), False),
    ],
)
def test_working_days(day: date, works: bool) -> None:
    assert is_workday(day) is works


@pytest.mark.parametrize("quiet", ["", "21:30", "21:30-25:00", "a-b", "21:30-07:30-09:00", "21.30-07.30"])
def test_a_wrong_setting_is_named(quiet: str) -> None:
    with pytest.raises(BadSetting, match=r"community\.quiet"):
        CommunitySettings().changed({"quiet": quiet})
