"""Chinese text → Intent. Knows language, knows no orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from nlp import acts, category, commands, items, people, phones, places, requests, times
from nlp.clean import clean, fold, strip_mentions
from nlp.intent import Context, Evidence, Intent, Meaning, Rule, Score, Slots, Span
from nlp.jsonl import to_json
from nlp.phrases import PhraseBook, order_in
from nlp.requests import Facts
from nlp.spotting import spotter, words_of
from nlp.words import Words

__all__ = ["Parser", "clean", "fold", "strip_mentions", "to_json"]

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
_ITEM_LIKE = frozenset({Meaning.REQUEST})
_QUOTED_ORDER = re.compile(
    r"【\s?(?:[\u4e00-\u9fff]{1,6})?([0-9]{1,6})|(?<![0-9])([0-9]{1,6})\s?(?:号|由|改为|已由|"
    r"还差|人齐|没人|的候补)|^\W?([0-9]{1,6})[:：]|接\s?([0-9]{1,6})|第?([0-9]{1,6})号?单"
)
_STATUS_AT_ONCE = (Meaning.CLAIM, Meaning.STAND_BY, Meaning.WITHDRAW, Meaning.DONE, Meaning.NOT_DONE)


class Parser:
    """Reads texts with the phrases of the given rules first and free speech after."""

    def __init__(
        self, rules: Sequence[Rule], *, bot_names: Sequence[str] = ("小邻",), cache_dir: Path | None = None
    ) -> None:
        self._rules = tuple(rules)
        self._names = tuple(bot_names)
        self._book = PhraseBook(rules)
        self._verbs = PhraseBook(commands.RULES)
        self._cache_dir = cache_dir
        spotter()

    @cached_property
    def _words(self) -> Words:
        own = (line.split()[0] for name in ("things", "local") for line in words_of(name))
        return Words(own, cache_dir=self._cache_dir)

    def warm(self) -> None:
        """Load the dictionary now, so that the first message need not wait for it."""
        self._words.cut("热水器坏了")

    def parse(
        self,
        text: str,
        now: datetime,
        *,
        mentioned: bool = False,
        quote: str | None = None,
        context: Context | None = None,
    ) -> Intent:
        """How one text is understood. Never raises, whatever the text."""
        said, _ = strip_mentions(clean(text), self._names)
        said = self._without_name(said).strip()[:1000]
        folded = fold(said)
        intent = self._explicit(said, folded, now) or self._free(said, folded, now)
        return self._bind(intent, folded, quote, context)

    def _without_name(self, text: str) -> str:
        """小邻,帮助 calls the bot without @."""
        for name in self._names:
            if text.startswith(name) and text[len(name) : len(name) + 1] in (",", "，", " ", ":", "：", "!", "！"):
                return text[len(name) + 1 :]
        return text

    def _explicit(self, said: str, folded: str, now: datetime) -> Intent | None:
        found = self._book.match(said, folded, now)
        if found is None:
            return None
        rule, slots = found
        evidence = (Evidence("说的正是一条指令", said[:20], 5.0),)
        return Intent(rule.meaning, 0.99, self._with_rest(slots, now), rule.ability or None, True, evidence)

    def _with_rest(self, slots: Slots, now: datetime) -> Slots:
        """What the words behind a command add: time, minutes, companions."""
        rest = slots.rest or slots.reason
        if rest is None:
            return slots
        folded = fold(rest)
        return replace(
            slots,
            time=slots.time or times.read_time(rest, now),
            minutes=slots.minutes or (None if slots.attendance else self._own_minutes(rest)),
            people=slots.people or people.find_claimers(folded),
            attendance=slots.attendance or acts.find_attendance(rest),
            rating=slots.rating,
        )

    def _own_minutes(self, rest: str) -> int | None:
        return None if acts.find_attendance(rest) else times.read_minutes(rest)

    def _free(self, said: str, folded: str, now: datetime) -> Intent:
        if not folded:
            return Intent(Meaning.CHAT, 0.9)
        if len(folded) <= 6 and folded.isdecimal() and folded.isascii():
            return Intent(Meaning.CHAT, 0.7, Slots(choice=int(folded) if len(folded) == 1 else None))
        verb = self._verbs.match(said, folded, now)
        if verb:
            return self._commanded(verb[0], verb[1], said, now)
        intent = self._acted(said, folded, now) or self._judged(said, folded, now)
        answer = _answer(folded)
        return intent if answer is None else replace(intent, slots=replace(intent.slots, yes=answer))

    def _commanded(self, rule: Rule, slots: Slots, said: str, now: datetime) -> Intent:
        slots = self._with_rest(slots, now)
        if rule.command in ("list", "export", "report"):
            slots = replace(slots, time=slots.time or _told_time(said, now))
        if rule.meaning is Meaning.AMEND and slots.rest:
            change = acts.find_amendment(f"改{slots.rest}", f"改{fold(slots.rest)}", now)
            slots = replace(
                slots, time=slots.time or (change.time if change else None), urgency=change.urgency if change else None
            )
        meaning = Meaning.REQUEST if rule.command == "place" else rule.meaning
        if meaning is Meaning.REQUEST:
            return self._as_request(slots.rest or said, now)
        return Intent(
            meaning,
            0.97,
            slots,
            self._ability(meaning, slots.command),
            evidence=(Evidence("说的是一个动作", said[:20], 4.0),),
        )

    def _as_request(self, said: str, now: datetime) -> Intent:
        folded = fold(said)
        facts, slots = self._facts(said, folded, now)
        return Intent(
            Meaning.REQUEST,
            0.97,
            self._request_slots(said, folded, facts, slots, now),
            self._ability(Meaning.REQUEST, None),
            evidence=(Evidence("用了求助这个词", said[:20], 4.0),),
        )

    def _acted(self, said: str, folded: str, now: datetime) -> Intent | None:
        change = acts.find_amendment(said, folded, now)
        if change:
            return Intent(
                Meaning.AMEND,
                0.85,
                change,
                self._ability(Meaning.AMEND, None),
                evidence=(Evidence("要改一件事", said[:20], 2.5),),
            )
        act = acts.find_act(said, folded, now)
        if act is None:
            return None
        slots = act.slots
        if slots.order is None:
            slots = replace(slots, order=order_in(folded))
        confidence = 0.7 if act.bare and slots.order is None else 0.9
        return Intent(
            act.meaning,
            confidence,
            slots,
            self._ability(act.meaning, None),
            evidence=(Evidence("整句话就是这个意思", act.words, 3.0),),
        )

    def _facts(self, said: str, folded: str, now: datetime) -> tuple[Facts, Slots]:
        hits = spotter().spot(folded)
        numbers = phones.find(folded)
        masked = folded
        for number in numbers:
            masked = masked[: number.start] + "\n" * (number.end - number.start) + masked[number.end :]
        address, _, _ = places.find_address(said, folded, masked)
        time = times.read_time(said, now)
        beneficiary = people.find_beneficiary(folded)
        needed = people.find_needed(folded)
        facts = Facts(folded, hits, address, len(numbers), time, beneficiary, needed)
        slots = Slots(
            phones=tuple(dict.fromkeys(number.digits for number in numbers if number.kind == "mobile")),
            landlines=tuple(dict.fromkeys(number.digits for number in numbers if number.kind == "landline")),
            address=address,
            time=time,
            beneficiary=beneficiary,
            people_needed=needed,
        )
        return facts, slots

    def _judged(self, said: str, folded: str, now: datetime) -> Intent:
        facts, slots = self._facts(said, folded, now)
        reading = requests.judge(facts)
        meaning = reading.meaning
        ability = self._ability(meaning, None)
        if meaning is Meaning.REQUEST:
            return Intent(
                meaning,
                reading.confidence,
                self._request_slots(said, folded, facts, slots, now),
                ability,
                evidence=reading.evidence,
            )
        kept = replace(
            slots, beneficiary=None, people=people.find_people(folded), time=slots.time or _told_time(said, now)
        )
        if meaning is Meaning.CANCEL:
            kept = replace(acts.closing_of(said), order=order_in(folded))
        return Intent(meaning, reading.confidence, kept, ability, evidence=reading.evidence)

    def _request_slots(self, said: str, folded: str, facts: Facts, slots: Slots, now: datetime) -> Slots:
        kind, needs = category.find_category(folded, facts.hits)
        recurrence = times.find_recurrence(said, now)
        unclear = len(folded) <= 6 and not facts.hits.get("lack") and not facts.hits.get("danger")
        return replace(
            slots,
            order=order_in(folded),
            category=kind,
            needs=needs,
            urgency=category.find_urgency(folded, kind, facts.hits),
            people=people.find_people(folded),
            recurrence=recurrence[0] if recurrence else None,
            minutes=times.read_minutes(folded),
            item=items.find_item(folded, self._words.cut, kind),
            needs_clarification=unclear,
        )

    def _ability(self, meaning: Meaning, command: str | None) -> str | None:
        """The first ability that stands for this meaning (and verb)."""
        for rule in self._rules:
            if rule.meaning is meaning and (meaning is not Meaning.COMMAND or rule.command == command):
                return rule.ability or None
        return None

    def _bind(self, intent: Intent, folded: str, quote: str | None, context: Context | None) -> Intent:
        """A quotation or the order last spoken of names an order where the text does not; neither triggers anything."""
        slots = intent.slots
        if slots.order is None and quote:
            quoted = quoted_order(quote)
            if quoted:
                slots = replace(slots, order=quoted)
        if context is None:
            return replace(intent, slots=slots)
        if context.question == "rate":
            score = _chosen_score(slots, folded)
            if score and intent.meaning in (Meaning.CHAT, Meaning.THANKS, Meaning.RATE, Meaning.OTHER, Meaning.REQUEST):
                answer = replace(slots, rating=score, order=slots.order or context.order)
                return replace(
                    intent,
                    meaning=Meaning.RATE,
                    confidence=0.95,
                    slots=answer,
                    ability=self._ability(Meaning.RATE, None),
                )
        if (
            slots.order is None
            and context.order
            and intent.meaning in (*_STATUS_AT_ONCE, Meaning.RATE, Meaning.AMEND, Meaning.CANCEL, Meaning.NUDGE)
        ):
            slots = replace(slots, order=context.order)
        return replace(intent, slots=slots)


def quoted_order(quote: str) -> str | None:
    """The order that a quoted line of the bot is about: 【231】…, 231号…, 231由…, 231:…"""
    match = _QUOTED_ORDER.search(fold(clean(quote)))
    if match is None:
        return None
    return str(int(next(group for group in match.groups() if group)))


def _chosen_score(slots: Slots, folded: str) -> Score | None:
    scores = (Score.SATISFIED, Score.FAIRLY_SATISFIED, Score.DISSATISFIED)
    match = re.match(r"([123])(?![0-9点个月])", folded)
    if match:
        return scores[int(match[1]) - 1]
    return slots.rating or acts.find_rating(folded)


def _answer(folded: str) -> bool | None:
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


def _any_time(said: str, now: datetime) -> Span | None:
    found = times.find_times(said, now)
    return found[0] if found else None


def _told_time(said: str, now: datetime) -> Span | None:
    """A past time where the text is hardly more than that; in a story it is no answer to anything."""
    found = _any_time(said, now)
    return found if found and len(said) - len(found.text) <= 4 else None
