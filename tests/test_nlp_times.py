"""Time words against one fixed now, numbers, and the promise that we read what we write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import numbers
from nlp.intent import Grain, Span
from nlp.times import find_recurrence, find_times, read_minutes, read_time, say_span

EAST = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=EAST)  # a Wednesday


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=EAST)


SPANS = [
    ("今天", "2026-11-18 00:00", "2026-11-19 00:00"),
    ("明天上午", "2026-11-19 08:00", "2026-11-19 12:00"),
    ("后天下午3点", "2026-11-20 15:00", "2026-11-20 15:01"),
    ("大后天一早", "2026-11-21 06:00", "2026-11-21 09:00"),
    ("今晚七点半", "2026-11-18 19:30", "2026-11-18 19:31"),
    ("明早", "2026-11-19 06:00", "2026-11-19 09:00"),
    ("中午", "2026-11-18 11:30", "2026-11-18 13:30"),
    ("三点", "2026-11-18 15:00", "2026-11-18 15:01"),
    ("下午1点一刻", "2026-11-18 13:15", "2026-11-18 13:16"),
    ("差五分八点", "2026-11-18 19:55", "2026-11-18 19:56"),
    ("中午1点", "2026-11-18 13:00", "2026-11-18 13:01"),
    ("晚上12点", "2026-11-19 00:00", "2026-11-19 00:01"),
    ("凌晨两点", "2026-11-19 02:00", "2026-11-19 02:01"),
    ("十五点二十", "2026-11-18 15:20", "2026-11-18 15:21"),
    ("周一", "2026-11-23 00:00", "2026-11-24 00:00"),
    ("周三下午", "2026-11-18 13:00", "2026-11-18 18:00"),
    ("这周五", "2026-11-20 00:00", "2026-11-21 00:00"),
    ("下周三上午九点", "2026-11-25 09:00", "2026-11-25 09:01"),
    ("下下周一", "2026-11-30 00:00", "2026-12-01 00:00"),
    ("礼拜天", "2026-11-22 00:00", "2026-11-23 00:00"),
    ("周末", "2026-11-21 00:00", "2026-11-23 00:00"),
    ("下周末", "2026-11-28 00:00", "2026-11-30 00:00"),
    ("25号", "2026-11-25 00:00", "2026-11-26 00:00"),
    ("3号上午", "2026-12-03 08:00", "2026-12-03 12:00"),
    ("三月五号", "2027-03-05 00:00", "2027-03-06 00:00"),
    ("11月28日上午", "2026-11-28 08:00", "2026-11-28 12:00"),
    ("2026-12-01 14:00", "2026-12-01 14:00", "2026-12-01 14:01"),
    ("下个月3号", "2026-12-03 00:00", "2026-12-04 00:00"),
    ("月底", "2026-11-30 00:00", "2026-12-01 00:00"),
    ("元旦", "2027-01-01 00:00", "2027-01-02 00:00"),
    ("腊月二十八", "2027-02-04 00:00", "2027-02-05 00:00"),
    ("大年初二", "2027-02-07 00:00", "2027-02-08 00:00"),
    ("除夕", "2027-02-05 00:00", "2027-02-06 00:00"),
    ("中秋", "2027-09-15 00:00", "2027-09-16 00:00"),
    ("清明", "2027-04-05 00:00", "2027-04-06 00:00"),
    ("上午9点到11点", "2026-11-18 09:00", "2026-11-18 11:00"),
    ("明天9~12点半", "2026-11-19 09:00", "2026-11-19 12:30"),
    ("下午2点到5点", "2026-11-18 14:00", "2026-11-18 17:00"),
    ("晚上10点到1点", "2026-11-18 22:00", "2026-11-19 01:00"),
    ("周一到周五", "2026-11-23 00:00", "2026-11-28 00:00"),
    ("6号-8号", "2026-12-06 00:00", "2026-12-09 00:00"),
    ("半小时后", "2026-11-18 10:00", "2026-11-18 10:01"),
    ("一个半小时后", "2026-11-18 11:00", "2026-11-18 11:01"),
    ("十分钟内", "2026-11-18 09:30", "2026-11-18 09:40"),
    ("两天后", "2026-11-20 00:00", "2026-11-21 00:00"),
    ("明早八点前", None, "2026-11-19 08:00"),
    ("周五前", None, "2026-11-20 00:00"),
    ("最多撑到中午", None, "2026-11-18 12:00"),
    ("六点以后", "2026-11-18 18:00", None),
    ("8点多", "2026-11-18 20:00", "2026-11-18 21:00"),
    ("周六（21号）上午9点", "2026-11-21 09:00", "2026-11-21 09:01"),
]


@pytest.mark.parametrize(("words", "start", "end"), SPANS)
def test_time_words(words: str, start: str | None, end: str | None) -> None:
    span = read_time(words, NOW)
    assert span is not None
    assert (span.start, span.end) == (start and at(start), end and at(end))


NOTHING = [
    "一点都不好",
    "快一点",
    "晚上好",
    "停了两天",
    "借半小时",
    "25点",
    "2月30日",
    "3-2-501",
    "39度5",
    "12号楼",
    "125号",
    "滴答了一晚上",
    "每周三下午",
    "第12号选手",
    "两点建议",
    "三点五米",
    "吃早饭",
    "分分钟",
    "3号楼2单元",
    "早就好了",
    "13800000001",
]


@pytest.mark.parametrize("words", NOTHING)
def test_no_time(words: str) -> None:
    assert find_times(words, NOW) == []


PAST = ["昨天下午漏的", "昨晚在篮球场掉的", "早上六点出门到现在没回", "前天就坏了", "三天前报的", "上周的事"]


@pytest.mark.parametrize("words", PAST)
def test_the_past_is_no_appointment(words: str) -> None:
    assert read_time(words, NOW) is None


def test_a_later_clock_joins_an_earlier_day() -> None:
    span = read_time("我明天临时加班到八点，幼儿园4点放学", NOW)
    assert span == Span(at("2026-11-19 16:00"), at("2026-11-19 16:01"), Grain.MINUTE, "明天…4点")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("每周三下午", "每周三下午"),
        ("每天晚上七点来", "每天晚上七点"),
        ("长期，周一到周五", "周一到周五"),
        ("每月15号", "每月15号"),
    ],
)
def test_recurrence(words: str, said: str) -> None:
    found = find_recurrence(words, NOW)
    assert found is not None
    assert found[0] == said


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("约2小时", 120),
        ("40分钟", 40),
        ("半小时", 30),
        ("一个半小时", 90),
        ("2.5小时", 150),
        ("一刻钟", 15),
        ("两个小时", 120),
        ("1小时20分钟", 80),
        ("个把小时", 60),
        ("明天", None),
        ("半小时后", None),
    ],
)
def test_minutes(words: str, minutes: int | None) -> None:
    assert read_minutes(words) == minutes


NATURAL = [
    ("明天上午", "明天上午"),
    ("明天下午三点", "明天15:00"),
    ("周六九点", "周六9:00"),
    ("今晚八点前", "今晚8点前"),
    ("11月28日上午", "11月28日上午"),
    ("今天", "今天"),
    ("周五前", "周五前"),
    ("明天9点到11点", "明天9:00到11:00"),
]


@pytest.mark.parametrize(("heard", "said"), NATURAL)
def test_spans_are_said_naturally(heard: str, said: str) -> None:
    span = read_time(heard, NOW)
    assert span is not None
    if heard == "周五前":
        assert say_span(span, NOW) in ("后天前", said)
    else:
        assert say_span(span, NOW) == said


moments = st.integers(0, 8 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=EAST) + timedelta(minutes=minutes)
)


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, datetime]:
    now = draw(moments)
    start = now.replace(minute=0) + timedelta(minutes=draw(st.integers(-300_000, 600_000)))
    match draw(st.integers(0, 4)):
        case 0:
            return Span(start, start + timedelta(minutes=1), Grain.MINUTE, ""), now
        case 1:
            return Span(None, start, Grain.MINUTE, ""), now
        case 2:
            return Span(start, None, Grain.MINUTE, ""), now
        case 3:
            return Span(start, start + timedelta(minutes=draw(st.integers(2, 4000))), Grain.MINUTE, ""), now
        case _:
            day = start.replace(hour=0, minute=0)
            return Span(day, day + timedelta(days=draw(st.integers(1, 40))), Grain.DAY, ""), now


@settings(max_examples=300, deadline=None)
@given(spans())
def test_what_we_write_we_read(case: tuple[Span, datetime]) -> None:
    span, now = case
    words = say_span(span, now)
    found = find_times(words, now)
    assert found, words
    assert (found[0].start, found[0].end) == (span.start, span.end), words


@settings(max_examples=200, deadline=None)
@given(moments, st.sampled_from([words for words, _, _ in SPANS]))
def test_every_time_phrase_survives_a_round_at_any_now(now: datetime, words: str) -> None:
    for span in find_times(words, now):
        again = find_times(say_span(span, now), now)
        assert (again[0].start, again[0].end) == (span.start, span.end)


def test_a_span_in_another_zone_is_said_in_ours() -> None:
    start = datetime(2026, 11, 19, 7, 0, tzinfo=UTC)
    assert say_span(Span(start, start + timedelta(minutes=1), Grain.MINUTE, ""), NOW) == "明天15:00"


@pytest.mark.parametrize(
    ("words", "hour", "day"), [("明天", 1, 18), ("明早八点", 2, 18), ("后天", 3, 19), ("明天", 5, 19), ("明天", 23, 19)]
)
def test_before_four_in_the_morning_tomorrow_is_the_day_about_to_begin(words: str, hour: int, day: int) -> None:
    span = read_time(f"有没有人能帮我遛下狗{words}", NOW.replace(hour=hour))
    assert span is not None
    assert span.start is not None
    assert span.start.day == day


@pytest.mark.parametrize(("days", "said"), [(1, "昨天16:00"), (2, "前天16:00")])
def test_the_days_just_gone_are_called_by_name(days: int, said: str) -> None:
    start = NOW.replace(hour=16, minute=0) - timedelta(days=days)
    assert say_span(Span(start, start + timedelta(minutes=1), Grain.MINUTE, ""), NOW) == said


@pytest.mark.parametrize("words", ["可能晚一点", "早一点来", "能不能晚一点到"])
def test_a_little_later_is_no_clock(words: str) -> None:
    assert find_times(words, NOW) == []


def test_after_work_is_the_evening() -> None:
    span = read_time("下班后都行", NOW)
    assert span is not None
    assert span.start is not None
    assert span.start.hour == 18


def write(number: int) -> str:
    """The usual written form of 0 … 99 999 999."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = "零" if 0 < low < 1000 else ""
        return _below_myriad(high) + "万" + gap + (_below_myriad(low, bare_ten=False) if low else "")
    return _below_myriad(number)


def _below_myriad(number: int, *, bare_ten: bool = True) -> str:
    if number == 0:
        return "零"
    if bare_ten and 10 <= number < 20:
        return "十" + (numbers.DIGITS[number - 10] if number > 10 else "")
    out, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            out += ("零" if gap and out else "") + numbers.DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return out


@given(st.integers(0, 99_999_999))
def test_numbers_round_trip(number: int) -> None:
    assert numbers.read(write(number)) == number


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("二十三", 23),
        ("两", 2),
        ("俩", 2),
        ("廿三", 23),
        ("一百五", 150),
        ("一百零五", 105),
        ("五零一", 501),
        ("１２", None),
        ("十百", None),
    ],
)
def test_numerals(words: str, number: int | None) -> None:
    assert numbers.read(words) == number


@pytest.mark.parametrize("odd", ["²", "①", "٣", "9" * 5000, "零" * 500, "", "-1", "1e5"])
def test_odd_digits_are_no_numbers_and_no_crash(odd: str) -> None:
    assert numbers.read(odd) is None


@pytest.mark.parametrize(("words", "value"), [("半", 0.5), ("两个半", 2.5), ("2.5", 2.5), ("三", 3.0), ("好", None)])
def test_amounts(words: str, value: float | None) -> None:
    assert numbers.amount(words) == value
