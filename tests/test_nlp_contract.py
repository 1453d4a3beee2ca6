"""What `linli parse --jsonl` prints, field by field: the keys and values other programs rely on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from handlers.ability import load
from nlp import Parser, clean, to_json
from nlp.intent import Category, Context, Meaning, Score, Urgency

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8)))
PARSER = Parser(load().rules())
SEEN = Path(__file__).parent.parent / "corpus" / "seen"
COMMANDS = {rule.command for rule in load().rules() if rule.command} | {None}
GRAINS = {"minute", "hour", "part", "day", "week", "month"}
PARTS = {"community", "building", "entrance", "floor", "room", "place"}


def is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def is_number(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal() and str(int(value)) == value


def is_count(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"min", "max", "about"} or not isinstance(value["about"], bool):
        return False
    least, most = value["min"], value["max"]
    return (least is not None or most is not None) and (least is None or most is None or least <= most)


def is_time(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"start", "end", "grain", "text"}:
        return False
    sides = [datetime.fromisoformat(value[side]) for side in ("start", "end") if value[side] is not None]
    return (
        bool(sides)
        and all(side.utcoffset() is not None for side in sides)
        and (len(sides) < 2 or sides[0] < sides[1])
        and value["grain"] in GRAINS
        and is_text(value["text"])
    )


def is_address(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and set(value) <= PARTS and all(map(is_text, value.values()))


def numbers(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(re.fullmatch(pattern, one) for one in value)


CHECKS: dict[str, Callable[[object], bool]] = {
    "order": is_number,
    "category": lambda value: value in {kind.value for kind in Category},
    "needs": lambda value: isinstance(value, list) and bool(value) and set(value) <= {kind.value for kind in Category},
    "urgency": lambda value: value in {degree.value for degree in Urgency},
    "address": is_address,
    "time": is_time,
    "recurrence": is_text,
    "condition": is_text,
    "needs_clarification": lambda value: value is True,
    "command": lambda value: value in COMMANDS,
    "assignee": is_text,
    "into": is_number,
    "phones": numbers(r"1[0-9]{10}"),
    "landlines": numbers(r"[0-9]{7,16}"),
    "people": is_count,
    "people_needed": is_count,
    "beneficiary": is_text,
    "item": is_text,
    "reason": is_text,
    "minutes": lambda value: isinstance(value, int) and value > 0,
    "name": is_text,
    "rating": lambda value: value in {score.value for score in Score},
}


@pytest.mark.parametrize("file", sorted(SEEN.glob("*.jsonl")), ids=lambda file: file.stem)
def test_every_answer_has_the_form_of_the_contract(file: Path) -> None:
    wrong = []
    for line in file.read_text(encoding="utf-8").splitlines()[::3]:
        row = json.loads(line)
        read = to_json(PARSER.parse(row["text"], datetime.fromisoformat(row["now"])))
        assert set(read) - {"more"} == {"intent", "confidence", "slots", "ability"}
        more = read.get("more", [])
        assert isinstance(more, list)
        assert all(one["intent"] in set(Meaning) and isinstance(one["slots"], dict) for one in more)
        assert more or "more" not in read
        assert read["intent"] in {meaning.value for meaning in Meaning}
        slots = read["slots"]
        assert isinstance(slots, dict)
        wrong += [
            (row["text"], key, value) for key, value in slots.items() if key not in CHECKS or not CHECKS[key](value)
        ]
        # A day far from its clock is told with it: 明天…4点.
        if "time" in slots and any(piece not in clean(row["text"]) for piece in slots["time"]["text"].split("…")):
            wrong.append((row["text"], "time", slots["time"]["text"]))
    assert not wrong


# One sentence for every key, so that none can go unnoticed.
SAID: list[tuple[str, str, object]] = [
    ("接231", "order", "231"),
    ("3栋2单元402厨房水管漏水，谁能来修一下", "category", "水电维修"),
    ("家里没米了药也吃完了，谁能帮忙送一下", "needs", ["送餐买菜"]),
    ("我爸晕倒了叫不醒，3栋2单元402，快来人", "urgency", "emergency"),
    ("3栋2单元402水管漏水，谁能来修一下", "address", {"building": "3", "entrance": "2", "room": "402"}),
    (
        "明天上午谁能陪我去趟医院",
        "time",
        {
            "start": "2026-11-24T08:00:00+08:00",
            "end": "2026-11-24T12:00:00+08:00",
            "grain": "part",
            "text": "明天上午",
        },
    ),
    ("每周三下午谁能陪我妈去做理疗", "recurrence", "每周三下午"),
    ("我可以去，不过要六点以后", "condition", "六点以后"),
    ("求助", "needs_clarification", True),
    ("本周情况", "command", "report"),
    ("派单231给陈刚", "assignee", "陈刚"),
    ("合并231到232", "into", "232"),
    ("水管爆了谁来看看 电话139 0000 2210", "phones", ["13900002210"]),
    ("水管爆了谁来看看 打0571-87654321", "landlines", ["057187654321"]),
    ("我们四个老人困在楼上下不来，快来救", "people", {"min": 4, "max": 4, "about": False}),
    ("要两个小伙子帮忙抬钢琴", "people_needed", {"min": 2, "max": 2, "about": False}),
    ("谁能帮我妈买点菜", "beneficiary", "我妈"),
    ("厨房灯不亮了，谁能来修", "item", "修厨房灯"),
    ("退单231 临时加班", "reason", "临时加班"),
    ("完成231 40分钟", "minutes", 40),
    ("我是王秀兰 3栋2单元402", "name", "王秀兰"),
    ("评单231 满意", "rating", "satisfied"),
]


@pytest.mark.parametrize(("text", "key", "value"), SAID, ids=[key for _, key, _ in SAID])
def test_every_key_of_the_contract_is_found(text: str, key: str, value: object) -> None:
    slots = to_json(PARSER.parse(text, NOW, mentioned=True))["slots"]
    assert isinstance(slots, dict)
    assert slots.get(key) == value


def test_the_sentences_cover_every_key() -> None:
    assert {key for _, key, _ in SAID} == set(CHECKS)


def test_context_binds_a_digit_to_the_question() -> None:
    read = PARSER.parse("1", NOW, context=Context("231", "rate", 3))
    assert to_json(read)["intent"] == "rate"
    assert to_json(read)["slots"] == {"order": "231", "rating": "satisfied"}
