"""Chinese text → Intent. Knows language, knows no orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from nlp import acts, commands, people, requests, slots, times
from nlp.answers import any_time, chosen_score, quoted_order, read_answer
from nlp.clean import clean, fold, strip_mentions
from nlp.intent import Category, Context, Evidence, Intent, Meaning, Rule, Slots, Urgency
from nlp.items import KINDS
from nlp.jsonl import to_json
from nlp.phrases import PhraseBook, order_in
from nlp.spotting import spotter, words_of
from nlp.words import Word, Words

__all__ = ["Parser", "clean", "fold", "quoted_order", "strip_mentions", "to_json"]

_STATUS_AT_ONCE = (Meaning.CLAIM, Meaning.STAND_BY, Meaning.WITHDRAW, Meaning.DONE, Meaning.NOT_DONE)
# Commands about a stretch of time, which may be over: 导出上周.
_PROGRESS = next(rule for rule in commands.RULES if rule.command == "progress")
_ASKING = frozenset({"吗", "吗?", "没", "没有", "么", "没?"})
_WITH_PERIOD = ("list", "export", "report")


_MORE_ORDERS = re.compile(r"(?:[\s,、和跟与及]{0,3}[#【]?[0-9]{1,6}】?(?:号单?|单)?(?=[\s,、和跟与及。!]|$))+[\s。!]*")


def _several(read: Slots) -> Slots:
    """接 12 13 and 接12和13: further numbers behind the first are orders too."""
    read = replace(read, into=None)
    if read.rest is None or not _MORE_ORDERS.fullmatch(fold(read.rest)):
        return read
    more = (str(int(number)) for number in re.findall(r"[0-9]+", fold(read.rest)))
    return replace(read, orders=tuple(dict.fromkeys((*read.orders, *more))), rest=None)


_CLAUSES = re.compile(r"[\s,，。.!！?？;；、]+")


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
        said, called = strip_mentions(clean(text), self._names)
        said = self._without_name(said).strip()[:1000]
        folded = fold(said)
        intent = self._explicit(said, folded, now) or self._free(said, folded, now, mentioned or called)
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
        rule, read = found
        evidence = (Evidence("说的正是一条指令", said[:20], 5.0),)
        return Intent(rule.meaning, 0.99, self._completed(rule, read, said, now), rule.ability or None, True, evidence)

    def _completed(self, rule: Rule, read: Slots, said: str, now: datetime) -> Slots:
        """What the free words behind a phrase add to its slots."""
        if rule.command in _WITH_PERIOD:
            return replace(read, time=read.time or slots.any_time(said, now))
        if rule.meaning is Meaning.CLAIM:
            read = _several(read)
        rest = read.rest or read.reason
        if rest is None:
            return read
        if rule.meaning is Meaning.REQUEST or rule.command == "place_for":
            facts, found = slots.gather(rest, fold(rest), now, mentioned=True)
            needed = slots.of_request(rest, facts, found, now, self._cut)
            return replace(needed, name=read.name, rest=read.rest, command=read.command)
        attendance = acts.find_attendance(rest)
        claims = rule.meaning is Meaning.CLAIM
        read = replace(
            read,
            time=read.time or times.read_time(rest, now) or (acts.find_arrival(rest, now) if claims else None),
            condition=acts.condition_in(rest, now) if claims else None,
            minutes=read.minutes or (None if attendance else times.read_minutes(rest)),
            people=read.people or people.find_claimers(fold(rest)),
            attendance=attendance,
        )
        change = acts.find_amendment(f"改{rest}", f"改{fold(rest)}", now) if rule.meaning is Meaning.AMEND else None
        if rule.meaning is Meaning.AMEND:
            read = replace(read, address=read.address or acts.find_new_address(rest, fold(rest)))
        return replace(read, time=change.time or read.time, urgency=change.urgency) if change else read

    def _free(self, said: str, folded: str, now: datetime, mentioned: bool) -> Intent:
        if not folded:
            return Intent(Meaning.CHAT, 0.9)
        if len(folded) <= 6 and folded.isdecimal() and folded.isascii():
            return Intent(Meaning.CHAT, 0.7, Slots(choice=int(folded) if len(folded) == 1 else None))
        verb = self._verbs.match(said, folded, now)
        if verb:
            rule, read = verb
            if rule.meaning is Meaning.DONE and read.rest in _ASKING:
                # 101好了吗 asks how it stands.
                rule, read = _PROGRESS, replace(read, rest=None, command=_PROGRESS.command)
            return self._commanded(rule, read, said, now)
        intent = self._acted(said, folded, now) or self._judged(said, folded, now, mentioned)
        open_time = any_time(folded)
        if open_time and intent.meaning in (Meaning.CHAT, Meaning.INQUIRY, Meaning.OTHER):
            intent = replace(intent, meaning=Meaning.CHAT, slots=replace(intent.slots, condition=open_time))
        answer = read_answer(folded)
        return intent if answer is None else replace(intent, slots=replace(intent.slots, yes=answer))

    def _commanded(self, rule: Rule, read: Slots, said: str, now: datetime) -> Intent:
        meaning = Meaning.REQUEST if rule.command == "place" else rule.meaning
        read = self._completed(replace(rule, meaning=meaning), read, said, now)
        if meaning is Meaning.REQUEST:
            read = replace(read, command=None)
        evidence = (Evidence("说的是一个动作", said[:20], 4.0),)
        return Intent(meaning, 0.97, read, self._ability(meaning, read.command), evidence=evidence)

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

    def _judged(self, said: str, folded: str, now: datetime, mentioned: bool) -> Intent:
        facts, found = slots.gather(said, folded, now, mentioned=mentioned)
        reading = requests.judge(facts)
        meaning = reading.meaning
        if meaning is Meaning.INQUIRY and (cry := self._cry_beside(said, now, mentioned)) is not None:
            return cry
        if meaning is Meaning.REQUEST:
            kept = slots.of_request(said, facts, found, now, self._cut)
            if not mentioned and not reading.pleads and kept.item == KINDS[Category.OTHER]:
                # A place, a phone and a name with nothing wanted: people talking about each other.
                return Intent(
                    reading.second, 0.5, slots.of_other(said, facts, found, now), self._ability(reading.second, None)
                )
        elif meaning is Meaning.CANCEL:
            kept = replace(acts.closing_of(said), order=order_in(folded))
        else:
            kept = slots.of_other(said, facts, found, now)
        return Intent(meaning, reading.confidence, kept, self._ability(meaning, None), evidence=reading.evidence)

    def _cry_beside(self, said: str, now: datetime, mentioned: bool) -> Intent | None:
        """请问物业电话多少 楼道冒烟了: a question beside an emergency is an emergency."""
        clauses = [clause for clause in _CLAUSES.split(said) if clause]
        if len(clauses) < 2:
            return None
        for clause in clauses[:6]:
            intent = self._judged(clause, fold(clause), now, mentioned)
            if intent.meaning is Meaning.REQUEST and intent.slots.urgency is Urgency.EMERGENCY:
                return intent
        return None

    def _cut(self, folded: str) -> list[Word]:
        return self._words.cut(folded)

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
            score = chosen_score(slots, folded)
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
