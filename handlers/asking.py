"""进度 我的单 帮助: what people ask the bot about itself and their orders; and which order was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import finding, offering, several, wording
from handlers.ability import Ability, answers, load, on
from handlers.rights import STEERS, may
from handlers.turn import Lane, Outcome, Push, Reply, Say, Silence, Turn
from nlp import privacy
from nlp.intent import Meaning
from storage.orders import ClaimState, Order
from storage.people import Role
from storage.questions import QuestionKind


@on(
    "(进度|查单|查) {order}",
    "{order} [号] [单] (怎么样了|什么情况|到哪了|进度)",
    "(进度|查进度)",
    means=Meaning.COMMAND,
    command="progress",
    says=("进度 231", "231怎么样了"),
)
def progress(turn: Turn) -> Iterator[Outcome]:
    """进度231"""
    order, shared = finding.named(turn), finding.shared(turn)
    if shared is not None and shared.merged_into_id is not None:
        # How it stands, of their own home and in their own words: whose order it became is nobody's business.
        root = turn.store.orders.get(shared.merged_into_id)
        order = replace(root, item=shared.item, building=shared.building, place=shared.place)
    elif order is None or not _may_see(turn, order):
        order = _own_or_held(turn)
    reasons = _why_released(order) if turn.group is None and may(turn.speaker, STEERS) else []
    yield Reply(
        Say(lambda see: wording.progress(see.order(order)) + wording.releases([see.free(why) for why in reasons])),
        about=order,
    )


def _own_or_held(turn: Turn) -> Order:
    """进度 without a number: whoever asked for nothing means what they help with."""
    held = [] if turn.intent.slots.order else turn.store.orders.held_by(turn.speaker.id)
    if held and not turn.store.orders.of_requester(turn.speaker.id):
        return finding.only(turn, held, "查")
    return finding.own(turn, "查")


def _why_released(order: Order) -> list[str]:
    """Who stepped back and why, for the secretary alone; illnesses are nobody's business, not even theirs."""
    return [
        f"{claim.name}（{privacy.scrub(claim.reason)}）"
        for claim in order.claims
        if claim.state is ClaimState.RELEASED and claim.reason
    ]


@on("(隐私|隐私说明|你们怎么保护隐私)", means=Meaning.COMMAND, command="privacy", says=("隐私",))
def privacy_notice(turn: Turn) -> Iterator[Outcome]:
    """隐私"""
    yield Reply(Say(lambda see: wording.privacy()))


def _may_see(turn: Turn, order: Order) -> bool:
    """Helpers see what is offered to them; everybody sees their own."""
    mine = order.claim_of(turn.speaker.id) is not None or order.requester_id == turn.speaker.id
    return mine or bool(turn.speaker.roles - {Role.RESIDENT})


@on("(我的单|我的订单|我的单子|我有哪些单)", means=Meaning.COMMAND, command="my_orders", says=("我的单",))
def my_orders(turn: Turn) -> Iterator[Outcome]:
    """我的单"""
    asked = turn.store.orders.of_requester(turn.speaker.id)
    held = turn.store.orders.held_by(turn.speaker.id)
    say = Say(
        lambda see: wording.my_orders([see.order(order) for order in asked], [see.order(order) for order in held])
    )
    if turn.group is None:
        yield Reply(say)
        return
    yield Push(turn.speaker, say, Lane.REPLY, keeps=True)
    if turn.message.mentioned:
        yield Reply(Say(lambda see: wording.sent_privately()))


@on("(帮助|怎么用|使用说明|菜单|help)", means=Meaning.COMMAND, command="help", says=("帮助",))
def help_(turn: Turn) -> Iterator[Outcome]:
    """帮助"""
    parts = []
    for key, head in wording.HELP_HEADS.items():
        lines = [one.help for one in load().abilities.values() if _part_of(one) == key and _is_for(turn, one)]
        parts.append((head, lines))
    yield Reply(Say(lambda see: wording.help_lines(parts, see)))


HELPERS_FILES = frozenset({"claiming", "releasing", "visiting", "emergencies"})


def _part_of(ability: Ability) -> str:
    if ability.only:
        return "steers"
    is_helpers = ability.name.partition(".")[0] in HELPERS_FILES or ability.name == "completing.complete"
    return "helper" if is_helpers else "asker"


def _is_for(turn: Turn, ability: Ability) -> bool:
    """Nobody is shown what they may not do, and residents not what only helpers need."""
    match _part_of(ability):
        case "steers":
            return may(turn.speaker, ability.only)
        case "helper":
            return bool(turn.speaker.roles - {Role.RESIDENT})
        case _:
            return ability.rule.command not in ("bind", "help", "aside")


ASIDE_LASTS = timedelta(minutes=5)


@on(means=Meaning.COMMAND, command="aside", says=("谁下午去开会",), not_says=("谁去接一下231",))
def aside(turn: Turn) -> Iterator[Outcome]:
    """谁下午去开会（别的事，不算单）"""
    if turn.group is None:
        raise Silence
    recent = turn.store.outbox.recent_cards(turn.group.id, turn.now - finding.CARD_FRESH)
    if not recent or any(finding.names_thing(turn.text, turn.store.orders.get(one).item) for one in recent):
        raise Silence
    # From now on a bare 我去 answers that, until the next card.
    turn.store.questions.ask(QuestionKind.ASIDE, None, turn.group.id, None, turn.now, turn.now + ASIDE_LASTS)
    yield from ()


def _is_of_the_aside(turn: Turn) -> bool:
    """我去, of no order by number, quote or @, while no card was posted since the question."""
    if turn.intent.ability not in ("claiming.claim", "claiming.stand_by") or turn.is_addressed or turn.question is None:
        return False
    if turn.intent.slots.order or turn.message.quote or turn.group is None:
        return False
    return not turn.store.outbox.recent_cards(turn.group.id, turn.question.asked_at)


@answers(QuestionKind.ASIDE, accepts=_is_of_the_aside)
def of_the_aside(turn: Turn) -> Iterator[Outcome]:
    raise Silence  # and the next one who says 我去 means it as well


NUMBER = re.compile(r"\D{0,4}(\d{1,6})\D{0,4}")
BOTH = re.compile(r".{0,3}(?:都|两个|全部|全都).{0,3}(?:接|来|去|要|是|行|可以|退|撤|好了|完成)?.{0,2}")


def _chosen(turn: Turn) -> list[str]:
    """The orders that an answer to 哪一单 means: a number, 第二个, 是 where only one was named, 两个都接, or the thing."""
    text, offered = turn.text.strip(), turn.payload.split()[1:]
    number = NUMBER.fullmatch(text)
    if number and (number[1] in offered or turn.choice is None or turn.choice > len(offered)):
        return [number[1]]
    if turn.choice is not None and turn.choice <= len(offered):
        return [offered[turn.choice - 1]]
    if len(offered) == 1:
        return offered if turn.intent.slots.yes else []
    if BOTH.fullmatch(text):
        return offered
    orders = [turn.store.orders.find(turn.community.id, int(no)) for no in offered]
    named = [order for order in orders if order is not None and finding.names_thing(text, order.item)]
    return [str(named[0].no)] if len(named) == 1 and len(text) <= LONGEST_NAMING else []


LONGEST_NAMING = 12


@answers(QuestionKind.WHICH, accepts=lambda turn: bool(_chosen(turn)) or turn.intent.slots.yes is False)
def which(turn: Turn) -> Iterator[Outcome]:
    """The answer says which order was meant: the ability that asked runs again with it, or with each of them."""
    ability = load().abilities.get(turn.payload.partition(" ")[0])
    if ability is None:
        raise Silence
    chosen = _chosen(turn)
    if not chosen:
        yield offering.answer_in_chat(turn, Say(lambda see: wording.declined_noted()))
        return
    turn.store.questions.close_of_person(turn.speaker.id, QuestionKind.WHICH, turn.now)
    orders = tuple(chosen) if len(chosen) > 1 else ()
    slots = replace(turn.intent.slots, order=chosen[0], orders=orders, choice=None)
    intent = replace(turn.intent, slots=slots, ability=ability.name, explicit=True, meaning=ability.rule.meaning)
    meant = several.parts(replace(turn, intent=intent, question=None))
    yield from ability.handler(meant[0]) if len(meant) == 1 else several.in_turn(meant, ability.handler)
