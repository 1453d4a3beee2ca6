"""Short answers: yes, no, a choice, a score, what they mean to an open question, and the order of a quoted line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from nlp import acts
from nlp.clean import clean, fold
from nlp.intent import Context, Intent, Meaning, Score
from nlp.phrases import NO_ORDER, order_in

_TAIL = r"(?:[的了吧啊呀哈呢啦哦哟咯嘞噻]|[!。,.~\s…]){0,4}"
_YES = re.compile(
    r"(?:行|好|好的|能|来|去|可以|对|是|是的|嗯+|恩|ok|okay|中|成|要|有|同意|没问题|可以的|能来|"
    r"能去|行的|方便|到|在|对的|没错|好嘞|好呀|好滴|来的|去的|愿意|确认|我来|我去|我能|"
    r"我可以|我行|就这样|就这么办|准|照旧|没变|来得了|去得了|得行|要得|阔以|妥|使得|必须的|肯定来|肯定去|一定来|一定去|准时到|"
    r"按时到|会来|会去|会到|照常|必到|我来吧|我去吧|[让叫][他她](?:来|去)|行啊|可以啊|没问题的|还来|还去|还能来|还能去|还行|能的|[👍👌🆗✅🙆]+[🏻🏼🏽🏾🏿]?)"
    + _TAIL
)
_NO = re.compile(
    r"(?:今天|明天|后天|那天|上午|下午|晚上|这会儿|现在)?(?:我)?(?:不|不行|不能|不了|不来|不去|来不了|去不了|不方便|不可以|不对|不是|没有|不要|不好|"
    r"不同意|没空|没时间|有事|算了|不行了|去不了了|来不了了|不在|没在|不用|不愿意|不去了|"
    r"不来了|没法去|没办法|没法来|不得行|不中|不成|不能来|不能去|去不成|来不成|够呛|悬|恐怕不行|怕是不行|可能不行|"
    r"我不行|我不能|我不去|我不来|我去不了|我来不了|我没空|我有事|不妥|不准|还不行|[👎❌🙅]+[🏻🏼🏽🏾🏿]?)" + _TAIL
)
_NO_REASON = re.compile(
    r"(?:明天|今天|后天|那天|到时|当天|临时|早上|上午|下午|晚上)?.{0,6}(?:要上班|上班|有事|"
    r"出差|加班|不在家|带孩子|带外孙|没空|没时间|值班|出门|开会|走不开)"
)
# What our own lines say of an order behind its number, and 接231 with nothing behind it that makes 231 a house or a count.
_QUOTED_ORDER = re.compile(
    r"【\s?(?!公告|通知)[\u4e00-\u9fff]{0,6}(?P<marked>[0-9]{1,6})(?:-急)?】|"
    rf"(?:(?<=[,。!])|^\W?)(?P<first>[0-9]{{1,6}})\s?(?:{acts.WORDS['after an order'].pattern})|"
    rf"(?<![0-9月])(?<!天)(?P<called>[0-9]{{1,6}})号(?:{acts.WORDS['after an order'].pattern})|"
    rf"接\s?(?P<taken>[0-9]{{1,6}}){NO_ORDER}"
)


def quoted_order(quote: str) -> str | None:
    """The order that a quoted line of the bot is about: 【231】…, 231号…, 231由…, 231:…"""
    folded = fold(clean(quote))
    if order := order_in(folded):
        return order
    match = _QUOTED_ORDER.search(folded)
    return str(int(match[match.lastgroup or 0])) if match else None


# A digit alone, or with a verdict behind it: 2袋米 and 3 栋 count or name something else.
_CHOICE = re.compile(
    r"[(【\[]?(?:我?选|回|答|第)?\s?(?:(?P<digit>[1-9])(?:"
    rf"[)】\]]?(?:$|[,、。!~…;]|[.:](?![0-9])|\s{{1,4}}(?![0-9\s]|{acts.WORDS['measure'].pattern}))|"
    rf"(?={acts.WORDS['after a choice'].pattern}))|"
    r"(?P<nth>[1-9一二三四])个(?:[,，。!\s吧]|$)|(?P<han>[一二三四])(?=[,，。!、\s]|$))"
)
_HAN: Final = "一二三四"


def read_choice(folded: str) -> int | None:
    """1, ①, 第二个, 选1, 二; and the digit of “2,来了但没弄好”."""
    match = _CHOICE.match(folded)
    if match is None:
        return None
    figure = match["digit"] or match["nth"] or match["han"]
    return int(figure) if figure.isdecimal() else _HAN.index(figure) + 1


@dataclass(frozen=True, slots=True)
class Means:
    """What the answers to one question mean: its choices in their order, yes and no, and a time or a place alone."""

    choices: tuple[Meaning, ...] = ()
    yes: Meaning | None = None
    no: Meaning | None = None
    fact: Meaning | None = None


# By the names of storage.questions.
MEANS: Final[Mapping[str, Means]] = {
    "rate": Means((Meaning.RATE, Meaning.RATE, Meaning.RATE)),
    "going_well": Means((Meaning.DONE, Meaning.NOT_DONE, Meaning.WITHDRAW)),
    "reconfirm": Means((Meaning.CLAIM, Meaning.WITHDRAW), Meaning.CLAIM, Meaning.WITHDRAW),
    "step_in": Means((Meaning.CLAIM, Meaning.WITHDRAW), Meaning.CLAIM, Meaning.WITHDRAW),
    "coming": Means((Meaning.CLAIM, Meaning.WITHDRAW), Meaning.CLAIM, Meaning.WITHDRAW),
    "cancel": Means((Meaning.CANCEL,), Meaning.CANCEL),
    "book": Means(fact=Meaning.AMEND),
    "detail": Means(fact=Meaning.AMEND),
}
_SCORES: Final = (Score.SATISFIED, Score.FAIRLY_SATISFIED, Score.DISSATISFIED)
# What a short answer may look like out of its context; anything else says what it says.
_ANSWERING: Final = frozenset({Meaning.CHAT, Meaning.THANKS, Meaning.OTHER, Meaning.REQUEST, Meaning.INQUIRY})
_DECLINE: Final = "decline"  # 不方便, the one command that is also an answer


def bind(intent: Intent, folded: str, context: Context) -> Intent:
    """The words as an answer to the question that was last asked here."""
    means = MEANS.get(context.question or "")
    choice = read_choice(folded)
    # “1 满意” chooses; it names no order 1.
    chooses = choice is not None and intent.slots.order in (None, str(choice))
    if means is None or (intent.explicit and not chooses and intent.slots.command != _DECLINE):
        return intent
    score = read_score(intent, folded) if Meaning.RATE in means.choices else None
    meaning = Meaning.RATE if score else _meant(means, intent, choice if chooses else None)
    if meaning is None or (meaning is Meaning.RATE and score is None):
        return intent
    slots = intent.slots
    order = context.order if chooses or slots.order is None else slots.order
    slots = replace(slots, order=order, rating=score or slots.rating, command=None)
    return replace(intent, meaning=meaning, confidence=0.95, slots=slots)


def _meant(means: Means, intent: Intent, choice: int | None) -> Meaning | None:
    slots = intent.slots
    if choice is not None and choice <= len(means.choices):
        return means.choices[choice - 1]
    if intent.meaning in means.choices:
        return intent.meaning
    if slots.yes is not None and (means.yes or means.no):
        return means.yes if slots.yes else means.no
    answers = intent.meaning in _ANSWERING or intent.meaning is Meaning.CLAIM
    return means.fact if answers and (slots.time or slots.address or slots.recurrence) else None


_SAID_OF_IT: Final = {Meaning.DONE: Score.SATISFIED, Meaning.NOT_DONE: Score.DISSATISFIED}
_GOOD = re.compile(r"(?:好|好了|好啦|好着呢|可以|行|嗯+|ok|[👍👌🌹🙏😊🏻-🏿]+)" + _TAIL)
_PIECES = re.compile(r"[,，。.!！;；\s~～…、]+")
_LONGEST_VERDICT: Final = 9
_BAD_NEWS = re.compile(r"没|还|又|不|差|(.)是\1了")


def read_score(intent: Intent, folded: str) -> Score | None:
    """1, 2 or 3, or the same in words, as an answer to 办好了吗; None where the words speak of something else."""
    choice = read_choice(folded)
    if choice is not None and choice <= len(_SCORES):
        return _SCORES[choice - 1]
    if intent.meaning in _SAID_OF_IT:
        return acts.find_rating(folded) or _SAID_OF_IT[intent.meaning]
    if intent.meaning not in _ANSWERING and intent.meaning is not Meaning.RATE:
        return None
    first = next(filter(None, _PIECES.split(folded)), "")
    if intent.meaning is Meaning.REQUEST and not _BAD_NEWS.match(first):
        return None
    verdicts = [piece for piece in _PIECES.split(folded)[:3] if len(piece) <= _LONGEST_VERDICT]
    if score := acts.find_rating(" ".join(verdicts)):
        return score
    return Score.SATISFIED if _GOOD.fullmatch(first) else None


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
    if any(_NO.fullmatch(clause) for clause in clauses):
        return False
    if any(_YES.fullmatch(clause) for clause in clauses):
        return True
    return False if any(_NO_REASON.fullmatch(clause) for clause in clauses) else None


def names_whole(text: str, item: str) -> bool:
    """灯不用换了 names 换厨房灯, 书柜 names 搬旧书柜; but 物业管家 names no 水管."""
    for thing in filter(None, acts.WORDS["around a thing"].split(item)):
        shortest = 1 if acts.WORDS["short things"].search(thing) else min(2, len(thing))
        if any(thing[start:] in text for start in range(len(thing) - shortest + 1)):
            return True
    return False
