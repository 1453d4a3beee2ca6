"""Writes a span in short natural words that read back as the same span."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time

from nlp.feasts import DAY
from nlp.intent import Span
from nlp.meant import find_times
from nlp.moments import MINUTE
from nlp.time_words import PARTS, WEEKDAYS

# Windows that have a name, for writing: minutes → word. The common names first.
_NAMES_OF_PARTS: dict[tuple[int, int], str] = {}
for _word in ("早上", "上午", "中午", "下午", "傍晚", "晚上", "凌晨", "清晨", "夜里", "半夜"):
    _NAMES_OF_PARTS.setdefault(PARTS[_word], _word)


_DAY_SAID = re.compile(r"[今明昨后前]|[周号日月节天]|星期|礼拜|[0-9]-[0-9]")


def on_the_day(span: Span, day: date) -> Span:
    """The same hours on the day that is spoken of, where the words name none: 晚上七点, answered to “明天几点”."""
    if span.start is None or _DAY_SAID.search(span.text):
        return span
    ahead = day - span.start.date()
    return replace(span, start=span.start + ahead, end=span.end + ahead if span.end else None)


def say_span(span: Span, now: datetime) -> str:
    """Short natural words that read back as the same span: 明天上午, 明天15:00, 周六9:00, 今晚8点前, 11月28日上午."""
    for words in _wordings(span, now):
        for found in find_times(words, now)[:1]:
            if found.text == words and (found.start, found.end) == (span.start, span.end):
                return words
    return _spelled_out(span, now)


def _wordings(span: Span, now: datetime) -> list[str]:
    """Ways to say it, the most natural first; say_span takes the first that reads back."""
    if span.start is None and span.end is None:
        return []
    moment = (span.start or span.end or now).astimezone(now.tzinfo)
    days = _day_names(moment.date(), now)
    if span.start is None:
        return [f"{day}前" for day in days if moment.time() == time()] + [
            f"{words}前" for words in _clock_words(days, moment)
        ]
    if span.end is None:
        return [f"{words}以后" for words in _clock_words(days, moment)]
    end = span.end.astimezone(now.tzinfo)
    if end - moment == MINUTE:
        return _clock_words(days, moment)
    if moment.time() == time() and end.time() == time():
        return _whole_days(days, moment, end, now)
    begin = moment.hour * 60 + moment.minute
    length = round((end - moment).total_seconds() / 60)
    part = _NAMES_OF_PARTS.get((begin, begin + length))
    short = {"今天晚上": "今晚", "明天晚上": "明晚", "今天早上": "今早", "明天早上": "明早"}
    named = [short.get(day + part, day + part) for day in days] if part else []
    return named + _clock_ranges(days, moment, end, now)


def _day_names(day: date, now: datetime) -> list[str]:
    """今天, 周六, 11月28日, 2027年1月3日."""
    names = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
    ahead = (day - now.date()).days
    found = [names[ahead]] if ahead in names else []
    if 2 < ahead < 7:
        found.append("周" + WEEKDAYS[day.weekday()])
    return [*found, f"{day.month}月{day.day}日", f"{day.year}年{day.month}月{day.day}日"]


def _clock_words(days: list[str], moment: datetime) -> list[str]:
    clock = f"{moment.hour}:{moment.minute:02}"
    evening = []
    if days[0] in ("今天", "明天") and 18 <= moment.hour <= 22:
        hour = f"{moment.hour - 12}点" + {0: "", 30: "半"}.get(moment.minute, f"{moment.minute:02}分")
        evening = [f"{days[0][0]}晚{hour}"]
    return [
        *evening,
        *(f"{day}{clock}" for day in days),
        *(f"{day}{moment.hour:02}:{moment.minute:02}" for day in days),
    ]


def _whole_days(days: list[str], start: datetime, end: datetime, now: datetime) -> list[str]:
    count = (end.date() - start.date()).days
    if count == 1:
        return days
    weekend = ["本周末", "下周末", "周末"] if count == 2 and start.weekday() == 5 else []
    week = ["本周", "下周", "上周"] if count == 7 and start.weekday() == 0 else []
    lasts = _day_names((end - DAY).date(), now)
    return [*weekend, *week, *(f"{day}到{last}" for day in days for last in lasts)]


def _clock_ranges(days: list[str], start: datetime, end: datetime, now: datetime) -> list[str]:
    """明天9:00到11:00, or with both days where it ends on another."""
    begin = [f"{start.hour}:{start.minute:02}", f"{start.hour:02}:{start.minute:02}"]
    last = [f"{end.hour}:{end.minute:02}", f"{end.hour:02}:{end.minute:02}"]
    same = [f"{day}{one}到{other}" for day in days for one in begin for other in last]
    lasts = _day_names(end.date(), now)
    return same + [f"{day}{begin[1]}到{other}{last[1]}" for day in days for other in lasts]


def _spelled_out(span: Span, now: datetime) -> str:
    """For spans that no short form carries, such as one with odd seconds: full dates on both sides."""

    def full(moment: datetime) -> str:
        local = moment.astimezone(now.tzinfo)
        return f"{local.year}年{local.month}月{local.day}日{local.hour:02}:{local.minute:02}"

    if span.start is None:
        return f"{full(span.end)}前" if span.end else span.text
    if span.end is None:
        return f"{full(span.start)}以后"
    return f"{full(span.start)}到{full(span.end)}"
