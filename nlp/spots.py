"""Public spots where something is: 小区南门, 地下车库b2出口, 16栋后面."""

from __future__ import annotations

import re

from nlp.intent import Address

# The longest match at the earliest place wins.
_SPOTS = (
    r"地下车库|地下室|车库|停车场|自行车棚|车棚|消防通道|天台|楼顶(?<![号栋幢]楼顶)|活动室|活动中心|党群服务中心|服务站|居委会门口|社区食堂|物业办公室|"
    r"物业中心|篮球场|羽毛球场|乒乓球台|健身区|健身器材|儿童乐园|游乐场|滑梯|广场(?!舞)|凉亭|花坛|花园里|草坪|"
    r"绿化带|垃圾站|垃圾房|岗亭|保安亭|门岗|快递柜|驿站|"
    r"东\s?[1-9]?门(?!外)|南\s?[1-9]?门(?!外)|西\s?[1-9]?门(?!外)|北\s?[1-9]?门(?!外)|大门口?|正门|侧门|后门口|路口|桥头|池塘|水池|喷泉|配电房|水泵房|电梯(?!坏|修|费|房)"
)
_PLACE = re.compile(
    r"(?:" + _SPOTS + r")(?:[a-z][0-9](?:出口|入口|层)?|[东南西北](?:侧|面|边))?"
    r"(?:门口|旁边?|边上?|附近|出口|入口|后面|前面)?"
)
_HOUSE = re.compile(
    r"(?:医院|卫生院|卫生服务中心|幼儿园|小学|中学|商场|超市)"
    r"(?=门口|[一二三四五六七八九十0-9]{1,3}(?:楼|层|号楼|病区)|门诊|住院部|急诊|病房)(?:门口)?"
)
# What stands before it is its name, back to a word of the sentence.
_NAME = re.compile(r"(?:在|到|去|^|[\s,。:!])(?P<name>[\u4e00-\u9fff]{0,8})$")
_WHOSE = ("小区", "社区", "院子", "院")
_NO_LIFT = re.compile(r"没有?电梯|无电梯|要是")
_BESIDE = re.compile(
    r"(?:楼|栋|幢)?(?:后面|前面|旁边|背面|楼下|门口|北侧|南侧|东侧|西侧)|[和跟与][0-9a-z]{1,3}(?:栋|幢|号楼|座)(?:之间|中间)"
)
# Beside a building without a flat only these are a place of their own.
_IN_BUILDING = re.compile(r"电梯|天台|地下|车库|楼顶")


def find_spot(text: str, folded: str, address: Address, start: int, end: int) -> str | None:
    """A public spot; beside a written address only what is not a part of that home."""
    if address.room:
        return None
    match = _PLACE.search(folded)
    if match and (not address.building or _IN_BUILDING.match(match[0])):
        if match[0].startswith("电梯") and not address.building and _NO_LIFT.search(folded):
            return None
        begin = match.start()
        begin -= next((len(word) for word in _WHOSE if folded.endswith(word, 0, begin)), 0)
        return text[begin : match.end()]
    if address.building and not address.entrance and not address.floor and end > 0:
        beside = _BESIDE.match(folded, end)
        return text[start : beside.end()] if beside else None
    if address.building or address.entrance:
        return None
    house = _HOUSE.search(folded)
    named = _NAME.search(folded, max(0, house.start() - 9), house.start()) if house else None
    return text[named.start("name") : house.end()] if house and named else None
