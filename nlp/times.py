"""明天上午十点 → Span and back again: the time reader's and writer's public names, and the conventions they keep.

| words | reading |
| --- | --- |
| any point (三点, 9:00, 半小时后) | one minute, [start, start + 1 min); 8点多 and 两三点 are one hour |
| any stretch | half-open; the day is [00:00, 24:00) |
| 早上 6–9, 上午 8–12, 中午 11:30–13:30, 下午 13–18, 傍晚 17–19, 晚上 18–22, 夜里 22–2 | windows, from the table of words |
| 下午三点, 晚上12点, 中午1点 | the part chooses the half of the day; 晚上12点 is the next 00:00 |
| 三点 alone | the nearest one ahead between six and ten in the evening |
| 明天三点, 明天八点 | one to six is the afternoon, seven and later the morning |
| 周三, 5号, 三月五号, 中秋 | the next one from today on; behind us where the words tell of what is over |
| 这周X, 本月X | this Monday to Sunday, this month, even if over; 下周X the next such week |
| 周末, 下周, 国庆期间 | Saturday and Sunday; Monday to Sunday; the days off as announced, else as usual |
| 月底, 月初, 年底 | the last day, the first day, December |
| 国庆 / 国庆后 | the day itself / from the end of the days off |
| 九点前, 周五前, 月底前 | only an end: 9:00, the start of Friday, the end of the month |
| 最迟周五, 截至5日, 撑到中午 | only an end: the end of Friday and of the 5th, noon |
| 六点以后, 周三起, 周三以后 | only a start: 18:00, the start of Wednesday, its end |
| 三天后, 两周后, 一个月后 | that whole day |
| 十分钟内, 三天内, 未来一周 | from now, exactly so long |
| 上午9点到11点, 3月5日至8日 | what is not said again carries over; the last day is inside |
| 每周三下午, 周一三五, 工作日晚上 | a recurrence: text, never a span |
| 借半小时, 停了两天 | a length, never a span |
| 2月30日, 25点, 13月 | nothing |
| before four in the morning | 明天 is the day about to begin |
| 从早上到现在, 昨晚丢的 | over: found, but never the time of a need |
| several times | the first ahead; a clock said later joins a day said before; 今晚或明晚 is the first, the other kept |

Where a careful secretary would ask back, the span carries its further readings in `others`: 周三 said on a Wednesday,
下周 said on a Sunday, 七点 said at dawn, 三点 said in the night, 明晚12点, 明天 said before four, 八月十五, 今晚或明晚.
"""

from __future__ import annotations

from nlp.intent import Grain, Span
from nlp.meant import Times, find_recurrence, find_times, read_minutes, read_time, times_of
from nlp.saying import on_the_day, say_span

__all__ = [
    "Grain",
    "Span",
    "Times",
    "find_recurrence",
    "find_times",
    "on_the_day",
    "read_minutes",
    "read_time",
    "say_span",
    "times_of",
]
