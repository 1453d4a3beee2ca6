"""Finds the times in a text: ranges, deadlines, 半小时后, and the one the need is tied to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nlp.away import NOW_FIRSTS, RULES, away_at, now_at
from nlp.clean import fold
from nlp.clocks import Piece, piece_at
from nlp.days import NUMBERS, Day, View, move
from nlp.feasts import DAY, NAMES
from nlp.intent import Grain, Span
from nlp.moments import Sides, at_minutes, range_of, sides
from nlp.numbers import read
from nlp.recurrences import recurrences_in
from nlp.time_words import (
    ABOUT,
    AFTER,
    BEFORE,
    DAYS,
    EDGES,
    LINK,
    NOW,
    NUMERALS,
    OVER,
    PARTS,
    POINTS,
    SINCE,
    TRAPS,
    UNTIL,
    WEEKDAYS,
    YEARS,
    any_of,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A time as found in a text, with what choosing among several needs to know."""

    span: Span
    at: int
    end: int
    dayless: bool = False  # only a part or a clock was said
    weak: bool = False  # 现在, 今年: hardly ever the appointment
    day_end: int = 0  # where the name of the day ends

    def words_of(self, text: str) -> str:
        """The words as they are written in the text that was folded for reading."""
        return text[self.at : self.at + len(self.span.text)]


def _single(words: tuple[str, ...], but: dict[str, str]) -> str:
    """One of the words; a one-character word not before the characters that make another word of it."""
    return "|".join(
        re.escape(word) + (f"(?![{but[word]}])" if word in but else "") for word in sorted(words, key=len, reverse=True)
    )


_LINK = re.compile(r"(?:(?:开始|起),?(?:一直|持续)?)?" + LINK)
_NEXT_DAY = re.compile(r"(?:第二天|次日|翌日|转天|隔日)\s?")
_OR_SO = re.compile(r"、(?=[0-9一二三四五六七八九十两]{1,3}[点时号])")  # 下午3、4点, 15、16号
_BEFORE = re.compile(r"\s?(?:" + _single(BEFORE, {"前": "后面台门楼天年期往半", "止": "血痛咳泻"}) + ")")
_AFTER = re.compile(
    r"\s?(?:" + _single(AFTER, {"后": "面门楼院年勤续果半台者悔备", "起": "来床不码初身诉飞", "开始": "了"}) + ")"
)
# 25日截止 takes the 25th in.
_CLOSING = frozenset({"截止", "为止", "止", "到期"})
# 周五前来, 明天前去: "to come", not "before"; beside a clock (八点前来) it is before.
_COMING = re.compile(r"\s?[前后][来去往]")
_ABOUT = re.compile(r"\s?(?:" + any_of(ABOUT) + r")(?!楼)")
_BETWEEN = re.compile(r"(?:之间|之内|期间|这段时间|这几天)")
_UNTIL = re.compile(r"(?<!不)(?:" + any_of(UNTIL) + r")[在是于:]?\s?$")
_UNTIL_LASTS = frozenset(word[-1] for word in UNTIL) | frozenset("在是于: ")
_HOLDS = re.compile(r"(?:撑到|等到|最多到|早于|赶在|不超过)[在是于]?\s?$")
_SINCE = re.compile(r"(?:" + any_of(SINCE) + r")\s?$")
_PREFIX = re.compile(r"(?:" + any_of((*UNTIL, *SINCE)) + r")[在是于:]?\s?")
_FROM = re.compile(r"[从自打由]\s?$")
_BUSY = re.compile(r"(?:加班|上班|上课|忙|值班|出差|开会|堵车)到?$")
_PAST_AFTER = re.compile(r"[^,。!?;\n]{0,14}?(?:" + any_of(OVER) + ")(?!时候|话)")
_OVER_FIRSTS = frozenset(word[0] for word in OVER)
_PAST_BEFORE = re.compile(r"(?:自从|打从)\s?$")
_TILL_NOW = re.compile(
    LINK
    + r"(?:现在|今天?为止|今天(?![0-9零一二三四五六七八九十上下早晚中傍凌夜内])|此刻|目前|至今|今(?![天日明晚早年儿个]))|至今"
)
# Before four in the morning 明天 is the day that is about to begin.
_NEW_DAY = 4
_AHEAD = re.compile(r"明[天日儿早晚晨个]|大?后[天日儿]")
_FOR_DAYS = re.compile(
    r"(?:的|连续|,)?(?P<n>[0-9]{1,2}|[一两二三四五六七八九十]{1,2})(?P<unit>天|日|周|个星期|个月)(?:内|之内)?"
)
_WEEKDAY_END = re.compile(r"[一二三四五六日天](?![0-9零一二三四五六七八九十点月号日个天次期])")
_TRAP = re.compile(any_of(TRAPS))
_TRAP_FIRSTS = frozenset(trap[0] for trap in TRAPS)
# Where a rule (not a listed word) begins with a character of everyday talk: what may follow it there.
_FOLLOWS: dict[str, str] = {
    "上": "一个上周星礼月季半旬",
    "下": "一个下周星礼月季半旬工",
    "中": "旬",
    "前": "半晚的俩仨" + NUMERALS,
    "后": "半续",
    "过": "完年再去半个" + NUMERALS,
    "再": "过等",
    "还": "有",
    "等": "半" + NUMERALS,
    "最": "近",
    "近": "半的" + NUMERALS,
    "从": "现此",
    "自": "即",
    "即": "日",
    "长": "假",
    "小": "长",
    "大": "年",
    "年": "初底末尾头中前后期之以内",
    "节": "前后",
    "第": "一二三四1234",
    "当": "月个晚周",
    "这": "一个周星礼月季",
    "本": "周星礼月季双",
    "双": "休",
    "往": "后",
    "未": "来",
    "接": "下",
    "随": "后",
    "正": "月",
    "月": "底末初中上下",
    "a": "m",
    "p": "m",
    "q": "1234",
    "半": "年个小天月刻",
    "差": NUMERALS,
    "农": "历",
    "阴": "历",
    "旧": "历",
    "闰": NUMERALS,
    "春": "天季日",
    "夏": "天季日",
    "秋": "天季日",
    "冬": "天季日月",
    "现": "在",
    "此": "刻",
    "周": WEEKDAYS + "天末1234567",
    "星": "期",
    "礼": "拜",
    "今": "早晚晨夜午后",
    "明": "早晚晨夜午",
    "昨": "早晚晨夜午",
    "初": "一二三四五六七八九十",
    "腊": "月",
    "俩": "月天小钟周礼星年个",
    "仨": "月天小钟周礼星年个",
}
_LISTED = (*PARTS, *POINTS, *EDGES, *YEARS, *DAYS, *NOW, *TRAPS, *NAMES)


def _seconds() -> dict[str, frozenset[str]]:
    """First character of a time → what may follow it; a numeral may be followed by anything."""
    follows = {first: set(seconds) for first, seconds in _FOLLOWS.items()}
    for word in _LISTED:
        follows.setdefault(word[0], set()).update(word[1:2] if word[1:] else NUMERALS + "差")
    return {first: frozenset(seconds) for first, seconds in follows.items() if first not in NUMERALS}


_SECONDS = _seconds()
_START = re.compile("[" + NUMERALS + "]+|[" + re.escape("".join(sorted(_SECONDS))) + "]")
_NUMERIC = frozenset(NUMERALS + "百千万.")


def _inside_number(text: str, at: int) -> bool:
    """The tail of a longer number is no time: 13.5点, 3-2-501, 第3点."""
    if not at:
        return False
    before = text[at - 1]
    if before == "第":
        return True
    if before in _NUMERIC and not (before == "." and (at < 2 or text[at - 2] not in _NUMERIC)):
        return True
    return before in "-#/:" and at > 1 and text[at - 2] in _NUMERIC


def _read_at(text: str, at: int, now: datetime) -> Told | int | None:
    """The time expression that begins exactly here; where it ends if it is an impossible one."""
    if text[at] in RULES and (away := away_at(text, at, now)):
        return _from_now_until(text, at, away, now) or Told(away[0], at, away[1])
    if text[at] in NOW_FIRSTS and (this := now_at(text, at, now)):
        return Told(this[0], at, this[1], weak=True)
    today = now.date()
    new_day = now.hour < _NEW_DAY and bool(_AHEAD.match(text, at))
    view = View(today - DAY if new_day else today, past=bool(_PAST_BEFORE.search(text, max(0, at - 3), at)))
    piece = piece_at(text, at, view)
    if piece is None:
        return None
    if not piece.possible:
        return piece.end
    over = _since_then(text, at, piece)
    if not view.past and (over or _tells_of_past(text, piece.end)):
        view = replace(view, past=True)
        piece = piece_at(text, at, view) or piece
    told = _until_now(text, at, piece, now, over) or _range(text, at, piece, now, view)
    told = told or _one_sided(text, at, piece, now, view.past)
    if new_day and told.span.start and told.span.end and not view.past:
        later = Span(told.span.start + DAY, told.span.end + DAY, told.span.grain, told.span.text)
        told = replace(told, span=replace(told.span, others=(later,)))
    return told


def _from_now_until(text: str, at: int, away: tuple[Span, int], now: datetime) -> Told | None:
    """即日起至11月30日, 从现在起到明天中午."""
    span, end = away
    link = _LINK.match(text, end) if span.end is None else None
    last = piece_at(text, link.end(), View(now.date()), second=True) if link else None
    if last is None or not last.possible or span.start is None:
        return None
    found = sides(last, now, past=False)
    stop = found.start if last.clock else found.end
    return Told(Span(span.start, stop, found.grain, text[at : last.end]), at, last.end) if stop > span.start else None


def _tells_of_past(text: str, end: int) -> bool:
    return not _OVER_FIRSTS.isdisjoint(text[end : end + 16]) and bool(_PAST_AFTER.match(text, end))


def _since_then(text: str, at: int, piece: Piece) -> int | None:
    """从早上到现在: where the stretch that reaches to now ends."""
    till = _TILL_NOW.match(text, piece.end)
    return till.end() if till else None


def _until_now(text: str, at: int, piece: Piece, now: datetime, end: int | None) -> Told | None:
    if end is None:
        return None
    found = sides(piece, now, past=True)
    return Told(Span(found.start, now, found.grain, text[at:end]), at, end) if found.start < now else None


def _range(text: str, at: int, first: Piece, now: datetime, view: View) -> Told | None:
    """9点到11点, 周一到周五, 3月5日-8日, 8点、9点之间 is none."""
    link = _LINK.match(text, first.end) or (_OR_SO.match(text, first.end) if text[first.end - 1] in NUMERALS else None)
    if link is None:
        return None
    near = replace(view, near=first.day.first, year=None) if first.day else view
    second = _next_day(text, link.end(), first, now, near) or piece_at(text, link.end(), near, second=True)
    second = second or _short_weekday(text, link.end(), first, near)
    if second is None or not second.possible or not _ranges(first, second):
        return None
    found = range_of(first, second, now, view.past)
    between = _BETWEEN.match(text, second.end)
    end = between.end() if between else second.end
    about = _ABOUT.match(text, end)
    end = about.end() if about else end
    span = _with_others(Span(found.start, found.end, found.grain, text[at:end]), found)
    return Told(span, at, end, dayless=first.day is None and second.day is None)


def _next_day(text: str, at: int, first: Piece, now: datetime, view: View) -> Piece | None:
    """The second side of 15号22点到次日6点 is a day after the first, whatever day it is now."""
    found = _NEXT_DAY.match(text, at)
    if found is None:
        return None
    day = Day((first.day.first if first.day else sides(first, now, view.past).start.date()) + DAY)
    rest = piece_at(text, found.end(), view, second=True)
    if rest is None or not rest.possible or rest.day:
        return Piece(at, found.end(), day, said=found.end())
    return replace(rest, at=at, day=day)


def _short_weekday(text: str, at: int, first: Piece, view: View) -> Piece | None:
    """The 五 of 周一到五."""
    found = _WEEKDAY_END.match(text, at)
    if found is None or first.day is None or first.day.days > 1 or text[first.end - 2] not in "周期拜":
        return None
    piece = piece_at("周" + found[0], 0, view, second=True)
    return replace(piece, at=at, end=found.end()) if piece else None


def _ranges(first: Piece, second: Piece) -> bool:
    if (second.clock is None) == (first.clock is None):
        return True
    return (second.day is not None and first.day is not None) or second.clock is not None or second.part is not None


def _with_others(span: Span, found: Sides) -> Span:
    """The same words read with each further start."""
    if not found.others:
        return span

    def moved(moment: datetime | None, step: timedelta) -> datetime | None:
        return None if moment is None else moment + step

    steps = [other - found.start for other in found.others]
    others = tuple(replace(span, start=moved(span.start, step), end=moved(span.end, step)) for step in steps)
    return replace(span, others=others)


def _one_sided(text: str, at: int, piece: Piece, now: datetime, past: bool) -> Told:
    found = sides(piece, now, past)
    dayless = piece.day is None
    weak = piece.day is not None and piece.day.weak and piece.part is None and piece.clock is None
    coming = piece.clock is None and _COMING.match(text, piece.end)
    before = None if coming else _BEFORE.match(text, piece.end)
    until = _UNTIL.search(text, max(0, at - 7), at) if text[at - 1 : at] in _UNTIL_LASTS else None
    if before or until:
        begin = until.start() if until else at
        end = before.end() if before else piece.end
        closing = before is not None and before[0].strip() in _CLOSING
        holds = bool(until and _HOLDS.search(text, max(0, at - 7), at))
        limit = _limit(piece, found, said_before=bool(before) and not closing, holds=holds)
        grain = Grain.MINUTE if piece.clock or piece.part else found.grain
        span = Span(None, limit, grain, text[begin:end])
        return Told(_with_others(span, found), begin, end, dayless=dayless)
    since = _SINCE.search(text, max(0, at - 4), at)
    after = None if coming else _AFTER.match(text, piece.end)
    if after and after[0].strip() == "开始" and piece.clock and not _FROM.search(text, max(0, at - 2), at):
        after = None  # 活动两点开始 names the moment
    if after or since:
        end = after.end() if after else piece.end
        if after and (days := _for_days(text, end, piece, found)):
            return replace(days, at=at, span=replace(days.span, text=text[at : days.end]), dayless=dayless)
        begin = since.start() if since else at
        from_start = not after or after[0].strip() in ("起", "开始", "往后", "开外")
        start = found.start if from_start else _after(piece, found, now)
        return Told(_with_others(Span(start, None, found.grain, text[begin:end]), found), begin, end, dayless=dayless)
    about = _ABOUT.match(text, piece.end)
    end = about.end() if about else piece.end
    span = Span(found.start, found.end, found.grain, text[at : about.end() if about else piece.said])
    return Told(_with_others(span, found), at, end, dayless=dayless, weak=weak, day_end=piece.day_end)


def _after(piece: Piece, found: Sides, now: datetime) -> datetime:
    """六点以后 begins at six, 中午以后 at noon, 周三以后 when Wednesday is over, 国庆后 when the days off are."""
    if piece.clock:
        return found.start
    if piece.part:
        return found.start + timedelta(minutes=30) if PARTS[piece.part][0] == 11 * 60 + 30 else found.start
    if piece.day and piece.day.off:
        return at_minutes(piece.day.off, 0, now)
    return found.end


def _for_days(text: str, end: int, piece: Piece, found: Sides) -> Told | None:
    """明天起三天."""
    counted = _FOR_DAYS.match(text, end)
    number = read(counted["n"]) if counted else None
    if counted is None or number is None or piece.day is None or piece.clock or piece.part:
        return None
    last = move(found.start.date(), number, counted["unit"].removeprefix("个"))
    if last is None:
        return None
    stop = found.start + (last - found.start.date())
    return Told(Span(found.start, stop, Grain.DAY, ""), 0, counted.end())


def _limit(piece: Piece, found: Sides, *, said_before: bool, holds: bool) -> datetime:
    """The moment a deadline names: 九点前 is 9:00, 周五前 the start of Friday, 最迟周五 its end, 撑到中午 noon."""
    if piece.clock:
        return found.start
    if piece.part:
        low, _high = PARTS[piece.part]
        if low == 11 * 60 + 30:
            return found.start + timedelta(minutes=30)
        return found.start if said_before or (holds and low >= 17 * 60) else found.end
    if piece.day and piece.day.whole:
        return found.end
    return found.start if said_before else found.end


# No message needs more times than this; a wall of them is not read to its end.
_MOST = 40


def _scan(text: str, now: datetime) -> list[Told]:
    found: list[Told] = []
    skips = recurrences_in(text, now)
    done = 0
    for start in _START.finditer(text):
        at, end = start.span()
        seconds = _SECONDS.get(text[at])
        if end <= done or (seconds is not None and text[at + 1 : at + 2] not in seconds):
            continue
        if at < done:
            at = done  # a time ended inside this run of numerals
        if skips and at >= skips[0][0]:
            done = skips.pop(0)[1]
            if done > at:
                continue
        if seconds is None and (not _may_be_time(text, at, end) or _inside_number(text, at)):
            continue
        if text[at] in _TRAP_FIRSTS and (trap := _TRAP.match(text, at)):
            done = trap.end()
            continue
        told = _read_at(text, at, now)
        if isinstance(told, int):
            done = told
        elif told:
            found.append(told)
            done = told.end
            if len(found) == _MOST:
                break
    return _closed(found, text)


_BEHIND_NUMBER = frozenset(NUMBERS) | frozenset("点时分刻小钟个:/-.~到至—–、年月日天周星礼半a p.mh工季昼俩仨百")


def _may_be_time(text: str, at: int, end: int) -> bool:
    """Whether a number can begin a time: by what stands behind it, or because it is a word or a date of its own."""
    return text[end : end + 1] in _BEHIND_NUMBER or bool(_NUMERAL_WORD.match(text, at))


_NUMERAL_WORD = re.compile(any_of(word for word in (*NAMES, *PARTS) if word[0] in NUMERALS) + "|20[0-9]{6}")


def _closed(found: list[Told], text: str) -> list[Told]:
    """三点以后五点以前: two open sides beside each other are one stretch."""
    if len(found) < 2:
        return found
    closed: list[Told] = []
    for told in found:
        last = closed[-1] if closed else None
        if (
            last
            and last.span.end is None
            and told.span.start is None
            and last.span.start
            and told.span.end
            and last.span.start < told.span.end
            and told.at - last.end <= 2
        ):
            span = Span(last.span.start, told.span.end, Grain.MINUTE, text[last.at : told.end])
            closed[-1] = Told(span, last.at, told.end, last.dayless)
        else:
            closed.append(told)
    return closed


def find_times(text: str, now: datetime) -> list[Span]:
    """Every time expression in order, past ones too; recurrences and durations are none."""
    return [told.span for told in _scan(fold(text), now) if not told.weak]


def read_time(text: str, now: datetime) -> Span | None:
    """The time that the need is tied to: ahead of now, a later clock joined to an earlier day."""
    return time_in(text, fold(text), now)


# So much may stand beside 现在 or 今年 where they are still the time that is meant.
_SHORT_TALK = 4
_OR = re.compile(r"\s?(?:[,，、]?(?:或者?是?|要么|要不|还是)|[、/])\s?(?:是|在)?")


def time_in(text: str, folded: str, now: datetime) -> Span | None:
    """The same for a text that is folded already; the words are given as written."""
    found = [told for told in _scan(folded, now) if not _is_over(told.span, now) and not _blocked(folded, told)]
    strong = _meant(folded, [told for told in found if not told.weak], now)
    if not strong:
        weak = next((told for told in found if told.weak), None)
        if weak is None or len(text) - len(weak.span.text) > _SHORT_TALK:
            return None
        return replace(weak.span, text=weak.words_of(text))
    first = strong[0]
    if first.span.grain is Grain.PART and _is_aside(folded, first.end):
        return None
    return _joined(text, folded, strong, now) or _with_alternative(text, folded, strong)


# 不是今天, 除了周三; 上午没空, 周五改成周六: named only to say that it is not meant.
_NOT_BEFORE = re.compile(r"(?:不是|除了?|别|不要|原定|原来是?|本来是?)(?:在)?$")
_NOT_AFTER = re.compile(
    r"的?(?:我|人|我们|家里|师傅)?(?:也|都|可能|恐怕|实在)?(?:没空|没时间|没人|没有人|不在|不行|不方便|不成|来不了|去不了|不可以|"
    r"有事|改(?:成|到|为|在|约)|换(?:成|到)|推迟?到|不用来|别来|以外|之外)"
)


def _meant(text: str, found: list[Told], now: datetime) -> list[Told]:
    """Leaves out what is named only to be ruled out, as long as something else stays; its day goes on to the next."""
    kept: list[Told] = []
    refused: list[Told] = []
    day = ""
    for told in found:
        if _NOT_BEFORE.search(text, max(0, told.at - 4), told.at):
            day = text[told.at : told.day_end]
        elif _NOT_AFTER.match(text, told.end):
            day = text[told.at : told.day_end]
            refused.append(told)
        elif day and told.dayless and not kept:
            kept.append(_on_day(text, day, told, now))
        else:
            kept.append(told)
    return kept or refused


def _on_day(text: str, day: str, told: Told, now: datetime) -> Told:
    """明天上午没空,下午可以: the afternoon of that day."""
    words = text[told.at : told.end]
    again = _read_at(day + words, 0, now)
    return replace(told, span=replace(again.span, text=words)) if isinstance(again, Told) else told


def _joined(text: str, folded: str, found: list[Told], now: datetime) -> Span | None:
    """我明天加班,幼儿园4点放学: the clock belongs to the day that was named before."""
    first = found[0]
    if first.span.grain is not Grain.DAY or not first.span.start or not first.span.end:
        return None
    for later in found[1:]:
        if later.dayless and later.span.grain in (Grain.MINUTE, Grain.HOUR, Grain.PART):
            said = later.words_of(text)
            if first.span.start.date() == now.date():
                return replace(later.span, text=said)
            limit = _PREFIX.match(folded, later.at, later.end)
            prefix = limit[0] if limit else ""
            clock = folded[later.at + len(prefix) : later.end]
            joined = _read_at(prefix + first.words_of(folded) + clock, len(prefix), now)
            if isinstance(joined, Told):
                return replace(joined.span, text=f"{first.words_of(text)}…{said}")
    return None


def _with_alternative(text: str, folded: str, found: list[Told]) -> Span:
    """今晚或明晚: the first, with the second kept."""
    first = found[0]
    words = first.words_of(text)
    span = first.span if words == first.span.text else replace(first.span, text=words)
    if len(found) > 1:
        gap = _OR.fullmatch(folded, first.end, found[1].at)
        if gap and not (found[1].dayless and gap[0].strip() in ("、", "/")):
            second = replace(found[1].span, text=found[1].words_of(text))
            return replace(span, others=(*span.others, second))
    return span


# 晚上老人看不见路 tells what happens every evening, not when to come.
_ASIDE = re.compile(
    r"[^,。!?;\n]{0,8}?(?:看不见|看不清|不敢|睡不|没法睡|容易摔|老是|总是|经常|常常|吵得|黑漆漆|黑灯瞎火|摸黑)"
)


def _is_aside(text: str, end: int) -> bool:
    return bool(_ASIDE.match(text, end))


def _is_over(span: Span, now: datetime) -> bool:
    """Past, or begun on an earlier day and still going on (三天前开始漏的)."""
    if span.end is None:
        return span.start is not None and span.start.date() < now.date()
    return span.end <= now


def _blocked(text: str, told: Told) -> bool:
    """加班到八点: when somebody is busy until is not when help is wanted."""
    span = told.span
    return (
        span.start is not None and span.grain is Grain.MINUTE and bool(_BUSY.search(text, max(0, told.at - 3), told.at))
    )
