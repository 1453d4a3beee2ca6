"""Short answers: yes, no, a score, and the order that a quoted line of the bot is about."""

from __future__ import annotations

import re

from nlp import acts
from nlp.clean import clean, fold
from nlp.intent import Score, Slots

_YES = re.compile(
    r"(?:行|好|好的|能|来|去|可以|对|是|是的|嗯+|恩|ok|中|成|要|有|同意|没问题|可以的|能来|"
    r"能去|行的|方便|到|在|对的|没错|好嘞|好呀|好滴|来的|去的|愿意|确认|我来|我去|我能|"
    r"我可以)(?:[的了吧啊呀哈呢啦哦]|[!。,.~\s]){0,4}"
)
_NO = re.compile(
    r"(?:不|不行|不能|不了|不来|不去|来不了|去不了|不方便|不可以|不对|不是|没有|不要|不好|"
    r"不同意|没空|没时间|有事|算了|不行了|去不了了|来不了了|不在|没在|不用|不愿意|不去了|"
    r"不来了|没法去|没办法)(?:[的了吧啊呀哈呢啦哦]|[!。,.~\s]){0,4}"
)
_NO_REASON = re.compile(
    r"(?:明天|今天|后天|那天|到时|当天|临时|早上|上午|下午|晚上)?.{0,6}(?:要上班|上班|有事|"
    r"出差|加班|不在家|带孩子|带外孙|没空|没时间|值班|出门|开会|走不开)"
)
_QUOTED_ORDER = re.compile(
    r"【\s?(?:[\u4e00-\u9fff]{1,6})?([0-9]{1,6})|(?<![0-9])([0-9]{1,6})\s?(?:号|由|改为|已由|"
    r"还差|人齐|没人|的候补)|^\W?([0-9]{1,6})[:：]|接\s?([0-9]{1,6})|第?([0-9]{1,6})号?单"
)


def quoted_order(quote: str) -> str | None:
    """The order that a quoted line of the bot is about: 【231】…, 231号…, 231由…, 231:…"""
    match = _QUOTED_ORDER.search(fold(clean(quote)))
    if match is None:
        return None
    return str(int(next(group for group in match.groups() if group)))


def chosen_score(slots: Slots, folded: str) -> Score | None:
    """1, 2 or 3, or the same in words, as an answer to 办好了吗."""
    scores = (Score.SATISFIED, Score.FAIRLY_SATISFIED, Score.DISSATISFIED)
    match = re.match(r"([123])(?![0-9点个月])", folded)
    if match:
        return scores[int(match[1]) - 1]
    return slots.rating or acts.find_rating(folded)


_ANY_TIME = re.compile(
    r"(?:我)?(?:天天|每天|一直|整天|成天|这几天|白天)(?:都)?在(?:家)?|随时(?:都)?(?:行|可以|方便|来|在)?|"
    r"(?:都|全)(?:行|可以|方便|成|在家|有空)|"
    r"(?:你们?|师傅|看你们?)?(?:啥|什么|哪个|哪)(?:时候|时间|天|会儿)(?:来|去|弄|修|过来)?(?:都)(?:行|可以|方便|成|在|在家|有空)|"
    r"(?:看)?(?:你们?|师傅)(?:的)?(?:定|方便|时间|安排|看着来|看着办)|几点(?:来)?都(?:行|可以|方便|成)"
)
_SOFT_END = re.compile(r"[的了吧啊呀哈呢啦哦哟,。!~\s]+$")


def any_time(folded: str) -> str | None:
    """随时, 我天天在家, 啥时候来都行: the words of an answer that leaves the time open."""
    words = _SOFT_END.sub("", folded)
    return words if len(words) <= 14 and _ANY_TIME.fullmatch(words) else None


def read_answer(folded: str) -> bool | None:
    """Yes or no, where that is the gist of a short reply."""
    if len(folded) > 24:
        return None
    if _NO.fullmatch(folded):
        return False
    if _YES.fullmatch(folded):
        return True
    clauses = [clause for clause in re.split(r"[,，。.!！;；\s]+", folded) if clause]
    answers = {answer for clause in clauses if (answer := _one_answer(clause)) is not None}
    if False in answers:
        return False
    return True if True in answers else None


def _one_answer(clause: str) -> bool | None:
    if _NO.fullmatch(clause) or _NO_REASON.fullmatch(clause):
        return False
    return True if _YES.fullmatch(clause) else None
