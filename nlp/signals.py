"""The named signals of a free text: what can be observed in it. How much each one weighs is learned, see nlp.weighing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from nlp.clean import MATCHED
from nlp.intent import Address, Count
from nlp.shapes import Shapes, read_blocks
from nlp.spotting import CATEGORY_FILES, Hit, Hits, words_of
from nlp.urgency import is_recalled


@dataclass(frozen=True, slots=True)
class Facts:
    """What the readers found in one text; signals look at nothing else."""

    folded: str
    hits: Hits
    learned: frozenset[str]  # the words of the text that have a weight of their own
    address: Address | None
    phones: int
    beneficiary: str | None
    needed: Count | None
    mentioned: bool = False

    def words(self, *lists: str) -> str:
        return " ".join(hit.word for name in lists for hit in self.hits.get(name, ()))

    def count(self, name: str) -> int:
        return len({hit.word for hit in self.hits.get(name, ())})

    def first(self, name: str) -> Hit | None:
        hits = self.hits.get(name)
        return hits[0] if hits else None


Find = Callable[[Facts], str]


@dataclass(frozen=True, slots=True)
class Signal:
    """One named observation."""

    name: str
    expected: float  # what it should weigh for a request; learning starts from it and keeps its sign
    find: Find  # the words that show it; empty where it is absent


# What people say of a thing that is broken; looked for shortly after the thing's name.
_STATE = re.compile(
    r"[^,。!?;\n]{0,7}?(?:[坏裂断漏堵歪翘塌掉松冒返溢淹灭黑糊憋滴卡锈烂破滑臭响晃爆短倒炸斜锁丢]|"
    r"不(?:亮|灵|动|转|热|凉|冷|通|响|走|出|行|着|上|开|了|能用|制冷|工作|见|冲|下水|来电|"
    r"显示|稳)|不会(?:用|弄|调|开|装)|没(?:声|电|水|气|反应|信号|人|网|亮|油|法|热水|关)|停(?!车|在|留|好)|失灵|异响|"
    r"报警|老化|打不|关不|点不|拧不|推不|冲不|拔不|连不|开不|上不去|下不来|使不了|用不了|堆|"
    r"满|脱落|有[股点个].{0,3}味|焦|咯吱|嗡嗡|乱[停放堆]|占)"
)
_WELL = re.compile(r"[^,。!?;\n]{0,8}?(?:修好|换好|通好|恢复|好了|没坏|不坏|没有坏|不会坏|从来|从没)")


def _broken(facts: Facts) -> str:
    """A thing of the home or the estate with a bad state said of it: 下水道堵得, 玻璃裂了."""
    folded = facts.folded
    for hit in facts.hits.get("facility", ()):
        end = hit.at + len(hit.word)
        if folded.startswith("里", end) and folded.endswith("在", 0, hit.at):
            continue  # 我在电梯里没信号 tells where I am
        match = _STATE.match(folded, end)
        if match and not _WELL.match(folded, end):
            return folded[hit.at : match.end()]
    return ""


# What is done for others in two or three words. 买菜 and 看书 are left out: people do these for themselves.
_DEED = (
    r"(?:安装|疏通|维修|修理|修|换|装|搬|抬|扛|拆|挂|通|取|拿|代取)"
    r"(?:一下|下|个|把|只|台|张|点|几个|[一两二三0-9]{1,2}[个把台张件只袋])?"
)
_BARE_DEED = re.compile(
    r"(?:求助?|想|要|请|帮|找人|来(?:个人)?)?(?:(?P<deed>"
    + _DEED
    + r")(?:家里|厨房|卫生间|厕所|客厅|卧室|阳台|楼道|门口)?的?(?P<thing>[\u4e00-\u9fff]{1,5}?)"
    r"(?P<towards>(?:到|去|上|下)[0-9\u4e00-\u9fff]{1,6})?"
    r"|把(?P<moved>[\u4e00-\u9fff]{1,5}?)(?:搬|抬|扛|拿|提|背|送)(?:上|下)(?:楼|来|去)|陪(?:看病|诊|护|聊天|聊|去医院))"
    r"(?:吧|呗|啊)?(?:[,。\s]{1,2}(?!我).{0,8}(?:都行|都可以|就行|都在家|有空))?[,。!~\s]{0,3}"
)
# 拿快递 and 取药 are errands; other things one fetches oneself.
_FETCHED: Final = frozenset({"快递", "包裹", "信件", "药", "外卖"})


@cache
def _mendable() -> frozenset[str]:
    things = {line.split()[0] for line in words_of("things")}
    return frozenset(things | set(words_of("facility")) - {"网络", "信号", "路", "桥", "房子", "手机"})


# 明天上午3栋 before the deed. A day alone is what people say of their own plans, so a house must be named, or 来.
_WHEN_AND_WHERE = re.compile(
    r"(?:(?:今|明|后)天|[今明]晚|明早|(?:下?周|星期|礼拜)[一二三四五六日天末])?"
    r"(?:早上|上午|中午|下午|傍晚|晚上)?(?:[0-9一二三四五六七八九十两]{1,3}点(?:半|钟)?)?[\s,]{0,2}(?:(?<=.)(?=来)|(?:我家|我住|在)?"
    r"[0-9a-z一二三四五六七八九十]{1,3}(?:栋|幢|座|号楼)(?:[0-9一二三四五六七八九十]{1,2}单元)?(?:[0-9]{3,4}(?:室|号)?)?[\s,]{0,2})"
)
_SENT = re.compile(
    r"^去(?:[\u4e00-\u9fff]{0,4}(?:店|房|超市|市场|菜场|驿站|医院|门口|柜))(?:买|取|拿|带|配|捎)[\u4e00-\u9fff]{1,12}"
)


def _sent(folded: str) -> str:
    """去药店买止痛药, said to the bot: nobody tells it of their own walks."""
    match = _SENT.match(folded)
    return match[0] if match and not re.search(r"[了过]\W*$", folded) else ""


def _bare_need(facts: Facts) -> str:
    """换灯泡, 通下水道, 把米扛上来: a deed and a thing of the home and not a word more, but for when and where."""
    folded = facts.folded
    if len(folded) <= 40 and (lead := _WHEN_AND_WHERE.match(folded)):
        folded = folded[lead.end() :]
    if len(folded) > 14:
        return ""
    match = _BARE_DEED.fullmatch(folded)
    if match is None:
        return ""
    thing = match["thing"] or match["moved"]
    deed = match["deed"] or ""
    if thing and deed.endswith("下") and f"下{thing}" in _mendable():
        thing = f"下{thing}"  # 通下水道
    if thing is None:
        return folded
    if deed[:1] in ("取", "拿", "代"):
        return folded if thing in _FETCHED else ""
    carried = match["moved"] or match["towards"]
    return folded if thing in _mendable() or (carried and thing in _LOADS) else ""


_LOADS: Final = frozenset({"米", "面", "油", "水", "书", "东西", "大米", "菜", "轮椅", "老人"})


_AT_HOME = re.compile(
    r"(?:我家|俺家|我们家|家里|我们单元|我们楼)(?!(?:那|的)?(?:孩子|小孩|娃|老头|老公|老婆|老伴|儿子|女儿|狗|猫|来))"
)


# 我家水管漏了, 家里灯也坏了: told of one's own home, and nothing but that.
_OWN_HOME: Final = re.compile(r"^(?:哎呀?|唉|那个)?,?(?:我家|俺家|我们家|咱家|家里)(?:的|也|又|里)?(?:是,?)?")
_HALTED: Final = re.compile(r"^(?:又|也|都|突然)?(?:停[电水气]|断[电水气网]|没[电水气网]|跳闸)了?$")


def _own_home_broken(facts: Facts) -> str:
    folded = facts.folded.rstrip(" ,。!~…啊呀呢吧")
    home = _OWN_HOME.match(folded)
    if home is None or len(folded) > 16 or folded.endswith(("好了", "修了", "换了")):
        return ""
    told = _broken(facts) or _HALTED.match(folded[home.end() :])
    return folded if told else ""


def _place(facts: Facts) -> str:
    """3栋2单元501室, as far as it is told."""
    address = facts.address
    if address is None:
        return ""
    parts = ((address.building, "栋"), (address.entrance, "单元"), (address.room, "室"), (address.place, ""))
    return "".join(f"{part}{unit}" for part, unit in parts if part)


# What cannot be told by words and shapes alone; the other signals stand in lexicon/signals.table.
_TOLD: Final = (
    Signal("对着小邻说的", 0.6, lambda facts: "@" if facts.mentioned else ""),
    Signal("家里、小区的东西坏了", 1.5, _broken),
    Signal("我家缺什么、坏什么", 0.7, lambda facts: facts.words("lack") if _AT_HOME.search(facts.folded) else ""),
    Signal("只说自己家坏了什么", 2.0, _own_home_broken),
    Signal("说了地方", 0.9, _place),
    Signal("留了电话", 0.4, lambda facts: "电话" if facts.phones else ""),
    Signal("说了给谁", 0.8, lambda facts: facts.beneficiary or ""),
    Signal("要几个人手", 1.0, lambda facts: "人手" if facts.needed else ""),
    Signal("一句话的活", 3.2, _bare_need),
    Signal("点名让小邻去买去取", 2.8, lambda facts: _sent(facts.folded) if facts.mentioned else ""),
    Signal("来着", -5.0, lambda facts: "来着" if is_recalled(facts.folded) else ""),
    Signal("一段话", 0.0, lambda facts: _length(facts, 60, 150)),
    Signal("长长一篇", 0.0, lambda facts: _length(facts, 151, MATCHED)),
)


def _length(facts: Facts, least: int, most: int) -> str:
    return f"{len(facts.folded)}字" if least <= len(facts.folded) <= most else ""


class Table:
    """The signals that show in words of the lists or in written shapes."""

    def __init__(self, text: str) -> None:
        """Raises ValueError naming the line that is wrong."""
        self.expected: dict[str, float] = {}
        self._listed: list[tuple[str, str, int]] = []
        shapes: list[str] = []
        self._signal_of: list[str] = []
        for block in read_blocks(text):
            try:
                self.expected[block.name] = float(block.rest)
            except ValueError:
                raise ValueError(f"[{block.name}] {block.rest}: the weight is no number") from None
            for shape in block.shapes:
                if not shape.startswith("@"):
                    self._signal_of.append(block.name)
                    shapes.append(shape)
                elif listed := re.fullmatch(r"@(\w+)(?: ([0-9]))?", shape):
                    self._listed.append((block.name, listed[1], int(listed[2] or 1)))
                else:
                    raise ValueError(f"{shape!r}: after @ stands a list, and how many of its words at least")
        self._shapes = Shapes(shapes)

    def shown(self, facts: Facts) -> dict[str, str]:
        """The signals that show, each with the words that show it."""
        found = {
            name: facts.words(listed)
            for name, listed, least in self._listed
            if listed in facts.hits and (least == 1 or facts.count(listed) >= least)
        }
        for number, match in self._shapes.found(facts.folded):
            found.setdefault(self._signal_of[number], match[0][:20])
        return found


@cache
def table() -> Table:
    """The table of this package, loaded once."""
    return Table((files("nlp") / "lexicon" / "signals.table").read_text(encoding="utf-8"))


def expected() -> dict[str, float]:
    """Signal → what it should weigh for a request."""
    kinds = dict.fromkeys((f"说到{category}" for category in CATEGORY_FILES.values()), 0.3)
    return {signal.name: signal.expected for signal in _TOLD} | table().expected | kinds


def observe(facts: Facts) -> dict[str, str]:
    """The signals that show in a text, each with the words that show it."""
    told = {signal.name: words for signal in _TOLD if (words := signal.find(facts))}
    kinds = {f"说到{kind}": facts.words(name) for name, kind in CATEGORY_FILES.items() if name in facts.hits}
    return told | table().shown(facts) | kinds
