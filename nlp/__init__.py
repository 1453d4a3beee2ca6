"""Chinese text → Intent. Knows language, knows no orders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from nlp import acts, amendments, answers, commands, implied, people, places, requests, slots, times, urgency
from nlp.acts import Act
from nlp.answers import any_time, quoted_order, read_answer, read_choice
from nlp.attendance import find_attendance
from nlp.clean import clean, fold, strip_mentions
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
_ABOUT_ORDERS = frozenset(
    {Meaning.CLAIM, Meaning.STAND_BY, Meaning.WITHDRAW, Meaning.DONE, Meaning.NOT_DONE}
    | {Meaning.RATE, Meaning.AMEND, Meaning.CANCEL, Meaning.NUDGE}
)
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


# An act that is asked about, explained or denied is not done: 231完成了吗, 退单231是什么意思, 231不用取消.
_ASKED_OF_ACT = re.compile(
    r"[0-9](?:号|单|号单)?(?:完成|办好|弄好|修好|取消|撤|退单?|接|满意|来).{0,4}(?:吗|么|是谁|的人呢?)\W*$|"
    r"是什么意思|(?:接|完成|退单?)[0-9]{1,6}号?单?的(?:是谁|人|班|那位)|"
    r"(?:不|别|不用|不要|没)(?:用|要|想|能)?(?:取消|撤单|退单|完成)|取消不(?:了|掉)"
)
# 这个我不行, 我老公不让去: no claim, whatever the rest says.
_REFUSED = re.compile(
    r"我(?:真|实在|可|怕|恐怕)?(?:是)?(?:不行|不太?会|弄不|做不|搞不|干不|不敢|不能)|不让我?|不是我接"
)
# 231不好意思… begins like 不好.
_POLITE = re.compile(r"不好意思")
_ACTS = frozenset(
    {Meaning.CLAIM, Meaning.STAND_BY, Meaning.WITHDRAW, Meaning.DONE, Meaning.RATE, Meaning.CANCEL, Meaning.NOT_DONE}
)
# Which free talk may be an act that no line of the table says. To the model of meanings acts are chat.
_MAY_IMPLY = frozenset({Meaning.CHAT, Meaning.THANKS, Meaning.CANCEL, Meaning.INQUIRY, Meaning.OFFER, Meaning.REQUEST})
# Talk to others about others is no answer to an order, whatever words it holds.
_TO_OTHERS = re.compile(r"谁|哪位|哪个|有人|你们|上门|电话|微信|[0-9]{7}|买菜|麻将|逛街|团购|上班|上课|吃饭|开会|出差")


def _only_asks(rule: Rule, folded: str) -> bool:
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
        said, called = strip_mentions(clean(text), self._names)
        said = self._without_name(said).strip()[:1000]
        folded = fold(said)
        quoted = quoted_order(quote) if quote else None
        about = quoted or (context.order if context else None)
        intent = self._explicit(said, folded, now, near=mentioned or called or about is not None)
        intent = intent or self._free(said, folded, now, mentioned or called, explain, about)
        return self._bind(intent, folded, quoted, context)

    def _without_name(self, text: str) -> str:
        """小邻,帮助 calls the bot without @."""
        for name in self._names:
            if text.startswith(name) and text[len(name) : len(name) + 1] in (",", "，", " ", ":", "：", "!", "！"):
                return text[len(name) + 1 :]
        return text

    def _explicit(self, said: str, folded: str, now: datetime, *, near: bool) -> Intent | None:
        found = self._book.match(said, folded, now)
        if found is None:
            return None
        rule, read = found
        if _only_asks(rule, folded):
            return None
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
        if rule.meaning is Meaning.CLAIM:
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
        start = uncalled(folded)
        verb = self._verbs.match(said[start:], folded[start:], now)
        if verb:
            rule, read = verb
            if rule.meaning is Meaning.DONE and (read.rest in _ASKING or _only_asks(rule, folded)):
                # 101好了吗 asks how it stands.
                rule, read = _PROGRESS, replace(read, rest=None, command=_PROGRESS.command)
            if not _only_asks(rule, folded):
                return self._commanded(rule, read, said, now)
        act = None if _ASKED_OF_ACT.search(folded) else acts.find_act(said, folded, now, named=about is not None)
        if act is not None and act.meaning is Meaning.CLAIM and _REFUSED.search(folded):
            act = None
        intent = self._acted(said, folded, now, act, about) or self._judged(said, folded, now, mentioned, explain)
        if intent.implied and intent.meaning is not Meaning.CLAIM and not (intent.slots.order or about):
            intent = replace(intent, ability=None)  # 昨天把桌子搬完了 ends no order that nobody named
        hints = intent.ability is None and _may_hint(intent, folded)
        if act is not None and (hints or intent.meaning is act.meaning):
            intent = self._hinted(intent, act, meant=mentioned)
        open_time = any_time(folded)
        if open_time and intent.meaning in (Meaning.CHAT, Meaning.INQUIRY, Meaning.OTHER):
            intent = replace(intent, meaning=Meaning.CHAT, slots=replace(intent.slots, condition=open_time))
        answer = read_answer(folded)
        if intent.meaning in (Meaning.CHAT, Meaning.OTHER) and (again := times.times_of(said, folded, now).recurrence):
            intent = replace(intent, slots=replace(intent.slots, recurrence=again[0]))
        if answer is None and choice is None:
            return intent
        return replace(intent, slots=replace(intent.slots, yes=answer, choice=choice))

    def _commanded(self, rule: Rule, read: Slots, said: str, now: datetime) -> Intent:
        meaning = Meaning.REQUEST if rule.command == "place" else rule.meaning
        read = self._completed(replace(rule, meaning=meaning), read, said, now)
        if meaning is Meaning.REQUEST:
            read = replace(read, command=None)
        evidence = (Evidence("说的是一个动作", said[:20], 4.0),)
        return Intent(meaning, 0.97, read, self._ability(meaning, read.command), evidence=evidence)

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
        )
        meaning = act.meaning if meant else intent.meaning
        return replace(intent, meaning=meaning, slots=read, ability=self._ability(act.meaning, None))

    def _judged(self, said: str, folded: str, now: datetime, mentioned: bool, explain: bool) -> Intent:
        facts, found = slots.gather(said, folded, now, self._lookup, mentioned=mentioned)
        reading = requests.judge(facts, explain=explain)
        meaning = reading.meaning
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

    def _bind(self, intent: Intent, folded: str, quoted: str | None, context: Context | None) -> Intent:
        """A quotation or the order last spoken of names an order where the text does not; neither triggers anything."""
        bound = answers.bind(intent, folded, context) if context else intent
        lent = context.order if context and bound.meaning in _ABOUT_ORDERS else None
        if bound.slots.order is None and (quoted or lent):
            bound = replace(bound, slots=replace(bound.slots, order=quoted or lent))
        if bound.meaning is not intent.meaning:
            bound = replace(bound, ability=self._ability(bound.meaning, None))
        return bound
