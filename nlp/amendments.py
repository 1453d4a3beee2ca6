"""A change of an order by words: another time, another place, more or less urgent."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from nlp import places, times
from nlp.intent import Slots, Urgency
from nlp.numbers import digits

_AMEND = (
    r"改(?:到|成|为|期|约|时间|一?下|在|个时间)|换(?:到|成|个时间|一天)|推迟|[推拖调]到|提前到|延(?:到|"
    r"后|期)|挪到|往[后前](?:推|挪|延|提)|时间(?:变了|有变|改|换|不行)|地址(?:写错|错|改|变)|"
    r"(?:写|说|打|发)错了.{0,6}(?:是|应该)|应该是|更正|不是.{1,12}(?:是|改)"
)
_AMENDING = re.compile(
    r"把?(?:(?:#|【|第)?\s?(?P<order>[0-9]{1,6})\s?】?\s?(?:号单子?|号|单子?)?\s?)?(?:我|我的|"
    r"我那|我们|这|这个|那个|能不能|可以|能|麻烦|想|需要|请|把|时间|地址|地点|位置|单子?|预约|上门|约的|"
    r"帮我|今天的|明天的|师傅|也|要|得|[\s,]){0,5}(?P<how>" + _AMEND + r")"
)
_URGENCY_WORDS: Final = (
    ("不紧急", Urgency.NORMAL),
    ("紧急", Urgency.URGENT),
    ("应急", Urgency.EMERGENCY),
    ("特急", Urgency.EMERGENCY),
    ("加急", Urgency.URGENT),
    ("急", Urgency.URGENT),
    ("一般", Urgency.NORMAL),
    ("普通", Urgency.NORMAL),
    ("不急", Urgency.LOW),
)


# What a plain wish for another time ends on; without it 会议改到周四了 is news.
_WISH = re.compile(r"能不能|可不可以|能否|可以吗|行吗|行不行|好吗|好不好|成吗|成不成|方便吗|吧$|麻烦")
# 晾衣架那事能不能挪到周四: the order is named by its thing.
_BY_THING = re.compile(r"[\u4e00-\u9fff]{1,8}?(?:那|这|的)(?:个|件)?[事单活]儿?,?")
_NUMBERED = re.compile(
    r"[#【第]?(?P<order>[0-9]{1,6})\s?】?(?:号单子?|号(?![楼院线])|单子?)?(?![0-9栋幢座楼层室户月日天年岁点时分秒个位名人元块米斤度路:.\-])"
    r"[\s,]*(?P<said>.{2,60})"
)
_SPOKEN = re.compile(r"(?!一二三)[一二三四五六七八九][零〇一二三四五六七八九]{2,3}(?=号|单|改|换|推|挪|的|时|地|[\s,])")
_ASKED = re.compile(r"行吗|可以吗|好吗|成吗|行不行|成不成|能不能|方便吗")
_LONE = re.compile(r"[改推换挪延](?![单约期成])[^,，\s]{1,10}(?:吧|了|$|[,，\s])")
_NO_HURRY = re.compile(r"不(?:着)?急|不赶|不用(?:那么)?(?:急|赶)|慢慢来")
_ANOTHER_TIME = re.compile(
    r"晚(?:一?点|到|一?会儿|些)|早(?:一?点|些)|往[后前]|推|拖|提前|也行|也可以|再(?:来|弄|修|去|说)|"
    r"行不行|行吗|可以吗|好吗|好不好|成不成|能不能|方便吗"
)
_CLAIMING = re.compile(r"我(?:来|去|接|陪|可以|行|报名|到)|算我|没(?:来|到|弄)")


# 纱窗那个换到明天下午, 抬柜子那个 时间改成明早9点: the order is pointed at, so it takes no further wish.
_POINTED = re.compile(
    r"(?:(?:不好意思|抱歉|对不起|麻烦|你好|您好|哎呀?|师傅|书记)[\s,]{0,2}){0,3}"
    r"(?P<thing>[\u4e00-\u9fff]{1,8}?)(?:那|这)(?:个|件事?|事|单子?|活|趟)儿?的?[\s,]{0,2}"
    r"(?=(?:时间|地点|地址|位置|能不能|可不可以|可以|想|要|帮我|麻烦|给我)?(?:改|换|推|挪|提前|延))"
)
_NO_ORDER = re.compile(r"会议?$|开会|活动|聚会|聚餐|讲座|比赛|[课班]$|饭局|电影|你|他|她")


def _pointed_change(text: str, folded: str, now: datetime) -> Slots | None:
    match = _POINTED.match(folded)
    if match is None or _NO_ORDER.search(match["thing"]) or re.search(r"[了啦]\W*$", folded):
        return None
    slots = _changed(text[match.end() :], folded[match.end() :], now)
    return slots if slots and (slots.time or slots.address) else None


# 改到周四开会了, 会议改到周五了: news of other people's dates.
_NEWS = re.compile(
    r"(?:会议?|[开聚]会|聚餐|饭局|晚饭|午饭|早饭|电影|演出|比赛|航班|飞机|火车|[课班考]|考试|面试|婚礼|手术|培训|体检|讲座|活动|同学会)"
    r"[^,]{0,3}[改换推提延挪]|[改换推提延挪][^,]{0,10}(?:开会|上课|上班|考试|聚餐|吃饭|面试|出发|支付|名|主意|发型|口味|签名|微信)|[改换推提延挪][^,]{0,12}[了啦][\W]*$|^(?:推迟|延期|延后|提前|改期)了"
)


def find_amendment(text: str, folded: str, now: datetime, *, near: bool = False) -> Slots | None:
    """A change of an order by words: 258我改一下,不是今天下午,改明天下午三点行不行."""
    if len(folded) > 80:
        return None
    if spoken := _SPOKEN.match(folded):
        # 二三一改到明天: a number said aloud is written as one.
        figures = digits(spoken[0])
        text, folded = figures + text[spoken.end() :], figures + folded[spoken.end() :]
    if not near and _LONE.match(folded) and not _ASKED.search(folded):
        return None  # 改到明天吧 changes an order only where there is one: acts.table says so
    numbered = _NUMBERED.match(folded)
    if numbered and (slots := _plain_change(numbered, now)):
        return slots
    puts_off = near and _ANOTHER_TIME.search(folded) and _WISH.search(folded) and not _CLAIMING.search(folded)
    if puts_off and (time := times.read_time(folded, now)):
        return Slots(time=time)
    if not _CHANGE.intersection(folded) or (not near and _NEWS.search(folded) and not _WISH.search(folded)):
        return None
    if slots := _changed(text, folded, now) or _pointed_change(text, folded, now):
        return slots
    if not _WISH.search(folded):
        return None
    for clause in _CLAUSES.split(folded):
        named = _BY_THING.match(clause)
        rest = clause[named.end() :] if named else clause
        if rest != folded and _CHANGE.intersection(rest) and (slots := _changed(rest, rest, now)) and slots.time:
            return slots
    return None


_CHANGE: Final = frozenset("改换推提延挪错")
_CLAUSES = re.compile(r"[,，。.!！;；\s\n~～…、?？]+")


def _plain_change(numbered: re.Match[str], now: datetime) -> Slots | None:
    """101不急了,明天弄也行 and 102我可能晚一点,八点行不行: a number, another time, and no word of a claim."""
    said = numbered["said"]
    calm = bool(_NO_HURRY.search(said))
    if not calm and (not _ANOTHER_TIME.search(said) or _CLAIMING.search(said) or _CHANGE.intersection(said)):
        return None
    time = times.read_time(said, now)
    if time is None and not calm:
        return None
    return Slots(order=str(int(numbered["order"])), time=time, urgency=Urgency.LOW if calm else None)


def restated(rest: str) -> str:
    """What stands behind 改单231 as a change of its own: 5栋 as 改成5栋."""
    return rest if _CHANGE.intersection(rest[:4]) else f"改成{rest}"


def _changed(text: str, folded: str, now: datetime) -> Slots | None:
    match = _AMENDING.match(folded)
    if match is None:
        return None
    new = None
    for found in re.finditer(r"改|换|推|提前|延|挪", folded):
        if span := times.read_time(text[found.start() + 1 :], now):
            new = span
    urgency = next(
        (level for word, level in _URGENCY_WORDS if re.search(r"(?:改|换|调)(?:成|为|到)" + word, folded)), None
    )
    order = str(int(match["order"])) if match["order"] else None
    address = places.find_changed(text, folded)
    if (
        new is None
        and urgency is None
        and order is None
        and address is None
        and not re.search(r"改(?:时间|期|约|一?下时间)|换个时间|换一天|地址", folded)
    ):
        return None
    return Slots(order=order, time=new, urgency=urgency, address=address)
