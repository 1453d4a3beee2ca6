"""The item of an order: a few plain words naming what is needed, fit to be shown in a group: 换厨房灯, 提快递到5楼.

It is put together from tables and never copied, so no name, flat, phone or illness can slip in. Where unsure: the kind of help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from nlp.intent import Category
from nlp.numbers import read
from nlp.spotting import words_of
from nlp.words import Word

C = Category
Cut = Callable[[str], Sequence[Word]]
# The kind of help in words that may be said in a group.
KINDS: Final[dict[Category, str]] = {
    C.REPAIR: "水电维修",
    C.ELDER_CARE: "上门助老",
    C.DISABILITY: "助残帮扶",
    C.MEDICAL: "就医陪护",
    C.MEALS: "送餐买菜",
    C.ERRAND: "代办跑腿",
    C.SANITATION: "清理环境",
    C.MEDIATION: "邻里调解",
    C.EDUCATION: "照看孩子",
    C.COMPANIONSHIP: "陪伴聊天",
    C.HAZARD: "排查隐患",
    C.CARRYING: "搬运东西",
    C.RESCUE: "应急救援",
    C.SUPPLIES: "送物资",
    C.LOST: "帮忙寻找",
    C.OTHER: "搭把手",
}
BUY_MEDICINE: Final = "代买药品"
# How long an errand of its own name takes where nothing is said; the kinds have their usual lengths elsewhere.
MINUTES: Final[dict[str, int]] = {BUY_MEDICINE: 30}
# Whole needs with a name of their own. Earlier lines win.
_NAMED: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), item)
    for pattern, item in (
        (r"困.{0,4}电梯|电梯.{0,6}(?:困|关)了?.{0,2}人|电梯.{0,6}困", "电梯困人"),
        (r"电梯.{0,6}(?:停|坏|不动|不走)", "电梯停运"),
        (r"(?:理发|剪头发|剃头|剪发)", "上门理发"),
        (r"剪指甲", "剪指甲"),
        (r"遛.{0,3}(?:狗|犬)", "遛狗"),
        (r"(?:喂|照看|照顾|代养|寄养).{0,3}(?:狗)|狗没人喂", "喂狗"),
        (r"(?:喂|照看|照顾|寄养).{0,3}(?:猫)|猫没人喂", "喂猫"),
        (r"浇.{0,3}花", "浇花"),
        (r"(?:找|寻).{0,3}猫|猫.{0,6}(?:丢|不见|跑|走失)", "找猫"),
        (r"(?:找|寻).{0,3}狗|狗.{0,6}(?:丢|不见|跑|走失)", "找狗"),
        (r"(?:捡到|掉了?|丢了?|找|落).{0,8}钥匙|钥匙.{0,4}(?:掉|丢|落)", "找钥匙"),
        (r"(?:捡到|掉了?|丢了?|落).{0,8}(?:钱包|手机|身份证|包包|书包)", "找失物"),
        (
            r"(?:老人|爷爷|奶奶|父亲|母亲|爸|妈|孩子|儿子|女儿).{0,20}(?:走失|走丢|失踪|没回|不见了|联系不上)|寻人",
            "寻人",
        ),
        (r"(?:接|送).{0,6}(?:放学|上学)|(?:放学|幼儿园).{0,14}接|接.{0,4}(?:孩子|小宝|娃|宝宝)", "接孩子"),
        (r"(?:看|带|照看|照顾|托管).{0,5}(?:孩子|小宝|娃|宝宝)", "照看孩子"),
        (
            (
                r"(?:辅导|补|教|补习).{0,6}(?P<s>数学|英语|语文|物理|化学|作业|功课)|(?P<s2>数学|英语|"
                r"语文|物理|化学).{0,8}(?:辅导|跟不上|补)"
            ),
            "辅导{s}",
        ),
        (r"(?:不会用|教|学).{0,6}(?:智能)?手机|手机.{0,6}(?:不会用|不会|教)|健康码", "教用手机"),
        (r"(?:陪|找人).{0,8}(?:聊|说说话|说话|下棋|解闷)|不说话", "陪聊天"),
        (r"陪.{0,10}(?:医院|看病|复查|门诊|检查|就诊|体检|换药)|陪诊", "陪诊"),
        (
            (
                r"(?:透析|化疗|放疗|医院|复查|看病|产检|疫苗).{0,14}(?:车|接送|送)|(?:接送|"
                r"送).{0,10}(?:医院|透析|化疗|复查|看病|疫苗)"
            ),
            "接送就医",
        ),
        (
            (
                r"药(?:店|房).{0,6}(?:买|取|拿|带|捎|配)|(?:买|捎|带|配)(?:点|些|个)?"
                r"(?:[一两二三四五几0-9]{1,2}[盒瓶包片袋])?(?:[\u4e00-\u9fff]{0,4}药(?!店|房)|胰岛素|布洛芬|创可贴)"
            ),
            BUY_MEDICINE,
        ),
        (r"(?:敲敲?门|没见.{0,6}(?:下楼|出门|人)|看看.{0,4}在不在)", "上门探望"),
        (r"煤气|燃气.{0,3}(?:味|漏)|天然气", "查看燃气"),
        (r"(?:充电|飞线).{0,10}(?:楼道|电动车|火)|楼道.{0,10}充电", "楼道充电隐患"),
        (r"消防通道|救护车进不来", "疏通消防通道"),
        (r"井盖", "修井盖"),
        (r"大扫除", "大扫除"),
        (r"(?:打扫|搞)(?:一下|下)?卫生(?!间)", "打扫卫生"),
        (r"(?:马|野|黄)蜂|蜂窝", "除蜂窝"),
        (r"(?:装修|建筑)垃圾", "清装修垃圾"),
        (r"垃圾.{0,8}(?:没人|满|收|溢|臭|堆|清)", "清垃圾"),
        (r"(?:占|堵).{0,4}(?:车位|车库|道)|挪.{0,2}车|车位", "协调停车"),
        (r"(?:半夜|晚上|凌晨|天天|装修).{0,10}(?:吵|噪|拖|闹|响|钻)|噪音|太吵|扰民", "调解噪音"),
        (r"(?:吵|纠纷|矛盾|评评?理|调解|打架)", "邻里调解"),
        (r"搬家", "搬家"),
        (
            r"返水|反水|(?:下水|马桶|地漏|水池|水槽|洗手池).{0,6}堵|堵.{0,4}(?:下水|马桶|地漏)|下水.{0,3}不通",
            "疏通{drain}",
        ),
        (r"(?:布置).{0,3}场地", "布置场地"),
        (r"没米|没菜|断粮|断顿|没吃的", "送米面菜"),
        (r"(?:买|带|捎).{0,6}菜|买点?菜", "买菜"),
        (r"漏雨", "修漏雨"),
        (r"(?:天花板|楼上|屋顶|墙).{0,8}(?:漏|渗|滴)", "查漏水"),
        (r"漏水|水管.{0,3}(?:漏|爆)|渗水|流水|在漏", "修漏水"),
        (r"跳闸|停电|没电|短路|断电", "查电路"),
        (r"停水|没水|不出水(?!龙)", "查停水"),
    )
)
VERBS: Final = [
    "安装",
    "疏通",
    "修理",
    "维修",
    "打扫",
    "布置",
    "协调",
    "打印",
    "修",
    "换",
    "装",
    "搬",
    "抬",
    "提",
    "拎",
    "扛",
    "背",
    "拿",
    "取",
    "送",
    "借",
    "买",
    "带",
    "捎",
    "通",
    "清",
    "擦",
    "扫",
    "浇",
    "接",
    "扔",
    "拆",
    "挂",
    "贴",
    "办",
    "交",
    "开",
    "收",
    "挪",
    "运",
    "写",
    "调",
    "补",
    "看",
]
_SAME: Final = {"安装": "装", "修理": "修", "维修": "修", "捎": "带", "拎": "提", "通": "疏通"}
_MOVING: Final = frozenset("搬抬提扛背拿送挪运取")
_ROOMS: Final = (
    "厨房",
    "卫生间",
    "厕所",
    "洗手间",
    "阳台",
    "客厅",
    "卧室",
    "楼道",
    "浴室",
    "门口",
    "地下室",
    "院子",
    "楼梯间",
)
_LOOKS: Final = ("旧", "大", "小", "新", "老", "双人", "单人", "实木")
_COUNT = r"(?:[一两二三四五六七八九十几0-9]{1,3}(?:台|张|个|件|袋|箱|只|把|盏|副|架|床|辆|套|份|些|点|大|盒|瓶|捆|包)?(?:大)?)?"
_WHERE = re.compile(
    r"(?:(?:上|到|上到|去|回)\s?(?P<floor>[0-9]{1,2}|[一二三四五六七八九十]{1,3})\s?(?:楼|层)|"
    r"(?P<way>[上下])楼(?![道上下梯的]))"
)


@cache
def _things() -> dict[str, str]:
    """Thing → its usual verb, from the word list."""
    pairs = (line.split() for line in words_of("things"))
    return {pair[0]: pair[1] if len(pair) > 1 else "看" for pair in pairs}


@cache
def _heads() -> dict[str, tuple[str, ...]]:
    heads: dict[str, list[str]] = {}
    for thing in _things():
        heads.setdefault(thing[0], []).append(thing)
    return {head: tuple(sorted(words, key=lambda word: -len(word))) for head, words in heads.items()}


_VERB = "|".join(sorted(VERBS, key=lambda verb: -len(verb)))
_BEFORE_THING = re.compile(
    r"(?P<verb>"
    + _VERB
    + r")(?:一?下|一修|点|了|个|起|得|着|完)?"
    + _COUNT
    + r"的?(?:"
    + "|".join((*_ROOMS, *_LOOKS))
    + r"|的|我家|家里|老人|她的|他的){0,5}$"
)
_AFTER_THING = re.compile(
    r"(?:[\u4e00-\u9fff]{0,2})?(?:给我|帮我)?(?P<verb>" + _VERB + r")(?=上|下|到|走|出|进|一下|了|$|[\s,。])"
)
_LENDS = re.compile(r"借(?!口|条|到|过|走|了)")
_NOT_A_VERB = re.compile(
    r"(?:看看|看见|看到|好看|没看|打开|开关|收到|交给|取消|提醒|带着|接着|换人|通知|通过|背后|"
    r"运气|写字楼|搬走了|借过|借口|修车师傅)$"
)


# 手机13800138000 says how to reach somebody, not what is broken.
_PHONE_LABEL: Final = re.compile(r"(?:联系)?(?:手机|电话)(?:号码?)?[:是为,\s]{0,2}(?=[0-9+(])")


def find_item(folded: str, cut: Cut, category: Category) -> str:
    """What is needed in verb-object form: 修厨房灯; the kind of help where the text names no thing of ours."""
    folded = _PHONE_LABEL.sub("", folded)
    where = _direction(folded)
    for pattern, item in _NAMED:
        match = pattern.search(folded)
        if match:
            return _named(item, match, folded, where)
    built = _built(folded, cut, where)
    return built or KINDS[category]


def _named(item: str, match: re.Match[str], folded: str, where: str) -> str:
    if item == "搬家":
        return item + where if where.startswith("到") else item
    if "{s}" in item:
        return item.format(s=match["s"] or match["s2"])
    if "{drain}" in item:
        drain = next((word for word in ("马桶", "地漏", "水槽", "洗手池", "下水道") if word in folded), "下水道")
        return item.format(drain=drain)
    if item in ("修漏水", "查电路", "查停水", "查漏水"):
        # 水龙头漏水 names the thing to mend.
        thing = next(
            (word for word in ("水龙头", "热水器", "马桶", "水管", "暖气", "空调", "洗衣机", "屋顶") if word in folded),
            "",
        )
        return f"修{thing}" if thing and item != "查漏水" else item
    return item


def _direction(folded: str) -> str:
    match = _WHERE.search(folded)
    if match is None:
        return ""
    if match["way"]:
        return match["way"] + "楼"
    floor = read(match["floor"])
    return f"到{floor}楼" if floor else ""


def _built(folded: str, cut: Cut, where: str) -> str:
    """Verb, where it stands in the home, how it looks, the thing, and which way it goes."""
    spots = _spots(folded, cut)
    if not spots:
        return ""
    best: tuple[int, str, str, int] | None = None
    lends = bool(_LENDS.search(folded))
    for thing, at in spots:
        verb = _said_verb(folded, thing, at)
        rank = (2 if verb else 0) + (1 if len(thing) > 1 else 0)
        if lends and verb in ("", "借") and _things()[thing] == "借":
            rank += 4  # 谁有梯子借我,换个灯泡: the bulb they change themselves
        if best is None or rank > best[0]:
            best = (rank, thing, verb, at)
    if best is None:
        return ""
    _, thing, verb, at = best
    # 会修灯的,厨房灯不亮: the verb stands with the short name, the thing with the long one.
    thing, at = next(
        ((other, begin) for other, begin in spots if other != thing and other.endswith(thing)), (thing, at)
    )
    if not verb and len(thing) == 1 and thing not in ("灯", "锁"):
        return ""
    room = next(
        (found for other, begin in spots if thing.endswith(other) and (found := _before(folded, begin, _ROOMS))), ""
    )
    look = _before(folded, at, _LOOKS)
    verb = _SAME.get(verb, verb) or _things()[thing]
    room = "" if thing.startswith(room) else room
    return f"{verb}{room}{look}{thing}{where if verb in _MOVING else ''}"


def _spots(folded: str, cut: Cut) -> list[tuple[str, int]]:
    heads = _heads()
    found: list[tuple[str, int]] = []
    ends: set[int] | None = None
    at = 0
    while at < len(folded):
        for thing in heads.get(folded[at], ()):
            if not folded.startswith(thing, at):
                continue
            if len(thing) == 1 and ends is None:
                # Only a word of one character can be a part of another word: 饭 in 饭店.
                ends = {word.end for word in cut(folded)}
            if _is_cut_off(folded, thing, at, heads):
                continue
            if len(thing) > 1 or (ends and at + 1 in ends):
                found.append((thing, at))
                at += len(thing) - 1
                break
        at += 1
    return found


def _is_cut_off(folded: str, thing: str, at: int, heads: Mapping[str, tuple[str, ...]]) -> bool:
    """修一下水龙头 speaks of no 下水: the 下 belongs to what stands before it."""
    if thing[0] != "下" or not at:
        return False
    longer = heads.get(folded[at + 1 : at + 2], ())
    return any(len(other) >= len(thing) and folded.startswith(other, at + 1) for other in longer)


def _said_verb(folded: str, thing: str, at: int) -> str:
    before = _BEFORE_THING.search(folded[max(0, at - 12) : at])
    if before and not _NOT_A_VERB.search(folded[max(0, at - 12) : at][: before.end("verb")]):
        return before["verb"]
    after = _AFTER_THING.match(folded, at + len(thing))
    return after["verb"] if after else ""


def _before(folded: str, at: int, choices: Sequence[str]) -> str:
    stem = folded[:at].removesuffix("的")
    return next((choice for choice in choices if stem.endswith(choice)), "")
