"""绑定 我是 推送: which chat is what, and who is who."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from handlers import finding, wording
from handlers.ability import on
from handlers.offering import answer_in_chat
from handlers.rights import STEERS, may
from handlers.turn import ChatKind, Outcome, Refusal, Reply, Say, Turn
from nlp.intent import Meaning
from storage.groups import GroupKind
from storage.people import Person, Role

KINDS = {kind: GroupKind(name) for name, kind in wording.GROUP_KINDS.items()} | {"志愿群": GroupKind.MEMBERS}
PUSH_KEY = re.compile(r"key=([0-9A-Za-z-]{8,64})")


@on(
    "绑定 {code} {group_kind}",
    "绑定 {group_kind} {code}",
    "绑定 {group_kind}",
    means=Meaning.COMMAND,
    command="bind",
    says=("绑定 A1B2C3D4 居民群",),
    not_says=("绑定手机怎么弄",),
)
def bind(turn: Turn) -> Iterator[Outcome]:
    """绑定 绑定码 居民群（或党员群、书记群、单位群）"""
    kind = KINDS.get(turn.intent.slots.item or "")
    if turn.message.chat.kind is not ChatKind.GROUP or kind is None:
        raise Refusal(Say(lambda see: wording.bind_in_group()), reason="not in a group")
    code = turn.intent.slots.rest
    community_id: int | None
    if code:
        community_id = turn.store.people.use_invite(code, turn.now)
        if community_id is None:
            raise Refusal(Say(lambda see: wording.bad_code()), reason="bad code")
        # Whoever shows the server's one-time code steers from now on; that is how the first secretary comes to be.
        turn.store.people.grant(turn.speaker.id, Role.SECRETARY, turn.now)
        turn.store.people.save(replace(turn.speaker, community_id=community_id))
    elif may(turn.speaker, STEERS):
        community_id = turn.speaker.community_id or turn.community.id
    else:
        raise Refusal(Say(lambda see: wording.bad_code()), reason="no code")
    community = turn.store.communities.get(community_id)
    chat = turn.message.chat
    name = f"{community.name}{wording.GROUP_KINDS[kind]}"
    group = turn.store.groups.bind(community_id, kind, name, chat.channel, chat.id, turn.now)
    turn.store.audit.write(community_id, None, 0, "bind", turn.speaker.id, turn.now, detail=kind)
    turn.store.outbox.wake_held(turn.now)
    yield Reply(Say(lambda see: wording.bound(group.kind, community.name, see)))


APPOINTABLE = {role.value: role for role in Role if role is not Role.RESIDENT}


@on("任命 {name} {rest}", means=Meaning.COMMAND, command="appoint", only=STEERS, says=("任命 周红 网格员",))
def appoint(turn: Turn) -> Iterator[Outcome]:
    """任命 周红 网格员（免去 周红 网格员）"""
    person, role = _person_and_role(turn)
    turn.store.people.grant(person.id, role, turn.now, turn.speaker.id)
    turn.store.audit.write(
        turn.community.id, None, 0, "appoint", turn.speaker.id, turn.now, detail=f"{person.id} {role}"
    )
    yield answer_in_chat(turn, Say(lambda see: wording.appointed(see.free(person.name), role)))


@on("(免去|免除) {name} {rest}", means=Meaning.COMMAND, command="dismiss", only=STEERS, says=("免去 周红 网格员",))
def dismiss(turn: Turn) -> Iterator[Outcome]:
    """免去 周红 网格员"""
    person, role = _person_and_role(turn)
    turn.store.people.revoke(person.id, role)
    turn.store.audit.write(
        turn.community.id, None, 0, "dismiss", turn.speaker.id, turn.now, detail=f"{person.id} {role}"
    )
    yield answer_in_chat(turn, Say(lambda see: wording.dismissed(see.free(person.name), role)))


def _person_and_role(turn: Turn) -> tuple[Person, Role]:
    role = APPOINTABLE.get((turn.intent.slots.rest or "").strip("为 "))
    if role is None:
        raise Refusal(Say(lambda see: wording.no_such_role("、".join(APPOINTABLE))), reason="no such role")
    return finding.person_named(turn, turn.intent.slots.name or ""), role


@on(
    "推送 {group_kind} {rest}",
    means=Meaning.COMMAND,
    command="set_push",
    only=STEERS,
)
def set_push(turn: Turn) -> Iterator[Outcome]:
    """推送 居民群 网址（私聊里设消息推送）"""
    if turn.group is not None:
        raise Refusal(Say(lambda see: wording.push_in_private()), reason="key in a group")
    named = turn.intent.slots.item or ""
    found = PUSH_KEY.search(turn.intent.slots.rest or "")
    kind = KINDS.get(named)
    if found is None or kind is None:
        raise Refusal(Say(lambda see: wording.push_bad()), reason="no key")
    groups = finding.groups(turn, kind)
    if not groups:
        raise Refusal(Say(lambda see: wording.no_such_group(named)), reason="no group")
    turn.store.groups.set_push(groups[0], found[1])
    turn.store.outbox.wake_held(turn.now)
    yield Reply(Say(lambda see: wording.push_set(kind)))


@on(
    "(我是|我叫|叫我) {name} {address?}",
    means=Meaning.COMMAND,
    command="introduce",
    says=("我是 王秀兰 3栋2单元402",),
    not_says=("我是来看病的", "我是说明天"),
)
def introduce(turn: Turn) -> Iterator[Outcome]:
    """我是 姓名 3栋2单元402"""
    slots = turn.intent.slots
    if not slots.name:
        raise Refusal(Say(lambda see: wording.who_are_you()), reason="no name")
    address = slots.address
    person = replace(
        turn.speaker,
        name=slots.name,
        is_named=True,
        community_id=turn.speaker.community_id or turn.community.id,
        building=(address.building if address else None) or turn.speaker.building,
        entrance=(address.entrance if address else None) or turn.speaker.entrance,
        room=(address.room if address else None) or turn.speaker.room,
        phone=slots.phones[0] if slots.phones else turn.speaker.phone,
    )
    turn.store.people.save(person)
    for order in turn.store.orders.of_requester(person.id, limit=5):
        if order.contact_name == turn.speaker.name and not turn.speaker.is_named:
            turn.store.orders.introduce(order, person)
    place = f"{person.building}栋" if person.building else ""
    yield answer_in_chat(turn, Say(lambda see: wording.introduced(person.name, place)))
