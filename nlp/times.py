"""明天上午十点 → Span and back again: the time reader's and writer's public names."""

from __future__ import annotations

from nlp.durations import find_recurrence, read_minutes
from nlp.intent import Grain, Span
from nlp.saying import say_span
from nlp.spans import find_times, read_time

__all__ = ["Grain", "Span", "find_recurrence", "find_times", "read_minutes", "read_time", "say_span"]
