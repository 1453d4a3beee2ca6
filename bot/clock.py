"""The only reader of the time of day. A clock is a value that is passed around."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in the installation's zone."""
        ...


class SystemClock:
    def __init__(self, zone: ZoneInfo = CHINA) -> None:
        self._zone = zone

    def now(self) -> datetime:
        return datetime.now(self._zone)


class FakeClock:
    """A clock that moves only when told, for replays and tests."""

    def __init__(self, now: str | datetime, zone: ZoneInfo = CHINA) -> None:
        moment = datetime.fromisoformat(now) if isinstance(now, str) else now
        self._now = moment if moment.tzinfo else moment.replace(tzinfo=zone)

    def now(self) -> datetime:
        return self._now

    def advance(self, **by: float) -> datetime:
        self._now += timedelta(**by)
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Forward only: a replayed evening never happens twice."""
        self._now = max(self._now, moment)


class DemoClock:
    """The system's clock, set forward by as much as the person at the console asked for."""

    def __init__(self, base: Clock, ahead: timedelta = timedelta()) -> None:
        self._base = base
        self.ahead = ahead

    def now(self) -> datetime:
        return self._base.now() + self.ahead

    def advance(self, by: timedelta) -> None:
        self.ahead += by

    def catch_up_with(self, moment: datetime | None) -> None:
        """Go on where an earlier run had been set forward to; time never repeats."""
        if moment is not None and moment > self.now():
            self.ahead += moment - self.now()
