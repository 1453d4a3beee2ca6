"""Doubtful words keep every reading, holidays follow the announced days off, and nothing anybody writes breaks us."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import feasts
from nlp.intent import Grain, Span
from nlp.spans import _LISTED
from nlp.times import find_recurrence, find_times, read_minutes, read_time, say_span

EAST = timezone(timedelta(hours=8))


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=EAST)


# Words, now, the first reading, the others.
DOUBTFUL = [
    ("三点", "2026-11-18 02:00", "2026-11-18 15:00", ["2026-11-18 03:00"]),
    ("七点", "2026-11-18 06:10", "2026-11-18 07:00", ["2026-11-18 19:00"]),
    ("十二点", "2026-11-18 20:00", "2026-11-19 12:00", ["2026-11-19 00:00"]),
    ("明天七点", "2026-11-18 09:30", "2026-11-19 07:00", ["2026-11-19 19:00"]),
    ("明天六点", "2026-11-18 09:30", "2026-11-19 18:00", ["2026-11-19 06:00"]),
    ("明晚12点", "2026-11-18 09:30", "2026-11-20 00:00", ["2026-11-19 00:00"]),
    ("明天夜里两点", "2026-11-18 09:30", "2026-11-20 02:00", ["2026-11-19 02:00"]),
    ("周日", "2026-11-22 10:00", "2026-11-22 00:00", ["2026-11-29 00:00"]),
    ("周日下午", "2026-11-22 10:00", "2026-11-22 13:00", ["2026-11-29 13:00"]),
    ("下周", "2026-11-22 21:00", "2026-11-23 00:00", ["2026-11-30 00:00"]),
    ("下周三", "2026-11-22 21:00", "2026-11-25 00:00", ["2026-12-02 00:00"]),
    ("明天上午", "2026-11-18 01:30", "2026-11-18 08:00", ["2026-11-19 08:00"]),
    ("八月十五", "2026-07-01 09:00", "2026-08-15 00:00", ["2026-09-25 00:00"]),
    ("下个月初九来拆", "2026-11-18 09:30", "2026-12-17 00:00", ["2026-12-09 00:00"]),
    ("下月初二祭祖", "2026-11-18 09:30", "2026-12-10 00:00", ["2026-12-02 00:00"]),
    ("这个月十三来装", "2026-11-18 09:30", "2026-11-21 00:00", []),
    ("这个月二十五来装", "2026-11-18 09:30", "2026-11-25 00:00", ["2026-12-03 00:00"]),
    ("过了十二再来装", "2026-11-18 09:30", "2026-12-13 00:00", ["2026-11-21 00:00"]),
    ("周一和周五上午来换药", "2026-11-18 09:30", "2026-11-23 08:00", ["2026-11-20 08:00"]),
    ("明天跟后天傍晚来遛狗", "2026-11-18 09:30", "2026-11-19 17:00", ["2026-11-20 17:00"]),
    ("今晚或明晚都行", "2026-11-18 09:30", "2026-11-18 18:00", ["2026-11-19 18:00"]),
    ("明天上午或者后天下午", "2026-11-18 09:30", "2026-11-19 08:00", ["2026-11-20 13:00"]),
]


@pytest.mark.parametrize(("words", "now", "first", "others"), DOUBTFUL)
def test_every_reading_is_kept(words: str, now: str, first: str, others: list[str]) -> None:
    span = read_time(words, at(now))
    assert span is not None
    assert span.start == at(first)
    assert [other.start for other in span.others] == [at(other) for other in others]


PLAIN = [
    ("三点", "2026-11-18 09:30"),
    ("十点", "2026-11-18 09:30"),
    ("明天九点", "2026-11-18 09:30"),
    ("明天12点", "2026-11-18 09:30"),
    ("今晚12点", "2026-11-18 09:30"),
    ("明天早上七点", "2026-11-18 09:30"),
    ("明天7:00", "2026-11-18 09:30"),
    ("周四", "2026-11-18 09:30"),
    ("下周", "2026-11-18 09:30"),
    ("下周三", "2026-11-21 09:30"),
    ("这周日", "2026-11-22 10:00"),
    ("周日下午", "2026-11-22 20:00"),
    ("8月15号", "2026-07-01 09:00"),
    ("15号", "2026-11-18 09:30"),
    ("今天下午", "2026-11-18 01:30"),
]


@pytest.mark.parametrize(("words", "now"), PLAIN)
def test_nobody_is_asked_where_the_words_are_plain(words: str, now: str) -> None:
    span = read_time(words, at(now))
    assert span is not None
    assert span.others == ()


def test_other_readings_do_not_make_another_span() -> None:
    plain = Span(at("2026-11-18 00:00"), at("2026-11-19 00:00"), Grain.DAY, "周三")
    asked = read_time("周三", at("2026-11-18 09:30"))
    assert asked == plain
    assert asked is not None
    assert asked.others


WORKDAYS = [
    ("下个工作日", "2026-09-30 10:00", "2026-10-08 00:00"),
    ("节后第一个工作日", "2026-09-28 10:00", "2026-09-28 00:00"),  # 中秋 is over, its days off ended on the 27th
    ("国庆后第一个工作日", "2026-09-28 10:00", "2026-10-08 00:00"),
    ("春节后第一个工作日", "2026-02-01 10:00", "2026-02-24 00:00"),
    ("下个工作日", "2026-02-13 10:00", "2026-02-14 00:00"),  # a Saturday that is worked
    ("三个工作日后", "2026-04-30 10:00", "2026-05-08 00:00"),
]


@pytest.mark.parametrize(("words", "now", "start"), WORKDAYS)
def test_workdays_follow_the_announcement(words: str, now: str, start: str) -> None:
    span = read_time(words, at(now))
    assert span is not None
    if words == "节后第一个工作日":
        # On the first day after one holiday the next one is meant.
        assert span.start == at("2026-10-08 00:00")
        return
    assert span.start == at(start)


def test_days_off_that_are_not_announced_are_the_usual_ones() -> None:
    assert feasts.stretch("国庆节", 2031) == (date(2031, 10, 1), date(2031, 10, 8))
    assert feasts.stretch("春节", 2031) == (date(2031, 1, 22), date(2031, 1, 30))


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("大概一小时半", 90),
        ("三刻钟", 45),
        ("一个多小时", 60),
        ("45min", 45),
        ("2h", 120),
        ("两个钟", 120),
        ("两小时四十分钟", 160),
        ("两天", None),
        ("13点", None),
    ],
)
def test_lengths(words: str, minutes: int | None) -> None:
    assert read_minutes(words) == minutes


NO_RECURRENCE = [
    "下个工作日",
    "三个工作日内",
    "每人两份",
    "平时就这样",
    "周一到周五",
    "下次",
    "第二次",
    "天天向上",
    "一次",
]


@pytest.mark.parametrize("words", NO_RECURRENCE)
def test_what_does_not_repeat(words: str) -> None:
    assert find_recurrence(words, at("2026-11-18 09:30")) is None


TWO_TIMES = [
    ("昨晚停电，明天上午来看看", "2026-11-19 08:00"),
    ("周三丢的，周五下午去取", "2026-11-20 13:00"),
    ("3号就报了，20号前给修吗", None),
    ("我明天上班，晚上七点后在", "2026-11-19 19:00"),
    ("今天不行，后天下午吧", "2026-11-20 13:00"),
    ("不是今天，是明天下午", "2026-11-19 13:00"),
    ("周五改成周六上午", "2026-11-21 08:00"),
    ("明天上午没空，下午可以", "2026-11-19 13:00"),
    ("原定周三，改到下周一", "2026-11-23 00:00"),
    ("明天没空", "2026-11-19 00:00"),
]


@pytest.mark.parametrize(("words", "start"), TWO_TIMES)
def test_of_two_times_the_one_of_the_need_counts(words: str, start: str | None) -> None:
    span = read_time(words, at("2026-11-18 09:30"))
    assert span is not None
    assert span.start == (at(start) if start else None)


@pytest.mark.parametrize("words", ["除了周三都行", "不是明天", "除了周末都可以"])
def test_what_is_only_ruled_out_is_no_time(words: str) -> None:
    assert read_time(words, at("2026-11-18 09:30")) is None


# Words, start, end, all said on Wednesday 18 November at half past nine.
EVERYDAY = [
    # taken by something else, and later free
    ("我爱人白天在单位，傍晚六点之后家里才有人", "2026-11-18 18:00", None),
    ("上午我要去透析，下午三点往后才在", "2026-11-18 15:00", None),
    ("中午休息别敲门，两点以后再来", "2026-11-18 14:00", None),
    ("后天上午要上课，下午都行", "2026-11-20 13:00", "2026-11-20 18:00"),
    # how long something lasts is a deadline
    ("蓄电池最多再撑四十分钟", None, "2026-11-18 10:10"),
    ("呼吸机顶多顶三个钟头", None, "2026-11-18 12:30"),
    ("奶粉就够吃三天了", None, "2026-11-21 09:30"),
    ("药水只够打到礼拜四", None, "2026-11-20 00:00"),
    ("老人熬不过今晚", None, "2026-11-18 22:00"),
    ("不能晚于五点一刻", None, "2026-11-18 17:15"),
    # halves of a day, meals, dusk and dawn
    ("周日上半天我有空", "2026-11-22 08:00", "2026-11-22 12:00"),
    ("今天下半晌来", "2026-11-18 13:00", "2026-11-18 18:00"),
    ("太阳下山之前收衣服", None, "2026-11-18 18:00"),
    ("吃罢晚饭来坐坐", "2026-11-18 18:00", "2026-11-18 22:00"),
    ("上学前送到", None, "2026-11-19 08:00"),
    ("睡觉前给他喂药", None, "2026-11-18 22:00"),
    # dialects
    ("听日下昼三点", "2026-11-19 15:00", "2026-11-19 15:01"),
    ("明朝早上七点钟出门", "2026-11-19 07:00", "2026-11-19 07:01"),
    ("外后日赶集", "2026-11-21 00:00", "2026-11-22 00:00"),
    # 过了, 开学, a stretch of days
    ("过了这周五就没货了", "2026-11-21 00:00", None),
    ("等过了元宵再开工", "2027-02-21 00:00", None),
    ("开学以后再补课", "2027-02-23 00:00", None),
    ("十五六号来装", "2026-12-15 00:00", "2026-12-17 00:00"),
    ("这几天我出差，猫没人喂", "2026-11-18 00:00", "2026-11-21 00:00"),
    # said again, taken back
    ("就周六吧，周六上午九点", "2026-11-21 09:00", "2026-11-21 09:01"),
    ("周五吧，哦不，周六", "2026-11-21 00:00", "2026-11-22 00:00"),
    ("原本说好周四来，换到周五晚上了", "2026-11-20 18:00", "2026-11-20 22:00"),
    ("后天这个点来接我", "2026-11-20 09:30", "2026-11-20 09:31"),
]


@pytest.mark.parametrize(("words", "start", "end"), EVERYDAY)
def test_everyday_ways_to_say_a_time(words: str, start: str | None, end: str | None) -> None:
    span = read_time(words, at("2026-11-18 09:30"))
    assert span is not None
    assert (span.start, span.end) == (start and at(start), end and at(end))
    assert span.text in words


@pytest.mark.parametrize(
    "words",
    [
        "这两天膝盖疼",
        "这几天降温，注意保暖",
        "早上忘了带钥匙",
        "门口的灯晚上一直闪",
        "来看过两回都没修好",
        "摔过一次就怕了",
        "孩子终于开学了",
        "周三以外都有空",
        "几十号人在楼上唱歌",
        "借用一下最多用半小时",
        "今朝有酒今朝醉",
    ],
)
def test_what_only_sounds_like_a_time(words: str) -> None:
    assert read_time(words, at("2026-11-18 09:30")) is None


moments = st.integers(0, 8 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=EAST) + timedelta(minutes=minutes)
)
pieces = st.lists(
    st.sampled_from(
        sorted(
            {
                *_LISTED,
                *"0123456789一二三十年月日号点半分时周到至前后内或、/-:.~ 的个每过下上第",
                "星期",
                "礼拜",
                "农历",
            }
        )
    ),
    min_size=1,
    max_size=7,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(pieces, moments)
def test_any_pile_of_time_words_is_read_without_harm(words: str, now: datetime) -> None:
    for span in find_times(words, now):
        assert span.text in words
        assert span.start is not None or span.end is not None
        if span.start and span.end:
            assert span.start < span.end
        for one in (span, *span.others):
            assert all(side is None or side.tzinfo is not None for side in (one.start, one.end))


@settings(max_examples=300, deadline=None)
@given(pieces, moments)
def test_whatever_is_read_can_be_written_and_read_again(words: str, now: datetime) -> None:
    for span in find_times(words, now.replace(second=0)):
        said = say_span(span, now)
        again = find_times(said, now)
        assert again, said
        assert (again[0].start, again[0].end) == (span.start, span.end), said


EVERYDAY = [
    ("楼下半夜拉电锯，谁管管", None, None),
    ("对门半夜三更还在唱", None, None),
    ("楼下半天没个人影", None, None),
    ("楼上午睡起不来", None, None),
    ("3号楼下午停水，帮忙接几桶", "2026-11-18 13:00", "2026-11-18 18:00"),
    ("下半夜来替一下", "2026-11-19 00:00", "2026-11-19 05:00"),
    ("下月头一个礼拜天来理发", "2026-12-06 00:00", "2026-12-07 00:00"),
    ("下个月初三天都行", "2026-12-01 00:00", "2026-12-02 00:00"),
    ("二十来分钟后到", "2026-11-18 09:50", "2026-11-18 09:51"),
    ("一个来钟头后来取", "2026-11-18 10:30", "2026-11-18 10:31"),
    ("日头落山前弄完", None, "2026-11-18 18:00"),
    ("年前来修一下窗", None, "2027-02-06 00:00"),
    ("拖不过后天", None, "2026-11-21 00:00"),
    ("午饭那会儿送来", "2026-11-18 11:30", "2026-11-18 13:00"),
    ("跨年那晚搭把手", "2026-12-31 18:00", "2026-12-31 22:00"),
    ("西区平房4排8号漏雨", None, None),
    ("十二月头上来装", "2026-12-01 00:00", "2026-12-02 00:00"),
    ("6月31号来修", None, None),
]


@pytest.mark.parametrize(("words", "start", "end"), EVERYDAY)
def test_times_in_everyday_words(words: str, start: str | None, end: str | None) -> None:
    span = read_time(words, at("2026-11-18 09:30"))
    assert (span.start if span else None, span.end if span else None) == (start and at(start), end and at(end))


def test_a_day_worked_for_a_holiday_is_the_announced_one_or_none() -> None:
    span = read_time("国庆调休那个周六来换灯", at("2026-09-10 09:30"))
    assert span is not None
    assert span.start == at("2026-10-10 00:00")
    assert read_time("国庆调休那个周六来换灯", at("2026-11-18 09:30")) is None


@pytest.mark.parametrize("words", ["每月头一个星期天", "每个月的首个周六", "每周二四下午四点"])
def test_a_repetition_is_told_in_full(words: str) -> None:
    found = find_recurrence(f"{words}来理发", at("2026-11-18 09:30"))
    assert found is not None
    assert found[0] == words
    assert read_time(f"{words}来理发", at("2026-11-18 09:30")) is None
