"""What a reply commits to: 我来 claims, 去不了了 gives back, 搞定了 finishes, 不用了 cancels.

The ways of saying it are lines of lexicon/acts.table. A message is read clause by clause: an act is a whole clause,
never a part of one (我来 claims, 我来晚了 does not), and what stands beside it must go with it (我去,这么贵 does not).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from nlp import names, people, places, times
from nlp.act_table import SUPPORT, Section, Sureness, table
from nlp.attendance import find_attendance
from nlp.clean import fold
from nlp.intent import Count, Grain, Meaning, Score, Slots, Span
from nlp.numbers import digits, read
from nlp.patterns import patterns_of
from nlp.phrases import NO_ORDER, order_in

WORDS: Final = patterns_of("reply_words")

# Longer messages tell stories.
LONGEST: Final = 80
MOST_CLAUSES: Final = 7
LONGEST_CLAUSE: Final = 30


@dataclass(frozen=True, slots=True)
class Act:
    """What a reply does, with what it says about it. `is_sure`: the words alone commit to it, without an order at hand."""

    meaning: Meaning
    slots: Slots
    words: str
    is_sure: bool


class _Kind(StrEnum):
    ACT = "act"
    HELPS = "helps"  # greetings, reasons, a number, a time: goes with any act
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause of a message, and what it was read as."""

    words: str
    start: int
    end: int
    kind: _Kind = _Kind.UNKNOWN
    section: Section | None = None
    orders: tuple[str, ...] = ()
    span: Span | None = None

    @property
    def meaning(self) -> Meaning | None:
        return self.section.meaning if self.section else None

    @property
    def is_sure(self) -> bool:
        if self.section is None:
            return False
        # 六点以后我行: who says when is asked for something.
        hangs = self.meaning is Meaning.CLAIM and self.span is not None and _is_open(self.span)
        return self.section.sureness is Sureness.ALONE or (hangs and _ABLE_THEN.search(self.words) is not None)


def find_act(text: str, folded: str, now: datetime, *, named: bool = False) -> Act | None:
    """The act of a short reply; None where it says none.

    `named`: the order that it is about is known, so less needs to be said.
    """
    if not 0 < len(folded) <= LONGEST or _EXCLAIM.match(folded) or (not named and is_cry(folded)):
        return None
    if _RAISED.fullmatch(folded):
        return Act(Meaning.CLAIM, Slots(), folded, True)
    if waiting := _WAITING.fullmatch(folded):
        return Act(Meaning.NUDGE, Slots(order=_plain(waiting["order"])), waiting[0], True)
    clauses = _clauses(folded, now)
    if not 0 < len(clauses) <= MOST_CLAUSES:
        return None
    orders = _orders(clauses)
    if (named or orders) and [clause.words for clause in clauses if clause.kind is _Kind.UNKNOWN] == ["我"]:
        return Act(Meaning.CLAIM, Slots(order=orders[0] if orders else None), folded, True)
    is_named = named or _MARKED.search(folded) is not None
    act = _chosen(clauses) or (_able(clauses) if is_named else None)
    if act is not None and act.meaning is Meaning.WITHDRAW and WORDS["stands in"].search(folded):
        # 我去不了, 但我让我爱人去: the same home still comes.
        return Act(Meaning.CLAIM, Slots(order=orders[0] if orders else None, stands_in=True), act.words, True)
    if act is None or act.meaning is None:
        tells = any(clause.kind is _Kind.UNKNOWN for clause in clauses)
        return _loose(folded, orders) if tells and is_named else None
    if (
        _is_only_told(act.meaning, folded)
        or _is_contrary(act.meaning, folded)
        or (act.meaning is Meaning.CLAIM and _IT_WAS.search(act.words))
    ):
        return None
    backed = named or bool(orders) or _is_backed(act, clauses, folded)
    if not backed and act.section is not None and act.section.sureness is Sureness.BESIDE:
        return None
    sure = _stands(act, clauses) and (act.is_sure or backed)
    slots = Slots(order=orders[0] if orders else None, orders=orders if len(orders) > 1 else ())
    return Act(act.meaning, _details(act, slots, text, folded, clauses, now), act.words, sure)


def _orders(clauses: Sequence[_Clause]) -> tuple[str, ...]:
    """The numbers that stand in or beside an act; in other clauses they are houses and prices unless written as orders."""
    beside = (
        order
        for clause in clauses
        if clause.kind is not _Kind.UNKNOWN or _MARKED.search(clause.words)
        for order in clause.orders
    )
    return tuple(dict.fromkeys(beside))


# Clauses


_PIECE = re.compile(
    r"[^\s,，。.!！;；~～…、?？\[\]\U0001f000-\U0001faff\u2190-\u2bff\ufe0f\u200d]+(?:[.][0-9]+[^\s,，。!！;；、?？]*)?"
)
_SPOKEN = (
    r"[一二三四五六七八九](?=号单)|[二三四五六七八九]?十[一二三四五六七八九]?(?=号|单|我|俺)|[零〇一二三四五六七八九幺]{3,4}|"
    r"[一二两三四五六七八九]百(?:零?[一二三四五六七八九十]{1,3})?"
)
_FIGURE = rf"(?:[#【第]?(?:[0-9]{{1,6}})】?|{_SPOKEN})"
_NUMBER = re.compile(
    r"(?<![0-9a-z零〇一二三四五六七八九十百+带加共等到至过差周期拜月住在村路街镇弄巷:./~\-])把?"
    rf"(?P<list>{_FIGURE}(?:\s?(?:和|跟|与|及|还有|、)?\s?[#【][0-9]{{1,6}}】?|(?:和|跟|与|及|还有|、){_FIGURE})*)"
    r"(?:号单子?|号(?![楼院线到至])|单子?|#)?(?:这个|那个|这单|那单|这活|那活)?(?!\s?[、到至~\-]\s?[0-9]{1,3}[点时号日栋楼个])"
    rf"(?:(?=人手?(?:够|不够|齐|满))|{NO_ORDER})"
)
_FIGURES = re.compile(r"[0-9]{1,6}|[零〇一二两三四五六七八九幺十百]{1,5}")
# One, two, three … is counting, one, three, five are days of the week.
_COUNTING = re.compile(r"一二三|二三四|三二一|三四五|一三五|二四六")
_MAY_BE_NUMBER = frozenset("0123456789百零〇一二三四五六七八九幺")
_MAY_BE_TIME = frozenset("点时分天早晚午夜周星期礼拜月日钟后前刻现明今半")
_POLITE_START = re.compile(
    r"^(?:好的?|好滴|嗯|行|成|中|嗯{1,3}|ok|呃|那什么|那个|喂|没问题|可以|收到|哎呀?|在的|不好意思|抱歉|对不起|对不住|麻烦|请|语音说一下|"
    r"(?:要是|如果|既然|实在)?[都还]?没[人空](?:去|接|来|上|报)?(?:的话)?[那就]{0,2}|要去的话){1,3}(?=[我俺咱本让也算加帮取撤退这今临来去不就])"
)
_POLITE_END = re.compile(
    r"(?:不好意思|抱歉|谢谢(?:大家|您|你|各位)?|麻烦了|辛苦了|你们(?:忙|歇着|别动|休息)|大家(?:忙|放心)|放心|哈哈{1,5})$"
)
_TWICE = re.compile(r"(.{1,6}?)[呀啊吧哈]?\1[呀啊吧哈]?")
# 吃完饭我就去, 等孩子睡了我去: first something else, then the act.
_FIRST_THIS = re.compile(
    r"(?:(?!你|他|她|说|人家)[^我俺咱,]{1,9}(?:那个|那单|那活|那件|这个|这单|的)(?=我|俺|咱|算|归|交|给)|放着|[^我俺咱你,]{1,8}(?:完|好|后)[^我俺咱你,]{0,3}(?=我就|俺就)|(?:吃[完过]|忙[完好]|送[完好]|接[完好]|买完|下了|开[完好]|做[完好]|弄[完好]|办完|等|下完)[^我俺咱]{1,6}(?=我|俺|咱|就))"
)


_SUNG_END = re.compile(r"[啦咯喽嘞哒喇咧嗷]$")
# 老太太那单给我, 修灯的给我留着, 陪诊这个归我: who tells which job needs no number.
_THE_JOB = re.compile(
    r"[^我俺咱你他她,]{0,8}(?:[这那](?:单|个单|活|个活|件事)(?:儿|子)?|(?:修|换|装|搬|抬|送|陪|买|接|通|教|取|剪|带|扫)[^我俺咱你他她,]{1,5}(?:的|这个|那个))"
    r"(?:就|都|也)?(?=我|俺|咱|算|归|交|给)"
)
# 我来做吧我现在下楼: spoken without a pause.
_NO_PAUSE = re.compile(r"(?<=[吧啦哈呀哦喔嘛])(?=[我俺咱你您])")


def _clauses(folded: str, now: datetime) -> list[_Clause]:
    found: list[_Clause] = []
    for match in _PIECE.finditer(folded):
        start = match.start()
        for words in _NO_PAUSE.split(match[0]):
            found.append(_read(words.rstrip(":-/"), start, now))
            start += len(words)
    return found


def _read(words: str, start: int, now: datetime) -> _Clause:
    end = start + len(words)
    if len(words) > LONGEST_CLAUSE:
        return _Clause(words, start, end)
    bare, orders = _without_numbers(words)
    if not bare:
        return _Clause(words, start, end, kind=_Kind.HELPS, orders=orders)
    section, span = _section_of(bare), None
    if section is None and not _MAY_BE_TIME.isdisjoint(words):
        # 六点以后我行, 231我明天下午去: the time is no part of the act.
        span = next((found for found in times.find_times(words, now) if found.text in words), None)
        if span is not None:
            bare, orders = _without_numbers(words.replace(span.text, "", 1))
            section = _section_of(bare.removeprefix("的")) if bare else None
            if section and section.meaning is Meaning.CLAIM and not (orders or _SPEAKER.search(bare)):
                section = None  # 报名截止本月20日
            elif section and section.meaning is Meaning.DONE and not _HAS_BEEN.search(bare):
                section = None  # 八点前送到
    if span and bare in _I_ARRIVE and words.startswith(bare[0]):
        return _Clause(words, start, end, kind=_Kind.ACT, section=_AT_HOUR, orders=orders, span=span)
    if section is None and (section := table().opened(bare)):
        return _Clause(words, start, end, kind=_Kind.ACT, section=section, orders=orders, span=span)
    if section is None:
        if _ARRIVAL.match(words):
            return _Clause(words, start, end, kind=_Kind.ACT, section=_ABLE, orders=orders, span=span)
        helps = span is not None and len(bare) <= 2
        return _Clause(words, start, end, kind=_Kind.HELPS if helps else _Kind.UNKNOWN, orders=orders, span=span)
    kind = _Kind.ACT if section.meaning else _Kind.HELPS
    return _Clause(words, start, end, kind=kind, section=section, orders=orders, span=span)


def _section_of(bare: str) -> Section | None:
    """The line that the clause is: as it stands, without what is said around it, or said once instead of twice."""
    found = table().find(bare)
    if found and (found.sureness is Sureness.ALONE or found.meaning is None):
        return found
    kept = _FIRST_THIS.sub("", _POLITE_END.sub("", _POLITE_START.sub("", bare)))
    twice = _TWICE.fullmatch(kept)
    plain = _SUNG_END.sub("了", kept)
    tried = (table().find(words) for words in (kept, twice[1] if twice else "", plain) if words and words != bare)
    section = next((section for section in tried if section), None) or found
    if section is not None and section.sureness is not Sureness.ALONE and _THE_JOB.match(bare):
        return replace(section, sureness=Sureness.ALONE)
    return section


def _without_numbers(words: str) -> tuple[str, tuple[str, ...]]:
    """The clause without the order numbers in it, and the numbers."""
    if _MAY_BE_NUMBER.isdisjoint(words):
        return words, ()
    orders: list[str] = []

    def taken(match: re.Match[str]) -> str:
        if _COUNTING.search(match[0]):
            return match[0]
        figures = [_figure(figure[0]) for figure in _FIGURES.finditer(match["list"])]
        orders.extend(str(figure) for figure in figures if figure)
        return "" if figures else match[0]

    return _NUMBER.sub(taken, words), tuple(orders)


def numbers_first(folded: str) -> str | None:
    """The order whose number these words begin with: 232还没, 把231退了. One figure with no verb before it is a choice."""
    verb = WORDS["verb before a number"].match(folded)
    match = _NUMBER.match(folded, verb.end() if verb else 0)
    first = _FIGURES.search(match["list"]) if match else None
    if match is None or first is None or _COUNTING.search(match[0]) or (verb is None and len(match[0]) < 2):
        return None
    figure = _figure(first[0])
    return str(figure) if figure else None


def _figure(words: str) -> int | None:
    """231, 二三一 and 二百三十一; None for a mixture that is no number, such as 1百48."""
    if words.isascii():
        return int(words)
    spelt = digits(words)
    return read(words) or (int(spelt) if spelt.isdecimal() else None)


def _plain(order: str | None) -> str | None:
    return str(int(order)) if order else None


# Which of them counts

# 去不了 after 我想去 is a withdrawal, and so is 转物业吧 after 弄不了.
_YIELDS: Final = {
    Meaning.WITHDRAW: (Meaning.CLAIM, Meaning.OFFER, Meaning.NOT_DONE),
    Meaning.RATE: (Meaning.NOT_DONE,),
    Meaning.CANCEL: (Meaning.CLAIM, Meaning.OFFER),
    Meaning.NOT_DONE: (Meaning.CLAIM, Meaning.OFFER),
}
_SAFE: Final = frozenset({"我来", "俺来", "我上"})
# A bare 我去 in front of other talk is an exclamation.
_SIGNED_UP: Final = ("接", "报名", "+1", "+2", "加1", "加一")
_BARE: Final = frozenset(
    ("我可以", "我行", "我ok", "我能", "我能行", "俺行", "我去", "我来", "我接", "俺去", "俺来", "我上", *_SIGNED_UP)
)
MOST_UNKNOWN: Final = 2


def _outranks(new: Meaning | None, old: Meaning | None) -> bool:
    return new is not None and old in _YIELDS.get(new, ())


def _able(clauses: Sequence[_Clause]) -> _Clause | None:
    """About an order that is named, 我会水电 and 我家有梯子 are as good as 我来."""
    able = (clause for clause in clauses if clause.section and clause.section.name == SUPPORT)
    return next((replace(clause, section=_ABLE) for clause in able if _SPEAKER.search(clause.words)), None)


def _chosen(clauses: Sequence[_Clause]) -> _Clause | None:
    """The clause that says what the message does."""
    found: _Clause | None = None
    for clause in clauses:
        if clause.kind is not _Kind.ACT:
            continue
        outranks = found is not None and _outranks(clause.meaning, found.meaning)
        surer = found is not None and clause.is_sure and not found.is_sure
        if found is None or outranks or surer:
            found = clause
    return found


_ABLE_THEN = re.compile(r"(?:可以|行|能|能行|能去|能来|方便)[的吧啊哈]{0,2}$")
_HAS_BEEN = re.compile(r"[了啦咯喽嘞毕]|已|完成")
_SPEAKER = re.compile(r"[我俺咱]")
_ABLE: Final = Section("claim", Sureness.NEAR, Meaning.CLAIM)
# 我两点半到.
_I_ARRIVE: Final = frozenset({"我到", "俺到"})
_AT_HOUR: Final = Section("claim", Sureness.ALONE, Meaning.CLAIM)
# What people go on with who have just promised something.
_GOES_ON = re.compile(
    r"^(?:我|俺|咱|你|您|他|她|正|刚|反|下班|吃完|忙完|一会|待会|家|只|最多|车|下午|上午|中午|晚上|今[天晚]|明[天早]|周|没[课班事]|不过|但|只是|就是|有|会|是|离|顺|大家|放|给|在|带|老|要|得)"
)
_ABOUT_ONESELF = re.compile(r"晚安|睡觉|拜拜|伤疤|累死|下次再聊|发烧|感冒|咳嗽|退烧|出院|别担心")


def _stands(act: _Clause, clauses: Sequence[_Clause]) -> bool:
    """Whether what stands beside the act lets it stand."""
    others = [clause.words for clause in clauses if clause.kind is _Kind.UNKNOWN]
    if act.meaning is not Meaning.WITHDRAW and any(_ABOUT_ONESELF.search(words) for words in others):
        return False
    if act.meaning is Meaning.RATE and _VERDICT.fullmatch(act.words):
        return not others  # 差评,难吃
    if act.meaning is Meaning.CANCEL and not all(map(_SETTLED.search, others)):
        return False  # 不用了,我吃过了
    if act.meaning is not Meaning.CLAIM:
        return len(others) <= MOST_UNKNOWN
    if act.words in _BARE:
        after = [clause.words for clause in clauses if clause.kind is _Kind.UNKNOWN and clause.start > act.start]
        plain = act.words in _SAFE or all(map(_GOES_ON.match, after[:1]))
        return plain and len(others) <= MOST_UNKNOWN and not any(map(_EXCLAIMED.search, after))
    return len(others) <= MOST_UNKNOWN


# Why a need is over.
_SETTLED = re.compile(
    r"好了|弄|修|搞|通了|回来|(?:儿子|女儿|闺女|女婿|师傅|邻居|人|电|水|气|孙子|他|她)来了|到了|找[到着]|有人|解决|儿子|女儿|闺女|女婿|媳妇|邻居|楼[上下]|隔壁|对门|家里人|自己(?:来|买|办|行|去|弄|想办法|能)|写错|点错|买[到了]|借到|"
    r"谢|大家|师傅|志愿|单|[错重]"
)
_VERDICT = re.compile(r"(?:给|打)?个?(?:五星)?(?:好评|差评|中评|五星|满分)")
_EXCLAIMED = re.compile(
    r"真|太|居然|竟然|怎么|什么|忘|吓|见|征服|说|分了|离了|我.{1,2}过(?![去来])|^我?也(?:觉得|嫌|是|喜欢|爱|这么|认为|不|没|在|有)"
)


def _is_backed(act: _Clause, clauses: Sequence[_Clause], folded: str) -> bool:
    """给我吧,正好顺路: who says why they can means it. 灯亮了,大爷高兴得很: who speaks of whom it was for does too."""
    said = table().backed.get(act.meaning) if act.meaning else None
    if said is not None and (said.search(folded, 0, act.start) or said.search(folded, act.end)):
        return True
    if act.meaning is Meaning.DONE:
        # 猫喂了,砂也铲了: told like a report.
        return any(clause.meaning is Meaning.DONE for clause in clauses if clause is not act)
    if act.meaning is not Meaning.CLAIM:
        return False
    can = _CAN.match(act.words) is not None
    others = [clause for clause in clauses if clause is not act and clause.section is not None]
    return any(
        _WHY.search(other.words) if other.section.name == SUPPORT else can and other.meaning is Meaning.CLAIM
        for other in others
        if other.section is not None
    )


_CAN = re.compile(r"(?:我|俺)(?:也|就)?(?:可以|行|能)")


_WHY = re.compile(r"顺路|顺手|没事|闲|休|没课|没班|放假|下楼|[会懂学]|工|护士|医生|有(?:车|梯子|工具)|近|隔壁")


def _is_contrary(meaning: Meaning, folded: str) -> bool:
    against = table().against.get(meaning)
    return against is not None and against.search(folded) is not None


# 我帮他修的 tells who did it.
_IT_WAS = re.compile(r"(?:修|弄|办|搞|送|搬|装|换|买|做|接|拿|取|抬|通|带|陪)的$")


def _loose(folded: str, orders: tuple[str, ...]) -> Act | None:
    """About an order that is named, an act may stand anywhere in the sentence."""
    if len(folded) > LONGEST // 2 or _ASKS.search(folded):
        return None
    for meaning, pattern in table().loose:
        if found := pattern.search(folded):
            if _is_only_told(meaning, folded):
                continue
            slots = Slots(order=orders[0] if orders else None, orders=orders if len(orders) > 1 else ())
            rating = find_rating(folded) if meaning is Meaning.RATE else None
            return Act(meaning, replace(slots, rating=rating), found[0], True)
    return None


_ASKS = re.compile(r"[?？吗么呢]|几|怎么|哪|什么|多少|谁")
_MARKED = re.compile(
    r"[#【]\s?[0-9]{1,6}|(?<![0-9])[0-9]{1,6}\s?号?单(?![元位])|^[0-9]{3,6}(?:号)?(?=[我这那把\s,已还没不])"
)
_RAISED = re.compile(r"🙋[🙋\U0001f3fb-\U0001f3ff♀♂\u200d\ufe0f\s]{0,12}")
# Whole messages that begin like an act and say only where somebody is.
_HERE = re.compile(
    r"(?:我|俺)(?:也|已经|都|现在)?(?:去|来|过去|过来)(?:了|啦|过)(?:哈|啊|哦|呀|的|吧|呢)?[\s!！。.~]{0,4}"
)
# 我去 as an exclamation.
_EXCLAIM = re.compile(r"^我去[,!，！\s~…。.]{1,4}(?:这|那|太|也太|真|怎么|什么|居然|竟然|谁|吓|好|又|忘|你|还)")


def is_beyond(text: str) -> bool:
    """主管的事我弄不了, 得找专业的: no helper like this one will manage."""
    return table().beyond.search(fold(text)) is not None


def is_cry(folded: str) -> bool:
    """我去!: surprise rather than a promise."""
    return WORDS["cry"].fullmatch(folded) is not None


def is_cry_to_hurry(folded: str) -> bool:
    return WORDS["hurry"].fullmatch(folded) is not None


def is_aside(folded: str) -> bool:
    """谁下午去开会: a question to all about other business than orders."""
    return WORDS["aside"].search(folded) is not None


def is_arrival(folded: str) -> bool:
    """我来了, 我去了: said of oneself; whether an order is meant shows only where one was just announced."""
    return _HERE.fullmatch(folded) is not None


# Asking after somebody who was sent for. Only as the whole text: 水管爆了,有没有人来 is a need.
_WAITING = re.compile(
    r"(?:(?:不好意思|你好|您好|请问|哎|喂|师傅|小邻)[\s,]{0,2})?"
    r"(?:(?P<mine>我(?:的|那|这|报的)?(?:个)?(?:单子?|订单|事儿?|报修))|"
    r"[#【第]?\s?(?P<order>[0-9]{1,6})\s?】?\s?(?:号单子?|号|单子?|#)?)?[\s,]{0,2}(?:现在|今天)?(?:到底|究竟)?(?:"
    r"有没有人(?:来|接单?|管|去|过来|上门|处理)了?|有人(?:来|接单?|管|去|过来|上门|处理)了?(?:吗|没有?|么|不)|"
    r"(?:啥时候|什么时候|几时|几点|多久|多会儿?)(?:才)?(?:能|会|可以)?有?人(?:来|到|过来|接|上门|管)|"
    r"(?:还)?(?:要|得)等多久(?:才)?(?:有人)?(?:来|到)?"
    r")(?:啊|呀|呢|哦|嘛|了|的){0,2}[\s,。!?~…]*"
)
# 还没到,堵车 is said by whoever is on the way, not by whoever waits.
_ON_THE_WAY = re.compile(r"堵车|路上|快到|马上|在等车|刚出门|刚出发|红绿灯|迷路|绕路")
_LONG_AGO = re.compile(r"昨[天晚儿]|前天|前几天|上周|上个?月|去年|早就")
_WITH_NUMBER = re.compile(r"[0-9]{2,6}号?单?")


def _is_only_told(meaning: Meaning, folded: str) -> bool:
    """News about a past repair, or the excuse of somebody under way."""
    if meaning is Meaning.NUDGE:
        return bool(_ON_THE_WAY.search(folded))
    return meaning is Meaning.DONE and bool(_LONG_AGO.search(folded)) and not _WITH_NUMBER.search(folded)


# What is said about it


def _details(act: _Clause, slots: Slots, text: str, folded: str, clauses: Sequence[_Clause], now: datetime) -> Slots:
    after = text[act.end :].strip(_AROUND)
    match act.meaning:
        case Meaning.CLAIM:
            return replace(
                slots,
                people=_people(_without_numbers(folded)[0] if slots.order else folded, act.words),
                condition=_condition(act, clauses, after, now),
                time=act.span or _told_time(clauses) or find_arrival(text, now),
                minutes=times.read_minutes(folded) if _LATE.search(folded) else None,
            )
        case Meaning.WITHDRAW:
            return replace(slots, reason=after or _before(act, clauses) or None)
        case Meaning.CANCEL:
            return closing(replace(slots, reason=after or _before(act, clauses) or None), text, act.words)
        case Meaning.RATE:
            return replace(slots, rating=find_rating(folded), rest=after or None)
        case Meaning.DONE:
            return replace(
                slots, minutes=times.read_minutes(folded), attendance=find_attendance(text), rest=after or None
            )
        case Meaning.NOT_DONE:
            return replace(slots, rest=after or None)
        case Meaning.AMEND:
            return replace(slots, time=times.read_time(text, now), address=places.find_changed(text, folded))
        case Meaning.NUDGE:
            # 谁能快点来啊, from somebody who waits for nobody, is a cry for help that says nothing more.
            return replace(slots, needs_clarification=is_cry_to_hurry(folded))
        case _:
            return slots


# 231修得不行: a bare number of two figures or more that a clause begins with.
_NUMBER_FIRST = re.compile(rf"(?:^|[\s,]|把)#?([0-9]{{2,6}})(?:号单子?|号|单子?)?{NO_ORDER}")


def told_of(meaning: Meaning, text: str, folded: str, found: Slots, now: datetime) -> Slots | None:
    """What an act says besides that no line of the table says; None where it says too little to be one."""
    numbered = _NUMBER_FIRST.search(folded)
    order = order_in(folded) or (_plain(numbered[1]) if numbered else None)
    slots = replace(found, order=order, beneficiary=None, people_needed=None)
    match meaning:
        case Meaning.CLAIM:
            return replace(
                slots,
                people=people.find_claimers(folded) or people.find_people(folded),
                time=slots.time or find_arrival(text, now),
            )
        case Meaning.RATE:
            rating = find_rating(folded)
            return replace(slots, rating=rating) if rating else None
        case Meaning.CANCEL:
            return replace(slots, is_settled=closing_of(text).is_settled)
        case Meaning.DONE:
            return replace(slots, minutes=times.read_minutes(folded), attendance=find_attendance(text))
        case _:
            return slots


_LATE = re.compile(r"[晚迟]个?(?:大概|大约)?[0-9一二三四五六七八九十两半]")
_JUST_ME = re.compile(r"(?:我)?(?:\+|加)[1一]|.*一个")


def _people(folded: str, words: str) -> Count | None:
    """How many come: 我和老公都去. +1 and 算我一个 are the speaker alone."""
    return None if _JUST_ME.fullmatch(words) else people.find_claimers(folded)


_AROUND = " ,，。.!！;；\n~～…、?？"


def _told_time(clauses: Sequence[_Clause]) -> Span | None:
    return next((clause.span for clause in clauses if clause.span and clause.kind is not _Kind.UNKNOWN), None)


def _before(act: _Clause, clauses: Sequence[_Clause]) -> str:
    """The reason may stand in front: 孩子发烧了,去不了了."""
    return next((clause.words for clause in clauses if clause.kind is _Kind.UNKNOWN and clause.end <= act.start), "")


def _condition(act: _Clause, clauses: Sequence[_Clause], after: str, now: datetime) -> str | None:
    """六点以后我行 and 我可以去,不过要六点以后 hang on something; 我明天下午去 names an hour."""
    spans = [clause.span for clause in clauses if clause.span and (clause is act or clause.kind is not _Kind.UNKNOWN)]
    return next((span.text for span in spans if _is_open(span)), None) or condition_in(after, now)


def _is_open(span: Span) -> bool:
    """六点以后, 下班后: from then on, at no certain hour."""
    return (
        span.start is None
        or span.end is None
        or (span.grain is Grain.PART and _AFTERWARDS.search(span.text) is not None)
    )


_AFTERWARDS = re.compile(r"(?:后|前)$")
_HOWEVER = re.compile(r"(?:不过|但是?|只是|就是)(?:要|得|需要|必须|等)*(?P<what>[^,，。!]{2,24})")


def condition_in(after: str, now: datetime) -> str | None:
    """我可以去,不过要六点以后 → 六点以后."""
    if not after:
        return None
    however = _HOWEVER.match(after)
    span = next(iter(times.find_times(after, now)), None)
    if span and (span.start is None or span.end is None or (however and len(span.text) + 2 >= len(however["what"]))):
        return span.text
    return however["what"] if however else None


_ARRIVAL = re.compile(
    r"(?<![晚早迟推提])(?P<n>半|[0-9]{1,3}|[一二三四五六七八九十两]{1,3})(?P<half>个半|个)?(?P<unit>分钟|刻钟|小时|钟头)"
    r"(?:内|左右|后|之内|以内)?(?:就|能|可以|准|一定)?(?:到|过来|过去|赶到|下来|上来|上门)"
)


def find_arrival(text: str, now: datetime) -> Span | None:
    """我十分钟到: the moment somebody says they will be there."""
    match = _ARRIVAL.search(fold(text))
    minutes = times.read_minutes(match["n"] + (match["half"] or "") + match["unit"]) if match else None
    if match is None or minutes is None:
        return None
    start = now.replace(second=0, microsecond=0) + timedelta(minutes=minutes)
    return Span(start, start + timedelta(minutes=1), Grain.MINUTE, match[0])


def find_rating(folded: str) -> Score | None:
    """How content the words are, worst first: 不满意 holds 满意."""
    worst_first = (Score.DISSATISFIED, Score.FAIRLY_SATISFIED, Score.SATISFIED)
    return next((score for score in worst_first if WORDS[score.value].search(folded)), None)


# Who helped when a neighbour did it on the way

_NEIGHBOUR = re.compile(
    r"(?P<who>(?:(?:楼[上下]|隔壁|对门|对面|邻居|"
    r"[0-9]{1,3}[栋楼])的?)?(?P<name>[老小][\u4e00-\u9fff]|[\u4e00-\u9fff]{1,2}(?:哥|姐|叔|姨|"
    r"婶|师傅|阿姨|大爷|大哥|大姐|老师)|[\u4e00-\u9fff]{2,3}))"
    r"(?:已经|刚才?|都|顺手|过来|下来|上来){0,5}(?:帮我?们?|替我|给我|来帮)(?:我)?.{0,12}"
)
_FAMILY = re.compile(r"(?:儿子|女儿|闺女|老公|老婆|爱人|我[爸妈弟妹哥姐]|孙子|家里人|自己|我自己|老伴)")
_NOT_NAME = re.compile(
    r"(?:谢(?:大家|各位|谢|你|您)|已经|有人|别人|人家|他们?|她们?|我们?|你们?|大家|物业|刚才?|社区|师傅们?|志愿者|邻居们?|谢谢|有个|都)"
)


def _closing(slots: Slots, text: str) -> Slots:
    """Who helped when a neighbour did it on the way: 楼上小李帮我提上来了."""
    if slots.reason is None:
        return slots
    match = _NEIGHBOUR.search(slots.reason)
    if match and not _FAMILY.search(match["who"]):
        name = match["name"]
        # 门铃帮我看看 thanks no doorbell: without a word of where they live it must look like somebody's name.
        if not _NOT_NAME.match(name) and (match["who"] != name or names.is_name(name)):
            return replace(slots, reason="neighbour", name=name)
    if re.search(r"(?:邻居|楼[上下]|隔壁|对门|对面).{0,6}(?:帮|给|来)", slots.reason):
        return replace(slots, reason="neighbour")
    return slots


def closing(slots: Slots, text: str, words: str) -> Slots:
    """What is told where something is given up: the neighbour who helped, or that it came right."""
    closed = _closing(slots, text)
    return replace(closed, is_settled=closed.name is None and WORDS["settled"].search(words) is not None)


def closing_of(text: str) -> Slots:
    """The same of a whole sentence, which is no reason for anything else."""
    closed = closing(Slots(reason=text), text, text)
    return closed if closed.name else Slots(is_settled=closed.is_settled)
