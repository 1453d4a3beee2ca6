"""Names of estates and villages: 翠竹园 in 文化路86号翠竹园7号楼, without the city, the district and the road."""

from __future__ import annotations

import re
from functools import cache

from nlp.spotting import words_of

_HAN_NUMBER = "0-9一二三四五六七八九十"
# What an estate is called at the end. Long ones may stand alone in a text; short ones only before a building.
_LONG = (
    "小区|花园|家园|新村|公寓|新城|嘉园|雅居|雅苑|华庭|名都|名邸|名苑|佳苑|佳园|家苑|公馆|半岛|山庄|庄园|庭院|豪庭|豪苑|雅园|"
    "世家|名家|名门|名城|名园|蓝湾|花苑|花城|绿洲|绿城|学府|府邸|家属院|家属区|家属楼|大院|生活区|新苑|新区|新居|"
    "水岸|天地|天街|都会|城邦|国际|之光|时代|阳光城|世纪城|学院|大学城|大学|中学|小学|大厦|广场|中心|产业园|科技园|工业园|教师公寓|宿舍|"
    "医院|商城|社区"
)
_SHORT = "苑园庭府里城湾湖郡堡墅轩阁居台坊村寨庄屯院岸谷峰邸第港洲都区厂号"
# Which part of the estate: 二期, a区, 北区, 西三区, 7片, 18号院. 东苑 and 北苑 are names.
_PART = (
    r"(?:第?[" + _HAN_NUMBER + r"]{1,3}(?:期|区|片区?|组团|街坊?)|[a-h][0-9]?区|"
    r"[东西南北中][" + _HAN_NUMBER + r"]?区|[0-9]{1,4}号院)"
)
_TAIL = re.compile(_PART + r"(?:" + _PART + r")?$")
_GENERIC = re.compile(r"(?:家属|宿舍|职工|教职工|单位)(?:楼|院)$")
_INSTITUTION = re.compile(r"(?:医院|大学|中学|小学|学院|中心|广场|社区|公司)$")
_NAMED = re.compile(r"[\u4e00-\u9fff·0-9a-z]{0,12}(?:" + _LONG + r"|[" + _SHORT + r"])$")
# Where a name cannot begin further left: an office, a road with its number, a word of the sentence.
_OFFICE = (
    r"(?:省|(?<![城花夜菜超])市(?!场|民)|自治区|[河江铁市渝新][东西南北]区|"
    r"(?<![小园校街院厂片社东西南北中a-h0-9一二三四五六七八九十])区(?!间)|"
    r"县(?![一二三四五六七八九十])|旗(?!袍|舰)|街道办?|(?<!古)镇|乡(?!村)|开发区|高新区|社区|委会)"
)
_NUMBERED_ROAD = (
    r"[东西南北中]?(?:路|街|道|巷|弄|胡同|条|线)(?:[东西南北中]段)?"
    r"(?:[甲乙丙]?[0-9]{1,5}(?:[-/][0-9]{1,3})?(?:号(?![院楼])|弄(?:[0-9]{1,4}支弄)?)[甲乙丙]?)"
)
_ROAD = r"(?:大道|大街|[东西南北]路|[东西南北]街|路(?![0-9]*号院)|道(?![0-9]*号院)|(?<![天新])街(?![0-9]*号院)|巷|胡同)"
_WORD = (
    r"(?:[\s,。.!?;:、()\[\]【】「」\"'|\n]|住址|地址|位置|位于|家住|(?<![泰祥颐人永安中仁太瑞义协德兴世万融亲雅])和(?![平谐美园苑庭府顺兴睦泰风])|住在|就在|小区名?[:是]|旁边|附近|对面|隔壁|里面|后面|"
    r"(?<!未)来(?![福宝安凤广仪])|[我你他她您们的是在住到去帮请求给送趟从跟有这那找于转了吗呢啊吧救])"
)
# On the way there: a crossing, a stretch of a road, so many metres on.
_WAY = (
    r"(?:交叉口|交汇处?|路口|[东西南北中一二三四五六]段(?:[0-9]{1,4}号(?![院楼]))?|[0-9]{2,4}米(?:左右|处)?|[向往朝][东西南北]|"
    r"号之[一二三四五])"
)
_BORDER = re.compile(f"{_OFFICE}|{_NUMBERED_ROAD}|{_WAY}|{_ROAD}|{_WORD}")
_ENDS_ROAD = re.compile(_NUMBERED_ROAD)
_FIRM = re.compile(f"{_OFFICE}|{_NUMBERED_ROAD}|{_WAY}|{_ROAD}")
# Cities and districts said without their 市 or 区, and provinces.
_REGION = re.compile(
    r"(?:北京|上海|天津|重庆|广州|深圳|武汉|郑州|成都|杭州|南京|苏州|西安|长沙|合肥|济南|青岛|沈阳|大连|哈尔滨|长春|石家庄|太原|"
    r"福州|厦门|南昌|南宁|昆明|贵阳|海口|兰州|西宁|银川|乌鲁木齐|呼和浩特|宁波|温州|无锡|常州|佛山|东莞|珠海|新乡|洛阳|开封|"
    r"河南|河北|湖北|湖南|山东|山西|陕西|江苏|浙江|安徽|江西|福建|广东|广西|云南|贵州|四川|海南|辽宁|吉林|黑龙江|甘肃|青海|"
    r"浦东|静安|徐汇|虹口|杨浦|闵行|普陀|长宁|嘉定|松江|青浦|奉贤|金山区|朝阳区|海淀|丰台)(?=[\u4e00-\u9fff]{3})"
)
_DISTRICT = re.compile(
    r"(?:通州|石景山|昌平|大兴|顺义|房山|门头沟|怀柔|密云|延庆|平谷|武昌|汉口|汉阳|洪山|江岸|硚口|青山|江夏|东西湖|黄陂|蔡甸|宝安|龙岗|"
    r"福田|罗湖|龙华|天河|越秀|海珠|荔湾|番禺|金水|二七|惠济|郑东|玄武|秦淮|建邺|栖霞|江宁|浦口|萧山|余杭|拱墅|回龙观|望京|"
    r"观音桥|南海|顺德|香洲|瓯海|鄞州|滨湖|姑苏|相城)(?=[\u4e00-\u9fff]{3})"
)
_NUMBERED_YARD = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{1,6}?(?:路|街|道|巷)[甲乙]?[0-9]{1,4}号院)(?:[\u4e00-\u9fff]{2,4}楼)?$"
)
_OURS = r"(?:.{0,3}?[们本各该这那老全整个同一此我咱外])?"
_NO_NAME = re.compile(
    r"[\u4e00-\u9fff]?(?:家里|屋里|群里|哪里|院里|手里|夜里|楼里|心里|城里|村里|店里)|.{0,4}[周月天日晚早午][一二三四五六日末]?小区|"
    + _OURS
    + r"(?:小区|社区|村|花园|家园|大院|院|城|区|公寓|广场|中心|医院|学校|新区|大学|大厦)|.{0,2}公园|幼儿园|校园|之[一二三四五]|"
    r"阳台|前台|邻居|独居|分居|平台|门第|高峰|.?(?:隔离|封闭|封控|管控|无人|老旧|安置)小区|.{0,4}(?:进不了|出不了)城|.{0,3}(?:建议|希望|盼望?|恳请|请问|咨询|反映|关于|投诉|现在|目前|昨晚|听说|感觉)小区"
)
_SENTENCE = re.compile(r"[了吗呢吧没不很谁怎么快急漏坏停断堵换打做办买修装拆抬]|都(?!$)")
_ALONE = re.compile(
    r"(?:小区|花园|家园|新村|嘉园|雅苑|华庭|名都|名邸|名苑|佳苑|公馆|家属院|公寓|山庄|庄园|花苑)"
    r"(?!街道|镇|乡|派出所|[\u4e00-\u9fff]{0,2}(?:[东西南北]门|门口|广场|大门|超市|群|物业|里的花|舞))"
)
_VILLAGE = re.compile(
    r"[镇乡县区市道](?P<name>[\u4e00-\u9fff]{1,7}?[村寨屯](?![镇民委里头]))|"
    r"(?:^|[\s,。:住在])(?P<group>[\u4e00-\u9fff]{2,5}村)(?=[0-9一二三四五六七八九十]{1,2}[组队社])"
)


@cache
def _own() -> tuple[str, ...]:
    """Names that the community listed itself; what ends in a person's office is none."""
    return tuple(word for word in words_of("local") if word[-1] not in "员长场" and not word.endswith("中心"))


def before(folded: str, at: int) -> str | None:
    """The estate that is named right before the building at this place."""
    near = _LABEL.sub("", folded[max(0, at - 48) : at])
    said = _ROW.sub("", near.rstrip(" \t,;:-—·/.|的"))
    if not said or not said[-1].isalpha() or _WORD_END.search(said):
        return None
    apart = "," in near[len(said) :]
    own = next((name for name in _own() if said.endswith(name)), None)
    yard = _NUMBERED_YARD.search(said)
    if yard:
        return own  # a road with its number, which is where the house stands and not what it is called
    tail = _TAIL.search(said)
    body = said[: tail.start()].rstrip(" ,·-") if tail else said
    part = tail[0] if tail else ""
    body = _GENERIC.sub("", body) if _NUMBERED_YARD.search(_GENERIC.sub("", body)) else body
    name, firm = _cut(body, bool(part))
    if not name:
        return part.upper() if part and part[-1] != "街" and _stands_free(body) else None
    if own and len(own) > len(name):
        return own.upper()
    if (apart or not (firm or part)) and not _NAMED.fullmatch(name):
        return own
    if apart and _INSTITUTION.search(name):
        return own
    if not 2 <= len(name) <= 14 or _NO_NAME.fullmatch(name) or _SENTENCE.search(name):
        return own or (part if part and _stands_free(name) else None)
    # 二期 and a区 tell phases apart; they are no part of the name, unless the name would be too short without.
    return (name + part if part and len(name) < 3 and not _NAMED.fullmatch(name) else name).upper()


_ROW = re.compile("[" + _HAN_NUMBER + "]{1,3}[排列]$")
_LABEL = re.compile(r"(?:楼栋号?|楼号|栋号|幢号|楼座|单元|第)[:\s]*$")


def _stands_free(body: str) -> bool:
    """东区 and 二期 alone say which part of the estate where nothing else is named."""
    return not body or not "\u4e00" <= body[-1] <= "\u9fff" or bool(_WORD_END.search(body))


_WORD_END = re.compile(_WORD + "$")


def _cut(body: str, has_part: bool) -> tuple[str, bool]:
    """What stands behind the last border, and whether that border was an office or a road."""
    at, firm = 0, False
    for border in _BORDER.finditer(body):
        if border.end() < len(body) - (0 if has_part else 1) or _ENDS_ROAD.fullmatch(border[0]):
            at, firm = border.end(), bool(_FIRM.match(body, border.start()))
    name = body[at:]
    for regions in (_REGION, _REGION, _DISTRICT):
        region = regions.match(name)
        if region and not _NO_NAME.fullmatch(name, region.end()):
            name, firm = name[region.end() :], True
    return name.lstrip("0123456789号-、"), firm


def anywhere(folded: str) -> str | None:
    """An estate or village that is named without a building: 我们在阳光花园."""
    for match in _ALONE.finditer(folded):
        said = folded[max(0, match.start() - 24) : match.end()]
        name, _ = _cut(said, False)
        if 3 <= len(name) <= 10 and not _NO_NAME.fullmatch(name) and not _SENTENCE.search(name) and _chinese(name):
            return name.upper()
    return _village(folded) or next((name for name in _own() if name in folded), None)


def _village(folded: str) -> str | None:
    """东漳村 in 雁鸣湖镇东漳村, 大李庄村 in 大李庄村3组: the name begins behind the last office."""
    if "村" not in folded and "寨" not in folded and "屯" not in folded:
        return None
    found = None
    for match in _VILLAGE.finditer(folded):
        name = match["name"] or match["group"]
        found = found or name[max(name.rfind(office) for office in "镇乡县区市道") + 1 :]
    return found


def _chinese(name: str) -> bool:
    return all("\u4e00" <= char <= "\u9fff" for char in name)
