"""Addresses in every written shape: 3栋2单元501, 三号楼二单元五零一, 3-2-501, 2#604, 125弄8号1102室."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from nlp import estates
from nlp.intent import Address
from nlp.numbers import digits, read
from nlp.spots import find_spot

# Every shape begins with one set of characters, which lets the engine skip what cannot begin a number; whether
# the characters that followed are a number is decided in code.
_FIRST = "0-9a-z一二三四五六七八九十百幺廿卅东西南北中前后甲乙丙丁"
_MORE = "0-9a-z一二三四五六七八九十百零〇幺廿卅"
_N = r"[0-9]{1,2}|[一二三四五六七八九十幺廿卅]{1,3}"
_GAP = r"[\s,\-—–_~.·/、|的()\[\]]{0,3}第?"
# 东边那户101, 顶上1801, 右手502: where on the landing, said before the number.
_WHICH_DOOR = (
    r"(?:(?:(?:靠|最|左|右|[东西南北里外])[东西南北里外左右]?[边侧面头手]?|楼?顶[上楼层]|顶|中间|把头|当中|一进门|对着门)?"
    r"(?:那|的|这)?(?:一?[户家间套])?的?[\s,)\]]{0,2})?"
)
_SEP = r"\s?[\-—–_~.·/#、|]{1,2}\s?"
_BUILDING_UNIT = (
    r"(?:楼栋|[栋幢](?:楼(?![下上道前后旁门顶梯]))?|座(?![位谈机落])|塔(?!吊)|号(?:宿舍|公寓|住宅|居民|家属|教工|职工)楼?|"
    r"(?:宿舍|公寓|住宅|家属)楼|号\s?楼|号舍|舍(?![友得不])|"
    r"#楼?(?=[0-9a-z\u4e00-\u9fff\s,。;!?\-—]|$)(?![汽柴油线机炉])|号院(?=[0-9一二三四五六七八九十]{1,3}(?:单元|门[0-9])))"
)
_ENTRANCE_WORD = (
    r"(?:[东西南北](?:数|边|头)起?)?第?(?:"
    + _N
    + r"|[a-h]|[甲乙丙丁]|[东西南北中][1-9一二三四]?)(?:\s?侧|\s?边|个)?\s?"
)
_BEHIND_FLAT = r"(?![0-9])(?!\.[0-9]|:[0-9]|号楼|[栋幢元块米年斤度%]|个|多(?![日天年])|人(?!家)|天(?!花)|[-~][0-9]{3,}|平米?|ml|kg)"
_FLAT = (
    r"(?:[a-h]?[0-9]{3,5}(?:[a-f](?![a-z]))?|[0-9](?:\s[0-9]){2,3}|[一二三四五六七八九零〇幺]{3,4}(?![十百千])|"
    r"[一二三四五六七八九十]千?[一二三四五六七八九零百]{1,3}[一二三四五六七八九零十]{0,4}(?=\s?(?:号?[室房户]|[\s,。!]|$))|"
    r"[0-9]{1,2}[a-f](?![a-z0-9])|[0-9]{1,2}(?=\s?(?:室|号房|房(?![子间])|号门|门(?!口))))"
    + _BEHIND_FLAT
    + r"(?:\s?号?[室房户](?!间)|号(?![楼院线]))?"
)
_STOREY = (
    r"(?:负|地下|-)?(?:"
    + _N
    + r")\s?(?:层|楼(?![道梯栋长顶管板市]|[下上](?!不)))|b[1-4]层|(?<![0-9])[0-9]{1,2}f(?![a-z0-9])"
)
_DOOR = r"(?:" + _N + r")\s?(?:号门?|门(?![口厅禁])|室|户(?!人))(?!楼)"

_TAIL = (
    r"(?:" + _GAP + r"(?P<floor>" + _STOREY + r"))?"
    r"(?:" + _GAP + _WHICH_DOOR + r"(?P<room>" + _FLAT + r")|(?:(?<=[层楼f门])\s?|(?<=单元))(?P<door>" + _DOOR + r"))?"
)
_WRITTEN = re.compile(
    rf"(?P<building>[{_FIRST}][{_MORE}]{{0,4}})\s?(?P<unit>{_BUILDING_UNIT})"
    rf"(?:{_GAP}(?P<entrance>{_ENTRANCE_WORD}(?:单元(?![群长])|门洞|[座梯](?=\s?[0-9])|门(?![口面禁锁卡铃框把诊外前])))"
    rf"|(?:{_SEP}|,\s?|\s)?(?P<dashed>[0-9]{{1,2}}|[a-h]){_SEP}(?=[0-9]{{3,4}}(?![0-9])))?" + _TAIL
)
_SIDE_HOUSE = re.compile(
    rf"(?P<building>[{_FIRST}][{_MORE}]{{0,2}})楼(?:{_GAP}(?P<entrance>{_ENTRANCE_WORD}(?:单元|门(?=\s?[0-9]))))?"
    + _TAIL
)
_END = r"(?![0-9\-/]|\.[0-9]|[个人点元岁分%年月块米斤度]|[日天](?!花)|:[0-9])"
_DASHED = re.compile(
    r"(?P<building>[0-9a-z#][0-9a-z]{0,3})(?:[\-—–_/#~|]|\s-\s)(?P<entrance>[0-9]{1,2}|[a-h])(?:[\-—–_/~#|]|\s-\s)"
    r"(?P<room>[0-9]{3,4}(?:[a-f](?![a-z]))?)" + _END
)
_DOTTED = re.compile(r"(?P<building>[0-9][0-9]?)(?P<sep>[.、·])(?P<entrance>[0-9])(?P=sep)(?P<room>[0-9]{3,4})" + _END)
# 2-1-7楼: the last is a storey.
_DASHED_STOREY = re.compile(
    r"(?P<building>[0-9a-z#][0-9a-z]{0,3})[\-—–_/#](?P<entrance>[0-9]{1,2}|[a-h甲乙丙丁])[\-—–_/#](?P<floor>[0-9]{1,2}\s?(?:楼(?![道梯栋])|层))"
)
# 3-2单元-601: the unit behind the second.
_DASHED_UNIT = re.compile(
    r"(?P<building>[0-9a-z#][0-9a-z]{0,3})[\-—–_/#](?P<entrance>[0-9]{1,2}|[a-h])单元(?:[\-—–_/#\s]{0,2}(?P<room>[0-9]{3,4})(?![0-9]))?"
)
# As foreigners and people without a Chinese keyboard write it.
_FOREIGN = re.compile(
    r"(?<![a-z])(?:(?:building|bldg|block|blk|tower)\s?\.?(?:no\.?)?\s?#?(?P<building>[0-9]{1,3}[a-z]?|[a-h][0-9]?)(?![0-9a-z])"
    r"|(?P<dong>[0-9]{1,3})\s?(?:dong|zhuang|haolou|hao lou|zuo)(?![a-ce-z]))"
    r"(?:[\s,\-]{0,2}(?:(?:unit|entrance|gate)\s?#?(?P<entrance>[0-9]{1,2}|[a-h])(?![0-9a-z])"
    r"|(?P<danyuan>[0-9]{1,2})\s?(?:danyuan|dan yuan|men)))?"
    r"(?:[\s,\-]{0,2}(?:floor\s?(?P<floor>[0-9]{1,2})|(?P<ceng>[0-9]{1,2})\s?(?:ceng|lou|f|/f|th floor)))?"
    r"(?:[\s,\-]{0,2}(?:room|rm|apt|flat|apartment|#)?\s?\.?#?(?P<room>[0-9]{3,4}[a-f]?)(?![0-9a-z]))?"
)
# A number alone between two commas completes what was said elsewhere, and is nothing without it.
_LONE_ROOM = re.compile(
    r"(?P<room>[1-9](?<![^,。!;、\s].)(?<!2(?=0[23][0-9]))[0-9]?(?:0[1-9]|1[0-9]|2[0-4]))(?=$|[,。!;、\s])(?!\s?[元块个人斤米度年])"
)
# 说错了是1102 takes the room before it back.
_AMENDED_ROOM = re.compile(
    r"(?:不对|错了?|更正|改[成为]|应该)[,、…。.\s]{0,3}(?:应该?)?(?:是|为)?\s?(?P<room>[0-9]{3,4})(?![0-9])"
    + _BEHIND_FLAT
)
_DASHED_WORDS = re.compile(
    r"(?P<building>[一二三四五六七八九十]{1,3})[\-—](?P<entrance>[一二三四五六七八九十]{1,2})[\-—](?P<room>[一二三四五六七八九零〇幺]{3,4})"
)
_DASHED_FLOOR = re.compile(r"(?P<building>[0-9]{1,2})-(?P<floor>[0-9]{1,2})-(?P<room>[0-9]{2})" + _END)
# Without zeros the three may be a date, so a name must stand right before them: 兴工北街17号3-6-2.
_DASHED_SMALL = re.compile(
    r"[号苑园区里院村城府庭](?P<building>[0-9]{1,2})[\-—](?P<entrance>[0-9]{1,2})[\-—](?P<room>[0-9]{1,2})" + _END
)
_SHORT = re.compile(
    r"(?P<building>[0-9a-h#][0-9a-z]{0,3}|[i-z][0-9]{0,2}(?=[\-—][0-9]{3,4}号?[室房户]))[\-—](?P<room>[1-9][0-9]{2,3})(?:号?[室房])?"
    + _END
)
_ENTRANCE = re.compile(
    rf"(?P<entrance>[{_FIRST}][{_MORE}]?(?:侧|边|个)?\s?(?:单元(?![群长])|门洞|门(?=[\s,]{{0,2}}(?:[0-9]{{3,4}}(?![0-9])|(?:[0-9]|[一二三四五六七八九十]{{1,2}})[楼层]))))"
    + _TAIL
)
_STOREYED = re.compile(
    r"(?P<floor>[0-9一二三四五六七八九十][0-9一二三四五六七八九十]{0,2}\s?[层楼])(?P<apart>[\s,\-]?)(?P<room>[0-9]{3,4}|[一二三四五六七八九零〇幺]{3,4}(?![十百]))"
    + _BEHIND_FLAT
    + r"号?[室房]?"
)
# 号 is a building behind 弄, and behind an estate or a village of blocks only where a flat follows.
_LANE = re.compile(
    rf"[弄村苑里园区坊]\s?(?P<building>[甲乙丙]?[0-9]{{1,3}})\s?(?P<unit>号)楼?(?:(?P<entrance>[0-9]{{1,2}})单元)?"
    rf"(?:{_GAP}(?P<floor>[0-9]{{1,2}}[层楼]))?(?:{_GAP}(?P<room>[0-9]{{3,4}}){_BEHIND_FLAT}室?)?"
)
_NUMBERED = re.compile(rf"(?P<building>[0-9]{{1,3}})\s?号(?P<entrance>(?:{_N})(?:单元|门(?=[0-9])))" + _TAIL)
_BARE_NUMBER = re.compile(
    rf"(?P<building>[0-9][0-9a-z]{{0,2}})\s?号(?![楼院线码])[\s,\-]{{0,2}}(?P<room>[0-9]{{3,4}}{_BEHIND_FLAT})?室?"
)
_LABELLED = re.compile(
    r"(?:(?:楼栋号?|楼号|栋号|幢号|楼座)(?<![0-9一二三四五六七八九十]楼[栋号])(?<![0-9一二三四五六七八九十][栋幢]号)[:是\s]?|楼:|栋:|幢:)\s?(?P<building>[0-9a-z一二三四五六七八九十]{1,3})(?:栋|幢|号楼)?(?![0-9])"
    r"(?:[;,\s]{0,2}单元号?[:是\s]?\s?(?P<entrance>[0-9一二三四五六七八九十]{1,2})(?:单元)?)?"
    r"(?:[;,\s]{0,2}(?:房号|门牌号?|房间号?|室号|户号|室|户|房)[:是\s]?\s?(?P<room>[0-9]{3,4})(?![0-9]))?"
)
_ROOM = re.compile(
    r"(?P<room>[0-9一二三四五六七八九零〇幺](?:[0-9]{2,3}|[一二三四五六七八九零〇幺]{2,3}))(?:室|号?房间?|住户|的(?:邻居|住户|[老大王李张刘陈赵周]))"
)
_ROOM_OF = re.compile(
    r"(?:我家|我们家|对门|隔壁|楼上|楼下|房号|门牌号?|房间号?|室号|家住|我住|我是|我(?=[0-9]{3,4}的))(?:写?的?是|在|[:])?\s?(?P<room>[0-9]{3,4}|[一二三四五六七八九零〇幺]{3,4}(?![十百千]))"
    r"(?![0-9])(?!\.[0-9]|号楼|[栋幢元块米年斤度%天个多人岁分路]|号(?!房))"
)
# 单元2 behind its label; in 2单元5楼 the number stands before.
_LABELLED_ENTRANCE = re.compile(
    r"单元(?<![0-9a-z一二三四五六七八九十东西南北中甲乙丙丁侧]单元)号?[:是\s]?\s?(?P<entrance>[0-9]{1,2}|[一二三四五六七八九十]{1,2}|[a-h])(?![0-9a-z楼层室户号月点一二三四五六七八九十零])"
)
# 找1602老刘, 401张婶, 帮402送药: a number said for whoever lives there.
_ROOM_OF_SOMEBODY = re.compile(
    r"(?P<room>[1-9][0-9]{2,3})(?:的?(?:老(?![人年师板小街城房公婆])|大爷|大妈|奶奶|爷爷|阿姨|"
    r"[赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严魏陶姜谢邹潘葛范彭郎鲁马苗方俞任袁柳唐薛雷贺倪汤罗毕郝邬于傅齐康伍余顾孟黄萧尹姚邵汪毛戴宋庞熊舒董梁杜阮贾江童颜郭梅林钟徐邱骆高夏蔡田樊胡凌霍万卢莫丁邓洪包石崔龚程邢陆侯段武刘龙叶黎白温牛曾关]"
    r"(?:大?[爷妈伯娘叔婶姨哥姐]|奶奶|阿[姨婆公]|老师|师傅|老太|家))|(?<=[帮给替到去][0-9]{3})(?=[送带拿买取修换看敲])|(?<=[帮给替到去][0-9]{4})(?=[送带拿买取修换看敲]))"
)
_FLOOR = re.compile(
    rf"(?P<floor>[负地b0-9一二三四五六七八九十](?:下?(?:{_N}))?\s?(?:层|楼(?![道梯栋长顶管板市]|[下上](?!不))))"
)

# 社区医院三楼 and 外科五楼 are somebody else's floors; 五楼以上 is nobody's.
_ELSEWHERE = re.compile(
    r"(?:医院|门诊|住院部|病房|科室?|病区|大厦|商场|超市|银行|政务|大厅|学校|中心|前台|挂号|食堂|考点)[^,。!?;\s]{0,4}$"
)
_CARRY = re.compile(r"(?:上|到|抬上|搬上|提上|搬到|下|爬|提到|送到|背上|拿到|从|去|有|丢|放|扔|搁)$")
_NO_FLOOR = re.compile(r"以[上下]|放|大厅|办|缴|饭|打|高|的楼")
# What stands before a number that is no address.
_CODE = re.compile(
    r"(?:取件码?|取货码?|提货码?|货架|货号|单号是?|型号|版本|比分|尺寸|规格|编号|订单|密码|车牌|卡号|比|打成|考试|第|满|输|赢|"
    r"[¥$*+×x]|:)\s?$|(?:取件码|取货码|型号|货架|规格|快递)[^,。]{0,3}$"
)
_DENIED = re.compile(r"(?:不是|不在|别去|并非|而不是|不去)$")
_MOVED_TO = re.compile(r"(?:搬到|搬去|搬往|搬进|送到|抬到|拉到)$")
_TOLD = re.compile(r"(?:地址|住址|位置|地点)[:是在]{0,2}$")

_LETTERS = re.compile(r"[a-z]{2,4}(?=[0-9])")
_SIDES = frozenset("东西南北中前后")
_STEMS = frozenset("甲乙丙丁")
_MARKED = re.compile(r"[a-z][0-9]{0,2}")
_SUFFIXED = re.compile(r"0*([1-9][0-9]{0,2}[a-h]?)")
_LABEL = re.compile(r"(?:[东西南北](?:数|边|头)起?)|[第个侧边\s]")


def _plain(text: str) -> str | None:
    """08 → 8, 二十 → 20, b4 → B4, 5a → 5A, 东6 → 东6, 乙 → 乙; None for what is no such name."""
    if _MARKED.fullmatch(text):
        return text.upper()
    text = text.lstrip("#")
    if suffixed := _SUFFIXED.fullmatch(text):
        return suffixed[1].upper()
    if text[0] in _STEMS or text[0] in _SIDES:
        text = text[0] + digits(text[1:])
        return text if len(text) == 1 or text[1:].isdecimal() else None
    number = read(text)
    return str(number) if number and number < 1000 else None


def _entrance(text: str) -> str | None:
    return _plain(_LABEL.sub("", text.rstrip("单元门洞梯座")))


def _floor(text: str) -> str | None:
    """负一楼, 地下一层 and b1层 are -1."""
    number = re.sub(r"\s|[层楼f]$", "", text)
    below = number.startswith(("负", "地下", "-", "b"))
    count = read(number.lstrip("负地下-b"))
    return None if not count else f"-{count}" if below else str(count)


def _flat(text: str) -> str | None:
    """五零一 → 501, 五百零一 → 501, 5 0 1 → 501, 1601a → 1601A."""
    number = re.sub(r"\s|号|[室房户门]", "", text)
    if any(char in "十百千" for char in number):
        count = read(number)
        return str(count) if count else None
    return digits(number).upper()


def _door(text: str) -> str | None:
    count = read(text.rstrip("号门室户 "))
    return str(count) if count else None


_PARTS: Mapping[str, tuple[str, Callable[[str], str | None]]] = {
    "building": ("building", _plain),
    "entrance": ("entrance", _entrance),
    "dashed": ("entrance", _entrance),
    "floor": ("floor", _floor),
    "room": ("room", _flat),
    "door": ("room", _door),
    "dong": ("building", _plain),
    "danyuan": ("entrance", _entrance),
    "ceng": ("floor", _floor),
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """One way of writing; `needs` are characters of which a text in this shape holds one."""

    pattern: re.Pattern[str]
    needs: frozenset[str]
    bare: bool = False  # numbers and signs only: dates, scores and codes look the same
    lone: bool = False  # only completes another


_SHAPES = (
    _Shape(_LABELLED, frozenset("楼栋幢")),
    _Shape(_WRITTEN, frozenset("栋幢座塔楼舍#院")),
    _Shape(_FOREIGN, frozenset("gkru")),
    _Shape(_DASHED_STOREY, frozenset("-—–_/#"), bare=True),
    _Shape(_DASHED_UNIT, frozenset("单"), bare=True),
    _Shape(_DASHED, frozenset("-—–_/#~|"), bare=True),
    _Shape(_DOTTED, frozenset(".、·"), bare=True),
    _Shape(_DASHED_WORDS, frozenset("-—"), bare=True),
    _Shape(_DASHED_FLOOR, frozenset("-"), bare=True),
    _Shape(_DASHED_SMALL, frozenset("-—"), bare=True),
    _Shape(_LANE, frozenset("号")),
    _Shape(_NUMBERED, frozenset("号")),
    _Shape(_SHORT, frozenset("-—"), bare=True),
    _Shape(_SIDE_HOUSE, frozenset("楼")),
    _Shape(_ENTRANCE, frozenset("元门")),
    _Shape(_STOREYED, frozenset("楼层")),
    _Shape(_ROOM, frozenset("室房户的")),
    _Shape(_ROOM_OF, frozenset("家门壁上下号住是的")),
    _Shape(_AMENDED_ROOM, frozenset("错对正改该"), lone=True),
    _Shape(_LABELLED_ENTRANCE, frozenset("元")),
    _Shape(_ROOM_OF_SOMEBODY, frozenset("老大奶爷阿姨叔婶哥姐娘妈伯师家送带拿买取修换看敲"), lone=True),
    _Shape(_LONE_ROOM, frozenset("123456789"), lone=True),
)
# A list of so many addresses asks for help at none of them; looking on would cost time that grows with its square.
_MOST = 24
_NUMBER = re.compile(r"[0-9a-h一二三四五六七八九十幺甲乙]")
_HINT = re.compile(
    r"[栋幢座塔舍楼#\-—–_~./、·|元门室房层院号户弄]|对门|隔壁|我家|我[0-9]|[0-9]的|[0-9]{3}[老送大]|dong|hao|bldg|[blr]o(?:ck|om)|building|tower"
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One reading. `rank` 0 is said of the speaker's own home, 2 of a neighbour's; `lone` only completes another one;
    `amends` takes back what was said before it."""

    address: Address
    start: int
    end: int
    worth: int
    rank: int = 1
    lone: bool = False
    amends: bool = False


_OWN = re.compile(r"(?:我们?家|[俺咱]家|我住|家住|我是|本人|自家)[在是:]?\s?$")
_OTHERS = re.compile(r"(?:对门|隔壁|楼上|楼下|邻居)的?\s?$")
_AMENDED = re.compile(
    r"(?:不对|[说写打记]错了?|错了|更正|口误|[哦噢]不|不不)[,、…。.!\s]{0,4}(?:应该?)?(?:是|为)?\s?$|(?:应该?[是为]|改成|改为)\s?$"
)


def _candidates(folded: str) -> Iterator[_Candidate]:
    for shape, _, address, start, end in _matches(folded):
        yield _weighed(shape, folded, address, start, end)


def _matches(folded: str) -> Iterator[tuple[_Shape, re.Match[str], Address, int, int]]:
    """Every place that is written in one of the shapes, with where it stands; no two overlap."""
    chars = frozenset(folded)
    taken: list[tuple[int, int]] = []
    for shape in _SHAPES:
        if shape.needs.isdisjoint(chars) or (shape.lone and not taken):
            continue
        for match in shape.pattern.finditer(folded):
            start, end = _span(match)
            if shape.pattern is _FOREIGN:
                start = match.start()
            if any(start < high and low < end for low, high in taken):
                continue
            address = _read(shape, match, start)
            if address is not None:
                taken.append((start, end))
                if len(taken) > _MOST:
                    return
                yield shape, match, address, start, end


# Everything that says which home of a building; and what may follow it.
_INNER = tuple(name for name, (part, _) in _PARTS.items() if part != "building")
_OUTER = tuple(name for name, (part, _) in _PARTS.items() if part == "building")
_UNIT_BEHIND = re.compile(r"\s?(?:栋楼?|幢楼?|号?楼|座|塔|舍|#楼?|号)")
# 302、402 and 1301/1302: the second home is one as well.
_ROOM_BEHIND = re.compile(
    r"\s?(?:号?[室房户](?!间))?(?:[、,/和与跟及或]\s?[0-9]{3,4}(?![0-9元块个人年]|号楼|[栋幢])(?:号?[室房户](?!间))?)*"
)


@dataclass(frozen=True, slots=True)
class Flat:
    """Where a text tells which home of a building is meant; `bare` where the building before it has no word of its own."""

    start: int
    end: int
    bare: bool


def flats(folded: str) -> list[Flat]:
    """The entrances, storeys and rooms of a text in every shape that is read as an address."""
    folded = _plainly(folded)
    if not (_NUMBER.search(folded) and _HINT.search(folded)):
        return []
    found = (_flat_in(match) for _, match, *_ in _matches(folded))
    return [flat for flat in found if flat is not None]


def _flat_in(match: re.Match[str]) -> Flat | None:
    inner = [match.span(name) for name in _INNER if name in match.re.groupindex and match.start(name) >= 0]
    if not inner:
        return None
    outer = max((match.end(name) for name in _OUTER if name in match.re.groupindex), default=-1)
    start, end = min(low for low, _ in inner), max(high for _, high in inner)
    bare = False
    if 0 <= outer <= start:
        unit = _UNIT_BEHIND.match(match.string, outer, start)
        start, bare = (unit.end(), False) if unit else (outer, match.string[outer : outer + 1] not in " :")
    behind = _ROOM_BEHIND.match(match.string, end)
    return Flat(start, behind.end() if behind else end, bare)


def _weighed(shape: _Shape, folded: str, address: Address, start: int, end: int) -> _Candidate:
    said = folded[max(0, start - 10) : start]
    rank = 0 if _OWN.search(said) else 2 if _OTHERS.search(said) else 1
    return _Candidate(address, start, end, _worth(address, said), rank, shape.lone, _AMENDED.search(said) is not None)


def _span(match: re.Match[str]) -> tuple[int, int]:
    """From the first number on: the letters before it were only there to be recognised by."""
    starts = [start for name in match.re.groupindex if name in _PARTS and (start := match.start(name)) >= 0]
    return min(starts) + _letters_before(match), match.end()


def _letters_before(match: re.Match[str]) -> int:
    """In soho2号楼 only the 2 is the building."""
    lead = _LETTERS.match(match["building"] or "") if "building" in match.re.groupindex else None
    return lead.end() if lead else 0


def _worth(address: Address, said: str) -> int:
    """How much an address says, and what the words before it make of it."""
    worth = 4 * sum(part is not None for part in (address.building, address.entrance, address.room, address.floor))
    if _DENIED.search(said):
        return worth - 20
    return worth - 2 * bool(_MOVED_TO.search(said)) + 2 * bool(_TOLD.search(said)) + (address.building is not None)


def _read(shape: _Shape, match: re.Match[str], start: int) -> Address | None:
    text = match.string
    before = text[start - 1] if start else ""
    cut = _letters_before(match)
    if not cut and before and (before in "./-¥" or (before.isascii() and before.isalnum())):
        return None
    if before == ":" and text[start - 2 : start - 1].isdecimal():
        return None
    if shape.bare and (before in "第+" or _CODE.search(text, max(0, start - 8), start)) and before:
        return None
    found: dict[str, str] = {}
    for name, group in match.groupdict().items():
        if group is None or name not in _PARTS:
            continue
        part, value = _PARTS[name]
        if part == "entrance" and "个" in group and "第" not in text[match.start(name) - 1 : match.end(name)]:
            continue  # 4个单元 counts them
        read_value = value(group[cut:] if name == "building" else group)
        if read_value is None:
            if part == "building":
                return None
            continue
        found[part] = read_value
    return _sensible(shape, match, start, Address(**found))


_WHOLE = re.compile(r"[有共这那整几每]$")
_STREET = re.compile(r"(?:路|街|道|巷|胡同)$")


def _sensible(shape: _Shape, match: re.Match[str], start: int, address: Address) -> Address | None:
    """Refuses what only looks like this shape, and tells a floor from a building."""
    text = match.string
    said = text[max(0, start - 8) : start]
    if shape.pattern is _WRITTEN:
        unit = match["unit"]
        alone = not (address.entrance or address.room or address.floor)
        if alone and ((unit == "栋楼" and address.building == "1") or (_WHOLE.search(said) and "楼" in unit)):
            return None
        if unit == "座" and said.endswith(("排", "厅", "厢")):
            return None  # a seat
        if address.building in _SIDES or (unit in ("座", "舍", "塔") and alone and address.building in ("1", "10")):
            return None
    elif shape.pattern is _STOREYED:
        return _storeyed(match, address, said)
    elif shape.pattern is _LANE:
        return _in_lane(match, address)
    elif shape.pattern is _NUMBERED:
        return None if _STREET.search(said) else address
    elif shape.pattern is _SIDE_HOUSE:
        sided = bool(address.building and address.building[0] in _SIDES)
        return address if address.entrance or (sided and address.room) else None
    elif shape.pattern is _SHORT:
        building, room = address.building or "", address.room or ""
        if len(building) == 3 and building.endswith("0") and room.endswith("0"):
            return None  # 200-500 is a range
        if building.isdecimal() and int(building) <= 12 and re.match(r"20[2-3][0-9]$", room):
            return None  # 11-2026 is a month
    elif (shape.pattern in (_ROOM, _ROOM_OF) and _ELSEWHERE.search(said)) or (
        shape.pattern is _ENTRANCE and address.entrance is None
    ):
        return None
    return address or None


def _storeyed(match: re.Match[str], address: Address, said: str) -> Address | None:
    """15楼1503 is on the fifteenth floor; in 3楼501 the 3 is the building."""
    if _ELSEWHERE.search(said) or not address.room:
        return None
    if match["apart"] == "," and address.floor != address.room[:-2].lstrip("0"):
        return None
    if address.floor == address.room[:-2].lstrip("0") or match["floor"].endswith("层"):
        return address
    return replace(address, building=address.floor, floor=None)


def _in_lane(match: re.Match[str], address: Address) -> Address | None:
    return address if match[0][0] == "弄" or address.room or address.entrance or address.floor else None


def _chosen(found: list[_Candidate]) -> _Candidate | None:
    """The fullest address, of equals the first; parts said elsewhere complete it."""
    said = [one for one in found if one.worth > 0]
    best = max(
        (one for one in said if not one.lone),
        key=lambda one: (one.amends and one.address.building is not None, one.worth, -one.rank, -one.start),
        default=None,
    )
    if best is None:
        return None
    address, start, end = best.address, best.start, best.end
    for other in sorted(said, key=lambda one: (one.rank, one.start)) if len(said) > 1 else ():
        more = other.address
        if other is best or (more.building and address.building) or (other.lone and not address.building):
            continue
        if other.amends and other.start > best.start:
            address = replace(
                address,
                entrance=more.entrance or address.entrance,
                floor=more.floor or address.floor,
                room=more.room or address.room,
            )
            continue
        if more.building and not (more.entrance or more.room) and more.building != address.building:
            address = replace(address, building=more.building, floor=address.floor or more.floor)
            start, end = min(start, other.start), max(end, other.end)
        elif not more.building and address.building:
            address = replace(
                address,
                entrance=address.entrance or more.entrance,
                floor=address.floor or more.floor,
                room=address.room or more.room,
            )
    return _Candidate(address, start, end, best.worth)


@dataclass(frozen=True, slots=True)
class Building:
    """One building of a community's own list; empty fields are not known, so they forbid nothing."""

    name: str
    entrances: frozenset[str] = frozenset()
    floors: int | None = None
    rooms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Buildings:
    """The buildings of a community, by name: 8 → its entrances, floors and rooms as far as known."""

    by_name: Mapping[str, Building] = field(default_factory=dict)

    @staticmethod
    def of(*buildings: Building) -> Buildings:
        return Buildings({building.name: building for building in buildings})

    def agree(self, address: Address) -> bool | None:
        """Whether such a place stands here; None where the address names no building or nothing is listed."""
        if address.building is None or not self.by_name:
            return None
        building = self.by_name.get(address.building)
        if building is None:
            return False
        if address.entrance and building.entrances and address.entrance not in building.entrances:
            return False
        if address.room and building.rooms and address.room not in building.rooms:
            return False
        floor = address.floor or (address.room[:-2] if address.room and address.room.isdecimal() else None)
        return not (building.floors and floor and floor.isdecimal() and int(floor) > building.floors)


@dataclass(frozen=True, slots=True)
class Located:
    """An address, where it stands in the text, and whether the community has such a building (None: nobody knows)."""

    address: Address | None
    start: int = -1
    end: int = -1
    known: bool | None = None


# 叁单元伍零贰; alone such a letter is a surname.
_FORMAL = re.compile("[壹贰叁肆伍陆柒捌玖拾](?=单元|栋|幢|号楼|楼|层|门[0-9])|[壹贰叁肆伍陆柒捌玖拾零]{2,}")
_PLAINLY = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")


def _plainly(text: str) -> str:
    """The text with formal numerals written as the common ones; positions stay."""
    return _FORMAL.sub(lambda said: said[0].translate(_PLAINLY), text)


def read_address(text: str, folded: str, masked: str, known: Buildings | None = None) -> Located:
    """The address of a text. In `masked` phones are blanked out; `known` binds 8号 and refutes 99栋."""
    masked = _plainly(masked)
    chosen = _chosen(list(_candidates(masked))) if _NUMBER.search(masked) and _HINT.search(masked) else None
    if known is not None and known.by_name and (chosen is None or chosen.address.building is None):
        chosen = _listed(masked, known) or chosen
    address, start, end = (chosen.address, chosen.start, chosen.end) if chosen else (Address(), -1, -1)
    if (not address.floor and not address.room) or (address.room and "楼商铺" in masked):
        address = replace(address, floor=_free_floor(masked))
    community = estates.before(folded, start) if start > 0 else None
    address = replace(address, community=community or estates.anywhere(folded))
    address = replace(address, place=find_spot(text, folded, address, start, end))
    return Located(address or None, start, end, known.agree(address) if known is not None else None)


def find_address(text: str, folded: str, masked: str) -> tuple[Address | None, int, int]:
    """The address of the text and where it stands, without any list of buildings."""
    found = read_address(text, folded, masked)
    return found.address, found.start, found.end


def _listed(masked: str, known: Buildings) -> _Candidate | None:
    """8号 302 and 幸福里8号, where the community's list has a building 8."""
    for match in _BARE_NUMBER.finditer(masked):
        start = match.start()
        said = masked[max(0, start - 8) : start]
        building = _plain(match["building"])
        if building not in known.by_name or _STREET.search(said) or _CODE.search(said):
            continue
        if match["room"] or re.search(r"[里弄村巷苑园区住在家]$", said):
            room = _flat(match["room"]) if match["room"] else None
            return _Candidate(Address(building=building, room=room), start, match.end(), 5)
    return None


def _free_floor(masked: str) -> str | None:
    for match in _FLOOR.finditer(masked):
        before = masked[max(0, match.start() - 8) : match.start()]
        if (
            not before.endswith(tuple("0123456789.:-一二三四五六七八九十第几a"))
            and not _ELSEWHERE.search(before)
            and not _CARRY.search(before)
            and not _NO_FLOOR.match(masked, match.end())
        ):
            return _floor(match["floor"])
    return None
