"""The sample community that `linli run --demo` loads once, and in which conversations without a head of their own play."""

from __future__ import annotations

from datetime import datetime

from bot.conversation import CommunityPart, GroupPart, settle
from storage.database import Database
from storage.groups import GroupKind
from storage.people import Person, Role

CHANNEL = "console"


def _one(name: str, *roles: Role, **facts: str) -> Person:
    skills = (facts["skill"],) if "skill" in facts else ()
    return Person(
        0,
        None,
        name,
        facts.get("building"),
        facts.get("entrance"),
        facts.get("room"),
        facts.get("phone"),
        facts.get("unit"),
        skills,
        roles=frozenset(roles),
    )


# Invented people in an invented place.
COMMUNITY = CommunityPart(
    "幸福里",
    (
        GroupPart("居民群", GroupKind.RESIDENTS),
        GroupPart("党员群", GroupKind.MEMBERS),
        GroupPart("书记群", GroupKind.SECRETARIES),
    ),
    (
        _one("王秀兰", Role.RESIDENT, building="3", entrance="2", room="402", phone="13900002210"),
        _one("何姐", Role.RESIDENT, building="5", entrance="1", room="301", phone="13900002211"),
        _one("许奶奶", Role.RESIDENT, building="2", entrance="1", room="501", phone="13900002212"),
        _one("老赵", Role.RESIDENT, building="8", entrance="3", room="202", phone="13900002213"),
        _one("陈刚", Role.PARTY_MEMBER, building="3", unit="第三党支部", phone="13900002221", skill="电工"),
        _one("刘洋", Role.PARTY_MEMBER, building="5", unit="第一党支部", phone="13900002222"),
        _one("马建国", Role.PARTY_MEMBER, building="6", unit="第一党支部", phone="13900002223"),
        _one("周敏", Role.VOLUNTEER, building="2", phone="13900002224", skill="量血压"),
        _one("孙丽", Role.VOLUNTEER, building="1", phone="13900002225"),
        _one("周红", Role.GRID_LEADER, building="4", phone="13900002226"),
        _one("老彭", Role.PROPERTY, phone="13900002227", unit="幸福里物业", skill="水电"),
        _one("韩书记", Role.SECRETARY, phone="13900002228"),
    ),
)


def load(database: Database, now: datetime) -> bool:
    """Load the sample community into an empty database; False where something is there already."""
    with database.write() as store:
        if store.communities.all():
            return False
        settle(store, (COMMUNITY,), CHANNEL, now)
    return True
