"""Phrases as data: "接单 {order} {people?}" → a compiled rule that matches a whole text in linear time.

literal text          stands for itself
one space             optional white space or punctuation
(接|接单|抢)           one of these
[单]                  may be missing
{order} {rest?}       a slot reader by name; with ? it may be missing
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from nlp import names, people, places, times
from nlp.clean import fold
from nlp.intent import Rule, Score, Slots, Urgency

GAP: Final = r"[\s,、。.!;:~\-—…]{0,4}"
# Politeness at the end that changes nothing. Every alternative begins differently, so there is one way to match.
_TAIL: Final = (
    r"(?:[\s了吧啊呀哈哦嘛呢啦喔噢哟咯,。.!~…]|谢谢(?:你|您|大家|各位)?|麻烦(?:你|您|大家)?|辛苦(?:你|您|大家)?){0,8}"
)
# After a bare order number: what would make it a house, a time, a head-count or a price instead.
NO_ORDER: Final = (
    r"(?!(?:[0-9栋幢座楼#层室户月日天年岁点时分秒个位名人元块米斤度]|[箱袋盒桶瓶台盏扇辆棵根条杯碗套次小周星]|"
    r"单元|号[楼院线]|[-/.:~到至][0-9]))"
)
_ORDER: Final = (
    r"(?:[#【\[(]\s?)?(?:单号|编号|第)?\s?(?P<{name}>[0-9]{{1,6}})\s?[】\])]?\s?(?:号单子?|号(?![楼院线到至])|单子?|#)?"
    + NO_ORDER
)
_MERGED = _ORDER.removesuffix(NO_ORDER) + r"(?=[\s到]+[#0-9])"
_ONLY_TAIL: Final = re.compile(_TAIL)
_ONLY_TAIL_END: Final = re.compile(r"[\s了吧啊呀哈哦嘛呢啦喔噢哟咯,，。.!！~…]{1,8}$")
_SCORES: Final[dict[str, Score]] = {
    "非常满意": Score.SATISFIED,
    "很满意": Score.SATISFIED,
    "挺满意": Score.SATISFIED,
    "满意": Score.SATISFIED,
    "好评": Score.SATISFIED,
    "五星": Score.SATISFIED,
    "基本满意": Score.FAIRLY_SATISFIED,
    "比较满意": Score.FAIRLY_SATISFIED,
    "还行": Score.FAIRLY_SATISFIED,
    "还可以": Score.FAIRLY_SATISFIED,
    "一般": Score.FAIRLY_SATISFIED,
    "凑合": Score.FAIRLY_SATISFIED,
    "中评": Score.FAIRLY_SATISFIED,
    "不满意": Score.DISSATISFIED,
    "很不满意": Score.DISSATISFIED,
    "没弄好": Score.DISSATISFIED,
    "没修好": Score.DISSATISFIED,
    "没办好": Score.DISSATISFIED,
    "不好": Score.DISSATISFIED,
    "差评": Score.DISSATISFIED,
}
_URGENCIES: Final[dict[str, Urgency]] = {
    "应急": Urgency.EMERGENCY,
    "特急": Urgency.EMERGENCY,
    "加急": Urgency.URGENT,
    "紧急": Urgency.URGENT,
    "很急": Urgency.URGENT,
    "不紧急": Urgency.NORMAL,
    "一般": Urgency.NORMAL,
    "普通": Urgency.NORMAL,
    "不急": Urgency.LOW,
    "不着急": Urgency.LOW,
}
_KINDS: Final = ("居民群", "党员群", "书记群", "单位群")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a slot reader is given: the words as written, the folded words, and the moment."""

    words: str
    folded: str
    now: datetime


_Fill = Callable[[Slots, _Reading], Slots | None]


def _order(slots: Slots, said: _Reading) -> Slots | None:
    number = str(int(said.folded))
    return replace(slots, order=number, orders=(*slots.orders, number))


def _twin(slots: Slots, said: _Reading) -> Slots | None:
    number = str(int(said.folded))
    return replace(slots, into=number, orders=(*slots.orders, number))


def _into(slots: Slots, said: _Reading) -> Slots | None:
    """13到12: the one that is named last stays."""
    filled = _twin(slots, said)
    return replace(filled, is_directed=True) if filled else None


_LEAD = re.compile(r"^[了吧啊呀哈哦呢](?:[\s,，。!！]+|$)")


def _rest(slots: Slots, said: _Reading) -> Slots | None:
    words = _LEAD.sub("", said.words)
    return slots if not words or _ONLY_TAIL.fullmatch(fold(words)) else replace(slots, rest=words)


def _reason(slots: Slots, said: _Reading) -> Slots | None:
    words = _LEAD.sub("", said.words)
    return replace(slots, reason=words or None)


def _name(slots: Slots, said: _Reading) -> Slots | None:
    name = said.words.lstrip("@＠")
    return replace(slots, name=name) if names.is_name(name) else None


def _assignee(slots: Slots, said: _Reading) -> Slots | None:
    return replace(slots, assignee=said.words.lstrip("@＠"))


_RULING: Final = "裁定"
_WITH_IT: Final = re.compile(r"(?:去|来)?(?:做|弄|修|办|接|干|负责|处理|解决|跟进|看看|跑一趟)(?:一下|下)?$")


def _receiver(slots: Slots, said: _Reading) -> Slots | None:
    """物业, 物业 裁定, 李强做吧: who gets it, without what they are to do with it."""
    words = _ONLY_TAIL_END.sub("", said.words.replace(_RULING, "").strip("给 ：:，,。")).lstrip("@＠")
    to = _WITH_IT.sub("", words) or words
    return replace(slots, assignee=to or None, is_ruling=_RULING in said.words)


# 231让别人去, 231给我妈: nobody to be sent by name.
_NO_HELPER: Final = re.compile(
    r"[我俺咱你您他她谁哪别给到]|大家|孩子|儿子|女儿|老[公婆伴]|专业|内行|懂|会[修弄]|有空|年轻|换|个|人家|师傅$"
)
_UNIT: Final = r"[\u4e00-\u9fff]{0,8}?(?:物业|公司|中心|[站所局队部院厂委]|居委会|街道|社区|银行|燃气|电力|供电|自来水|消防|城管|环卫)"
_IS_UNIT: Final = re.compile(_UNIT)


def _helper(slots: Slots, said: _Reading) -> Slots | None:
    """Somebody who is sent: a person, where a unit would be given the order for good."""
    if _NO_HELPER.match(said.folded) or _IS_UNIT.fullmatch(said.folded):
        return None
    if not said.folded.startswith(("@", "＠")) and not names.is_name(said.folded):
        return None
    return _assignee(slots, said)


def _helpers(slots: Slots, said: _Reading) -> Slots | None:
    """陈刚和刘洋: several who are sent together, each by name."""
    each = [name.lstrip("@＠") for name in SEVERAL.split(said.words)]
    return replace(slots, assignee=said.words) if len(each) > 1 and all(map(names.is_name, each)) else None


SEVERAL: Final = re.compile(r"\s?[和跟与、及]\s?|\s+(?=[@＠])")


def _where(slots: Slots, said: _Reading) -> Slots | None:
    """5栋 in 5栋的单: nothing but a place."""
    address, _, _ = places.find_address(said.words, said.folded, said.folded)
    return replace(slots, address=address) if address and address.building else None


def _urgency(slots: Slots, said: _Reading) -> Slots | None:
    return replace(slots, urgency=_URGENCIES[said.folded])


def _rating(slots: Slots, said: _Reading) -> Slots | None:
    return replace(slots, rating=_SCORES[said.folded])


def _minutes(slots: Slots, said: _Reading) -> Slots | None:
    found = times.read_minutes(said.folded)
    return None if found is None else replace(slots, minutes=found)


def _people(slots: Slots, said: _Reading) -> Slots | None:
    count = people.find_claimers(said.folded)
    return None if count is None else replace(slots, people=count)


def _when(slots: Slots, said: _Reading) -> Slots | None:
    span = times.read_time(said.words, said.now) or next(iter(times.find_times(said.words, said.now)), None)
    return None if span is None else replace(slots, time=span)


def _address(slots: Slots, said: _Reading) -> Slots | None:
    address, _, _ = places.find_address(said.words, said.folded, said.folded)
    return replace(slots, address=address) if address else None


def _code(slots: Slots, said: _Reading) -> Slots | None:
    return replace(slots, rest=said.words.upper())


def _group_kind(slots: Slots, said: _Reading) -> Slots | None:
    return replace(slots, item=said.folded)


@dataclass(frozen=True, slots=True)
class _Slot:
    pattern: str
    fill: _Fill
    opens: bool = False  # takes any remaining text, so it must stand last


_ANY = r"(?P<{name}>\S(?:[\s\S]{{0,998}}\S)?)"
_SOME = r"(?P<{name}>\S[^\n]{{0,59}})"
_PERSON = r"(?P<{name}>[@＠]?[a-z0-9_·\u3400-\u9fff]{{1,12}})"
# The shortest that lets the rest match: 派231给陈刚吧 names 陈刚.
_SENT = r"(?P<{name}>[@＠]?[a-z0-9_·\u3400-\u9fff]{{1,12}}?)"
_SLOTS: Final[dict[str, _Slot]] = {
    "order": _Slot(_ORDER, _order),
    "into": _Slot(_ORDER, _into),
    "twin": _Slot(_ORDER, _twin),  # 合并231 232: the lower number stays
    "receiver": _Slot(_ANY, _receiver, opens=True),
    "merged": _Slot(_MERGED, _order),  # 13到12, which elsewhere is a stretch of numbers
    "rest": _Slot(_ANY, _rest, opens=True),
    "reason": _Slot(_ANY, _reason, opens=True),
    "name": _Slot(_PERSON, _name),
    "assignee": _Slot(_SENT, _assignee),
    "helper": _Slot(r"(?P<{name}>[@＠]?[a-z_·\u3400-\u9fff]{{1,6}}?)", _helper),
    "helpers": _Slot(r"(?P<{name}>[@＠]?[a-z_·\u3400-\u9fff、\s@＠]{{4,24}}?)", _helpers),
    "where": _Slot(r"(?P<{name}>[0-9a-z\u4e00-\u9fff\-]{{2,14}}?)", _where),
    "unit": _Slot(r"(?P<{name}>" + _UNIT.replace("{0,8}", "{{0,8}}") + ")", _assignee),
    "urgency": _Slot(r"(?P<{name}>" + "|".join(sorted(_URGENCIES, key=len, reverse=True)) + ")", _urgency),
    "rating": _Slot(r"(?P<{name}>" + "|".join(sorted(_SCORES, key=len, reverse=True)) + ")", _rating),
    "minutes": _Slot(
        r"(?P<{name}>(?:约|大概|用了|花了)?[0-9.一二三四五六七八九十半两个多]{{1,6}}(?:小时|分钟|刻钟|钟头)半?)",
        _minutes,
    ),
    "people": _Slot(r"(?P<{name}>(?:带|加|\+|叫上|和|跟|我们|我和|我跟|共)[^\s,。]{{1,10}})", _people),
    "when": _Slot(_SOME, _when),
    "address": _Slot(_SOME, _address),
    "code": _Slot(r"(?P<{name}>[a-z0-9][a-z0-9\-]{{1,39}})", _code),
    "group_kind": _Slot(r"(?P<{name}>" + "|".join(_KINDS) + ")", _group_kind),
}
_TOKEN = re.compile(
    r"\{(?P<slot>[a-z_]+)(?P<may>\?)?\}|(?P<open>[(\[])|(?P<close>[)\]])|(?P<bar>\|)|(?P<gap> +)|(?P<text>[^{}()\[\]| ]+)"
)


# 到了冬天就冷了 does not say 到了: free words behind a bare verb must stand apart from it.
_APART: Final = r"(?:(?<=[\s,、。.!;:~\-—…\]】)0-9#])|(?<=[0-9][号单])|(?<=号单)|(?<=号单子))"


class BadPhrase(ValueError):
    """A phrase of an ability does not follow the syntax."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One compiled phrase of a rule."""

    rule: Rule
    source: str
    pattern: re.Pattern[str]
    slots: tuple[tuple[str, str], ...]  # group name → slot name
    weight: int  # literal characters: the more specific phrase wins
    firsts: frozenset[str] | None  # the characters it can begin with; None is any

    def read(self, text: str, folded: str, now: datetime) -> Slots | None:
        """The slots when the whole text says this phrase."""
        match = self.pattern.fullmatch(folded)
        if match is None:
            return None
        slots = Slots(command=self.rule.command)
        for group, slot in self.slots:
            start, end = match.span(group)
            if start < 0:
                continue
            filled = _SLOTS[slot].fill(slots, _Reading(text[start:end], folded[start:end], now))
            if filled is None:
                return None
            slots = filled
        return slots


def compile_phrase(rule: Rule, source: str) -> Phrase:
    """Translate one phrase; raises BadPhrase where it is malformed or names an unknown slot."""
    parts: list[str] = []
    slots: list[tuple[str, str]] = []
    depth: list[str] = []
    weight, at, open_slot, bound = 0, 0, False, False
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None:
            raise BadPhrase(f"{source!r}: cannot read at {at}")
        at = token.end()
        if token["slot"]:
            slot = _SLOTS.get(token["slot"])
            if slot is None:
                raise BadPhrase(f"{source!r}: no slot is called {token['slot']}")
            if open_slot:
                raise BadPhrase(f"{source!r}: nothing can follow a slot that takes the rest")
            group = f"{token['slot']}_{len(slots)}"
            body = slot.pattern.format(name=group)
            if "{into}" in source[at:]:
                body = body.replace("到至", "")  # 231到232 before a second order is no range
            if slot.opens and not bound:
                body = _APART + body
            slots.append((group, token["slot"]))
            bound = bound or (not token["may"] and not slot.opens)
            parts.append(f"(?:{body})?" if token["may"] else body)
            open_slot = slot.opens
        elif open_slot and not token["gap"]:
            raise BadPhrase(f"{source!r}: nothing can follow a slot that takes the rest")
        elif token["open"]:
            depth.append(token["open"])
            parts.append("(?:")
        elif token["close"]:
            if not depth or (depth[-1] == "(") != (token["close"] == ")"):
                raise BadPhrase(f"{source!r}: brackets do not match")
            depth.pop()
            parts.append(")" if token["close"] == ")" else ")?")
        elif token["bar"]:
            parts.append("|")
        elif token["gap"]:
            parts.append(GAP)
        else:
            literal = fold(token["text"])
            weight += len(literal) if not depth else 1
            parts.append(re.escape(literal))
    if depth:
        raise BadPhrase(f"{source!r}: brackets do not match")
    tail = "" if open_slot else _TAIL
    pattern = re.compile("".join(parts) + tail)
    return Phrase(rule, source, pattern, tuple(slots), weight, _firsts(source))


# Stands for every character that an order's number may begin with; such phrases are tried only where one does stand first.
_NUMBERED: Final = frozenset({"{order}"})
_NUMBER_FIRST: Final = re.compile(_ORDER.format(name="order"))


def _firsts(source: str) -> frozenset[str] | None:
    """The characters a text of this phrase can begin with, for a quick look-up; None where anything can stand first."""
    token = _TOKEN.match(source)
    if token is None:
        return frozenset()
    if token["text"]:
        return frozenset(fold(token["text"])[:1])
    if token["slot"] == "order" and not token["may"]:
        return _NUMBERED
    if token["open"] == "(":
        inside = source[1 : source.find(")")]
        if "(" not in inside and "[" not in inside and "{" not in inside:
            return frozenset(fold(word.strip())[:1] for word in inside.split("|"))
    return None


# 师傅231干完了, 书记,231没人接: who is spoken to stands before the number.
_CALLED: Final = re.compile(
    r"(?:(?:[\u4e00-\u9fff]?师傅|[\u4e00-\u9fff]?书记|[\u4e00-\u9fff]?主任|[老小][\u4e00-\u9fff]|大家|各位|报告|你好|您好|不好意思|麻烦|请问?|那个|另外|对了|还有|再就是)"
    r"[\s,、!]{0,2}){1,2}(?=(?:把\s?)?[#【]?[0-9])"
)


def uncalled(folded: str) -> int:
    """Where a message begins behind those who are spoken to, before the number of an order."""
    match = _CALLED.match(folded)
    return match.end() if match else 0


class PhraseBook:
    """All phrases of all rules, looked up by the first character."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._by_first: dict[str, list[Phrase]] = {}
        self._any: list[Phrase] = []
        for rule in rules:
            for source in rule.phrases:
                phrase = compile_phrase(rule, source)
                if phrase.firsts is None:
                    self._any.append(phrase)
                else:
                    for first in sorted(phrase.firsts):
                        self._by_first.setdefault(first, []).append(phrase)

    def match(self, text: str, folded: str, now: datetime) -> tuple[Rule, Slots] | None:
        """The most specific phrase that says the whole text; of equals the earliest."""
        best: tuple[int, Rule, Slots] | None = None
        numbered = self._by_first.get("{order}", ()) if _NUMBER_FIRST.match(folded) else ()
        for phrase in (*self._by_first.get(folded[:1], ()), *numbered, *self._any):
            if best is not None and phrase.weight <= best[0]:
                continue
            slots = phrase.read(text, folded, now)
            if slots is not None:
                best = (phrase.weight, phrase.rule, slots)
        return None if best is None else (best[1], best[2])


def order_in(folded: str) -> str | None:
    """An order number that is written as one: #15, 12号单, 【231】."""
    match = _MARKED.search(folded)
    return str(int(match[1] or match[2] or match[3])) if match else None


_MARKED = re.compile(
    r"(?<![0-9a-z栋幢座])[#【]\s?([0-9]{1,6})(?:[^0-9\-/]|$)|"
    r"(?<![0-9])([0-9]{1,6})\s?号?单(?![元位])|单号\s?([0-9]{1,6})(?![0-9])"
)
