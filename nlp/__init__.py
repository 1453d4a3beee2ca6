"""Chinese text → Intent. Knows language, knows no orders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from nlp import (
    acts,
    amendments,
    answers,
    commands,
    implied,
    people,
    places,
    rebooking,
    requests,
    several,
    skills,
    slots,
    times,
    urgency,
)
from nlp.acts import Act
from nlp.answers import any_time, quoted_order, read_answer, read_choice
from nlp.attendance import find_attendance
from nlp.clean import MATCHED, clean, fold, prepared, strip_mentions
from nlp.intent import Category, Context, Evidence, Intent, Meaning, Rule, Slots, Urgency
from nlp.jsonl import to_json
from nlp.local import Local
from nlp.phrases import PhraseBook, order_in, uncalled
from nlp.requests import Reading
from nlp.signals import Facts
from nlp.spotting import new_spotter, words_of
from nlp.weighing import chance
from nlp.words import Word, Words

__all__ = ["Parser", "clean", "fold", "quoted_order", "strip_mentions", "to_json"]

# What the order last spoken of can lend its number to.
_ABOUT_ORDERS = several.ABOUT_ORDERS
# Commands about a stretch of time, which may be over: 导出上周.
_PROGRESS = next(rule for rule in commands.RULES if rule.command == "progress")
_ASKING = frozenset({"吗", "吗?", "没", "没有", "么", "没?"})
_WITH_PERIOD = ("list", "export", "report")


_MORE_ORDERS = re.compile(
    r"(?:[\s,、和跟与及]{0,3}[#【]?[0-9]{1,6}】?(?:号单?|单)?(?=[\s,、和跟与及。!吧了呀啊哈啦呢的我都也]|$))+(?:我?[都也](?:行|可以|接|来|去)?)?[吧了呀啊哈啦呢的\s。!]{0,4}"
)


def _several(read: Slots) -> Slots:
    """接 12 13 and 退12和13吧: further numbers behind the first are orders too."""
    read = replace(read, into=None)
    behind = fold(read.rest or read.reason or "")
    if not read.order or not _MORE_ORDERS.fullmatch(behind):
        return read
    more = (str(int(number)) for number in re.findall(r"[0-9]+", behind))
    return replace(read, orders=tuple(dict.fromkeys((*read.orders, *more))), rest=None, reason=None)


_CLAUSES = re.compile(r"[\s,，。.!！?？;；、]+")


_ASKED_OF_ACT, _REFUSED = acts.WORDS["asked of an act"], acts.WORDS["refused"]
# 231不好意思… begins like 不好.
_POLITE = re.compile(r"不好意思")
_ACTS = frozenset(
    {Meaning.CLAIM, Meaning.STAND_BY, Meaning.WITHDRAW, Meaning.DONE, Meaning.RATE, Meaning.CANCEL, Meaning.NOT_DONE}
)
# What only implies one of these may be looked into: a claim is asked about, a nudge changes nothing.
_HARMLESS = frozenset({Meaning.CLAIM, Meaning.NUDGE})
_TALK = frozenset({Meaning.CHAT, Meaning.INQUIRY, Meaning.OTHER, Meaning.NOTICE})
# Which free talk may be an act that no line of the table says. To the model of meanings acts are chat.
_MAY_IMPLY = frozenset({Meaning.CHAT, Meaning.THANKS, Meaning.CANCEL, Meaning.INQUIRY, Meaning.OFFER, Meaning.REQUEST})
_TO_OTHERS = acts.WORDS["to others"]


def _says_more(rule: Rule, folded: str) -> bool:
    """Whether the words that follow a phrase make something else of it: a question, a courtesy, 我去不了, 让我儿子去."""
    if rule.meaning is Meaning.WITHDRAW:
        return acts.WORDS["stands in"].search(folded) is not None or _is_asked_about(rule.meaning, folded)
    return _is_asked_about(rule.meaning, folded) or (rule.meaning is Meaning.RATE and bool(_POLITE.search(folded)))


def _is_asked_about(meaning: Meaning, folded: str) -> bool:
    """Whether an act is asked about, explained or denied rather than done."""
    if meaning is Meaning.CLAIM and _REFUSED.search(folded):
        return True
    return meaning in _ACTS and bool(_ASKED_OF_ACT.search(folded))


def _may_hint(intent: Intent, folded: str) -> bool:
    """Whether ordinary talk may be an act beside an order: never what is an offer to all, an advertisement or a question."""
    return intent.meaning in (Meaning.CHAT, Meaning.OTHER, Meaning.THANKS, Meaning.CANCEL) and not _TO_OTHERS.search(
        folded
    )


# Pieces of a long text share so many characters, so that no cry is cut in two.
_OVERLAP = 100
# Of a text from this length on the last words count by themselves: all that was said before would outweigh a cry.
_LONG = 100
_LAST = 80
_SHORTEST_CRY = 3
_SENTENCE_END = re.compile(r"[。！!？?\n…~～;；]+|[\x00-\x7f]{12,}")
# What is written for everybody, or is over, may tell of dangers up to its end.
_TELLS_OF_DANGERS = frozenset({Meaning.NOTICE, Meaning.AD, Meaning.CANCEL})


def _unread(whole: str, read_as: Meaning) -> Iterator[str]:
    """The pieces of a long text that were not read, or not by themselves."""
    last = whole[-_LAST:]
    begun = _SENTENCE_END.search(last.rstrip(), 0, _LAST - _SHORTEST_CRY)
    if len(whole) >= _LONG and begun and read_as not in _TELLS_OF_DANGERS:
        yield last[begun.end() :]
    for start in range(MATCHED - _OVERLAP, len(whole) - _OVERLAP, MATCHED - _OVERLAP):
        yield whole[start : start + MATCHED]


def _is_emergency(intent: Intent) -> bool:
    return intent.meaning is Meaning.REQUEST and intent.slots.urgency is Urgency.EMERGENCY


_WHERE = frozenset({"对着小邻说的", "说了地方"})
_LONGEST_PLACE = 12


def _is_a_place(facts: Facts, reading: Reading) -> bool:
    """8栋2单元, said to the bot: where, and not a word of what. 火好大 8栋 tells enough."""
    if len(facts.folded) > _LONGEST_PLACE or "说了地方" not in reading.seen or not reading.seen.keys() <= _WHERE:
        return False
    return urgency.find_urgency(facts.folded, Category.OTHER, facts.hits, facts.learned) is not Urgency.EMERGENCY


# For warming up; no answer is given.
_ANY_DAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Parser:
    """Reads texts with the phrases of the given rules first and free speech after."""

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        bot_names: Sequence[str] = ("小邻",),
        cache_dir: Path | None = None,
        local: Local | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._names = tuple(bot_names)
        self._book = PhraseBook(rules)
        self._verbs = PhraseBook(commands.RULES)
        self._cache_dir = cache_dir
        self._local = local or Local()
        self._lookup = slots.Lookup(new_spotter(self._local.words), self._local)

    @cached_property
    def _words(self) -> Words:
        own = (line.split()[0] for name in ("things", "local") for line in words_of(name))
        return Words((*own, *self._local.names), cache_dir=self._cache_dir)

    def warm(self) -> None:
        """Load the dictionary now, so that the first message need not wait for it."""
        self._words.cut("热水器坏了")
        for text in ("我去看看，正月十五前修好水管，3栋2单元501", "厨房水管漏了，谁能来修"):  # a claim and a request
            self.parse(text, _ANY_DAY)

    def parse(
        self,
        text: str,
        now: datetime,
        *,
        mentioned: bool = False,
        quote: str | None = None,
        context: Context | None = None,
        explain: bool = False,
    ) -> Intent:
        """How one text is understood, with the evidence only when asked to `explain`. Never raises, whatever the text."""
        whole, said, folded, called = prepared(text, self._names)
        quoted = quoted_order(quote) if quote else None
        about = quoted or (context.order if context else None)
        meant = mentioned or called

        def reads(part: str) -> Intent:
            return self._understood(part, fold(part), now, meant, False, about)

        intent = self._understood(said, folded, now, meant, explain, about)
        intent = several.read_all(intent, said, folded, reads)
        intent = self._cry_behind(whole, intent, now, meant, explain) or intent
        return self._bind(intent, folded, quoted, context)

    def _understood(
        self, said: str, folded: str, now: datetime, meant: bool, explain: bool, about: str | None
    ) -> Intent:
        explicit = self._explicit(said, folded, now, near=meant or about is not None)
        return explicit or self._free(said, folded, now, meant, explain, about)

    def _explicit(self, said: str, folded: str, now: datetime, *, near: bool) -> Intent | None:
        found = self._book.match(said, folded, now)
        if found is None:
            return None
        rule, read = found
        if _says_more(rule, folded):
            return None
        if not near and acts.is_cry(folded):
            return Intent(Meaning.CHAT, 0.9)
        if not near and acts.is_arrival(folded):
            # 到了, 我来了: said to anybody; an order is meant only where the speaker has one on hand or one was just announced.
            return Intent(Meaning.CHAT, 0.6, read, rule.ability or None)
        evidence = (Evidence("说的正是一条指令", said[:20], 5.0),)
        read = self._completed(rule, read, said, now)
        if rule.command == "decline":
            read = replace(read, yes=read_answer(folded))  # 不方便 also answers 还行吗
        return Intent(rule.meaning, 0.99, read, rule.ability or None, True, evidence)

    def _completed(self, rule: Rule, read: Slots, said: str, now: datetime) -> Slots:
        """What the free words behind a phrase add to its slots."""
        if rule.command in _WITH_PERIOD:
            return replace(read, time=read.time or slots.any_time(said, now))
        if rule.meaning in _ABOUT_ORDERS:
            read = _several(read)
        rest = read.rest or read.reason
        if rest is None:
            return read
        if rule.meaning is Meaning.REQUEST or rule.command == "place_for":
            facts, found = slots.gather(rest, fold(rest), now, self._lookup, mentioned=True)
            needed = slots.of_request(rest, facts, found, now, self._lookup, self._cut)
            return replace(needed, name=read.name, rest=read.rest, command=read.command)
        attendance = find_attendance(rest)
        claims = rule.meaning is Meaning.CLAIM
        read = replace(
            read,
            time=read.time or times.read_time(rest, now) or (acts.find_arrival(rest, now) if claims else None),
            condition=acts.condition_in(rest, now) if claims else None,
            minutes=read.minutes or (None if attendance else times.read_minutes(rest)),
            people=read.people or people.find_claimers(fold(rest)),
            attendance=attendance,
        )
        if rule.meaning is not Meaning.AMEND:
            return read
        changed = amendments.restated(rest)
        change = amendments.find_amendment(changed, fold(changed), now)
        read = replace(read, address=read.address or places.find_changed(changed, fold(changed)))
        return replace(read, time=change.time or read.time, urgency=change.urgency) if change else read

    def _free(self, said: str, folded: str, now: datetime, mentioned: bool, explain: bool, about: str | None) -> Intent:
        if not folded:
            return Intent(Meaning.CHAT, 0.9)
        choice = read_choice(folded)
        if len(folded) <= 6 and folded.isdecimal() and folded.isascii():
            return Intent(Meaning.CHAT, 0.7, Slots(choice=choice))
        if verb := self._verb(said, folded, now):
            return verb
        act = self._act(said, folded, now, about)
        near = mentioned or about is not None
        if told := self._of_people(said, folded, about) or self._rebooked(said, folded, now, act, near=near):
            return told
        read = self._acted(said, folded, now, act, about) or self._judged(said, folded, now, mentioned, explain)
        looked_into = self._beside_an_order(read, act, folded, mentioned, about)
        return self._as_answer(looked_into, said, folded, now, choice)

    def _verb(self, said: str, folded: str, now: datetime) -> Intent | None:
        """A verb of the dictionary with its order: 231转给物业."""
        start = uncalled(folded)
        verb = self._verbs.match(said[start:], folded[start:], now)
        if verb is None:
            return None
        rule, read = verb
        if rule.meaning is Meaning.DONE and (read.rest in _ASKING or _says_more(rule, folded)):
            # 101好了吗 asks how it stands.
            rule, read = _PROGRESS, replace(read, rest=None, command=_PROGRESS.command)
        return None if _says_more(rule, folded) else self._commanded(rule, read, said, now)

    def _act(self, said: str, folded: str, now: datetime, about: str | None) -> Act | None:
        if _ASKED_OF_ACT.search(folded):
            return None
        act = acts.find_act(said, folded, now, named=about is not None)
        return None if act is not None and _is_asked_about(act.meaning, folded) else act

    def _of_people(self, said: str, folded: str, about: str | None) -> Intent | None:
        """王秀兰住哪, 我媳妇不去了, 灯我会修: of people, and of what they can do."""
        if skills.asks_of_a_person(said):
            return Intent(Meaning.INQUIRY, 0.8)
        if skills.is_one_less(said):
            return Intent(Meaning.CHAT, 0.7, Slots(), self._ability(Meaning.WITHDRAW, None))
        if skills.is_offered(said) and not acts.numbers_first(folded):
            taken = Meaning.CLAIM if about is not None else Meaning.CHAT
            return Intent(taken, 0.8, Slots(), self._ability(Meaning.CLAIM, None))
        return None

    def _beside_an_order(
        self, intent: Intent, act: Act | None, folded: str, mentioned: bool, about: str | None
    ) -> Intent:
        """Which ability may look whether these words are about an order at hand."""
        if intent.implied and intent.meaning not in _HARMLESS and not (intent.slots.order or about):
            intent = replace(intent, ability=None)  # 昨天把桌子搬完了 ends no order that nobody named
        hints = intent.ability is None and _may_hint(intent, folded)
        if act is not None and (hints or intent.meaning is act.meaning):
            return self._hinted(intent, act, meant=mentioned)
        if intent.meaning is Meaning.REQUEST and intent.slots.needs_clarification and acts.is_cry_to_hurry(folded):
            # Who waits for somebody means them; whoever does not is asked what happened.
            return replace(intent, ability=self._ability(Meaning.NUDGE, None))
        if intent.meaning in _TALK and intent.ability is None and acts.is_aside(folded):
            return replace(intent, ability=self._ability(Meaning.COMMAND, "aside"))
        return intent

    @staticmethod
    def _as_answer(intent: Intent, said: str, folded: str, now: datetime, choice: int | None) -> Intent:
        """What the words say as an answer to whatever was asked: a time left open, every week, yes or no, a choice."""
        meaning, found = intent.meaning, intent.slots
        open_time = any_time(folded)
        if open_time and meaning in (Meaning.CHAT, Meaning.INQUIRY, Meaning.OTHER):
            meaning, found = Meaning.CHAT, replace(found, condition=open_time)
        if meaning in (Meaning.CHAT, Meaning.OTHER) and (again := times.times_of(said, folded, now).recurrence):
            found = replace(found, recurrence=again[0])
        answer = read_answer(folded)
        if answer is not None or choice is not None:
            found = replace(found, yes=answer, choice=choice)
        return replace(intent, meaning=meaning, slots=found)

    def _commanded(self, rule: Rule, read: Slots, said: str, now: datetime) -> Intent:
        meaning = Meaning.REQUEST if rule.command == "place" else rule.meaning
        read = self._completed(replace(rule, meaning=meaning), read, said, now)
        if meaning is Meaning.REQUEST:
            read = replace(read, command=None)
        evidence = (Evidence("说的是一个动作", said[:20], 4.0),)
        return Intent(meaning, 0.97, read, self._ability(meaning, read.command), evidence=evidence)

    def _rebooked(self, said: str, folded: str, now: datetime, act: Act | None, *, near: bool) -> Intent | None:
        """两点不行,我四点才到家; 两个人就够了: a change for whoever waits, mere talk for everybody else."""
        if act is not None and act.meaning not in (Meaning.AMEND, Meaning.CANCEL, Meaning.NOT_DONE):
            return None
        moved, hands = rebooking.find_rebooking(said, now), rebooking.find_hands(said)
        if moved is None and hands is None:
            return None
        order = order_in(folded) or acts.numbers_first(folded)
        read = Slots(order=order, time=moved.offered if moved else None, people_needed=hands)
        is_sure = near or order is not None
        meaning = Meaning.AMEND if is_sure or (moved and moved.is_at_home) else Meaning.CHAT
        evidence = (Evidence("要改一件事", said[:20], 2.5),)
        ability = self._ability(Meaning.AMEND, None)
        return Intent(meaning, 0.8, read, ability, evidence=evidence, implied=not is_sure)

    def _acted(self, said: str, folded: str, now: datetime, act: Act | None, about: str | None) -> Intent | None:
        """What the words commit to; None where they do not by themselves."""
        change = amendments.find_amendment(said, folded, now, near=about is not None)
        if change:
            evidence = (Evidence("要改一件事", said[:20], 2.5),)
            return Intent(Meaning.AMEND, 0.85, change, self._ability(Meaning.AMEND, None), evidence=evidence)
        if act is None or not act.is_sure:
            return None
        read = act.slots if act.slots.order else replace(act.slots, order=order_in(folded))
        evidence = (Evidence("整句话就是这个意思", act.words, 3.0),)
        return Intent(act.meaning, 0.9, read, self._ability(act.meaning, None), evidence=evidence)

    def _hinted(self, intent: Intent, act: Act, *, meant: bool) -> Intent:
        """Ordinary talk that would be an act beside an order: the ability may look whether there is one.

        `meant`: it was said to the bot, so it is one.
        """
        said = act.slots
        read = replace(
            intent.slots,
            people=said.people or intent.slots.people,
            condition=said.condition,
            time=intent.slots.time or said.time,
            reason=said.reason,
            minutes=said.minutes,
            attendance=said.attendance,
            rest=said.rest,
            is_settled=said.is_settled,
        )
        meaning = act.meaning if meant else intent.meaning
        return replace(intent, meaning=meaning, slots=read, ability=self._ability(act.meaning, None))

    def _judged(self, said: str, folded: str, now: datetime, mentioned: bool, explain: bool) -> Intent:
        facts, found = slots.gather(said, folded, now, self._lookup, mentioned=mentioned)
        reading = requests.judge(facts, explain=explain)
        meaning = reading.meaning
        if meaning is Meaning.REQUEST and _is_a_place(facts, reading):
            meaning = Meaning.CHAT
        if meaning is Meaning.CANCEL and _ASKED_OF_ACT.search(folded):
            meaning = Meaning.CHAT
        if (act := self._implied(said, facts, found, now, reading)) is not None:
            return act
        if meaning is Meaning.INQUIRY and (cry := self._cry_beside(said, now, mentioned, explain)) is not None:
            return cry
        if meaning is Meaning.REQUEST:
            kept = slots.of_request(said, facts, found, now, self._lookup, self._cut)
        elif meaning is Meaning.CANCEL:
            kept = replace(acts.closing_of(said), order=order_in(folded))
        else:
            kept = slots.of_other(said, facts, found, now)
        return Intent(meaning, reading.confidence, kept, self._ability(meaning, None), evidence=reading.evidence)

    def _implied(self, said: str, facts: Facts, found: Slots, now: datetime, reading: Reading) -> Intent | None:
        """An act that no line of the table says."""
        if reading.meaning not in _MAY_IMPLY:
            return None
        act = implied.find_implied(facts, reading.seen)
        if act is None or _is_asked_about(act.meaning, facts.folded):
            return None
        if reading.meaning is Meaning.REQUEST and (
            chance(act.score) <= reading.confidence
            or urgency.find_urgency(facts.folded, Category.OTHER, facts.hits, facts.learned) is Urgency.EMERGENCY
        ):
            return None  # a need is only lost to what is likelier, and an emergency never
        told = acts.told_of(act.meaning, said, facts.folded, found, now)
        if told is None:
            return None
        sure = round(chance(act.score), 3)
        ability = self._ability(act.meaning, None)
        return Intent(act.meaning, sure, told, ability, evidence=act.evidence, implied=not facts.mentioned)

    def _cry_beside(self, said: str, now: datetime, mentioned: bool, explain: bool) -> Intent | None:
        """请问物业电话多少 楼道冒烟了: a question beside an emergency is an emergency."""
        clauses = [clause for clause in _CLAUSES.split(said) if clause]
        if len(clauses) < 2:
            return None
        for clause in clauses[:6]:
            intent = self._judged(clause, fold(clause), now, mentioned, explain)
            if _is_emergency(intent):
                return intent
        return None

    def _cry_behind(self, whole: str, before: Intent, now: datetime, mentioned: bool, explain: bool) -> Intent | None:
        """An emergency told at the end of long talk, or behind what is read of it; what was read before lends the place."""
        if _is_emergency(before):
            return None
        for piece in _unread(whole, before.meaning):
            folded = fold(piece)
            spotted = self._lookup.spotter.spot(folded)
            if urgency.relief(folded, spotted.hits, spotted.learned) <= urgency.RELIEF:
                continue  # most talk: no danger that is likelier than not
            intent = self._judged(piece, folded, now, mentioned, explain)
            if _is_emergency(intent):
                told, earlier = intent.slots, before.slots
                told = replace(told, address=told.address or earlier.address, phones=told.phones or earlier.phones)
                return replace(intent, slots=told)
        return None

    def _cut(self, folded: str) -> list[Word]:
        return self._words.cut(folded)

    def _ability(self, meaning: Meaning, command: str | None) -> str | None:
        """The first ability that stands for this meaning (and verb)."""
        for rule in self._rules:
            if rule.meaning is meaning and (meaning is not Meaning.COMMAND or rule.command == command):
                return rule.ability or None
        return None

    def _bind(self, intent: Intent, folded: str, quoted: str | None, context: Context | None) -> Intent:
        """A quotation or the order last spoken of names an order where the text does not; neither triggers anything."""
        bound = answers.bind(intent, folded, context) if context else intent
        lent = context.order if context and bound.meaning in _ABOUT_ORDERS else None
        if bound.slots.order is None and (quoted or lent):
            bound = replace(bound, slots=replace(bound.slots, order=quoted or lent))
        if bound.meaning is not intent.meaning:
            bound = replace(bound, ability=self._ability(bound.meaning, None))
        return bound
