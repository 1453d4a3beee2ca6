"""How urgent a need is: emergencies by their states, what takes the danger out of the words, and how often both fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest

from nlp import Parser, fold, to_json, urgency
from nlp.intent import Urgency
from nlp.spotting import new_spotter

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8)))
SPOTTER = new_spotter({})
PARSER = Parser([])
SEEN = Path(__file__).parent.parent / "corpus" / "seen"
ROWS: list[dict[str, object]] = [
    json.loads(line) for line in (SEEN / "emergencies.jsonl").read_text(encoding="utf-8").splitlines()
]
# Shares of our own labelled sentences, where the weights were learned from them too; the honest shares, with the
# authors left out of the learning, are in docs/understanding.md.
LEAST_FOUND = 0.95
MOST_FALSE = 0.12
MOST_INVENTED = 0.10


def degrees(row: dict[str, object]) -> tuple[str, ...]:
    slots = row["slots"]
    assert isinstance(slots, dict)
    wanted = slots["urgency"]
    return tuple(wanted) if isinstance(wanted, list) else (wanted,) if wanted else ()


def found(row: dict[str, object]) -> str | None:
    """The urgency of what was read as a request."""
    read = to_json(PARSER.parse(str(row["text"]), NOW))
    slots = read["slots"]
    return str(slots.get("urgency")) if read["intent"] == "request" and isinstance(slots, dict) else None


def shown(text: str) -> list[str]:
    folded = fold(text)
    return urgency.signs_shown(folded, SPOTTER.spot(folded).hits)


def sure(text: str) -> bool:
    folded = fold(text)
    spotted = SPOTTER.spot(folded)
    return urgency.is_emergency(folded, spotted.hits, spotted.learned)


def relieved(text: str) -> float:
    folded = fold(text)
    spotted = SPOTTER.spot(folded)
    return urgency.relief(folded, spotted.hits, spotted.learned)


def share(wrong: list[str], rows: list[dict[str, object]]) -> float:
    return len(wrong) / len(rows)


def test_the_set_is_large_and_has_both_sides() -> None:
    kinds = [str(row["kind"]) for row in ROWS]
    assert len(ROWS) >= 320
    assert kinds.count("emergency") >= 170
    assert kinds.count("not-emergency") >= 150


def test_few_emergencies_are_missed() -> None:
    rows = [row for row in ROWS if degrees(row) == ("emergency",)]
    missed = [str(row["text"]) for row in rows if found(row) != "emergency"]
    assert share(missed, rows) <= 1 - LEAST_FOUND, "\n".join(missed)


def test_few_other_requests_are_taken_for_emergencies() -> None:
    rows = [row for row in ROWS if degrees(row) and "emergency" not in degrees(row)]
    false = [str(row["text"]) for row in rows if found(row) == "emergency"]
    assert share(false, rows) <= MOST_FALSE, "\n".join(false)


def test_hardly_anything_that_asks_for_nothing_becomes_an_emergency() -> None:
    rows = [row for row in ROWS if not degrees(row)]
    false = [str(row["text"]) for row in rows if found(row) == "emergency"]
    assert share(false, rows) <= MOST_INVENTED, "\n".join(false)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("奶奶躺在地上喊她不应", "叫不醒、不答应"),
        ("摇了半天都没反应,人没气了", "没有呼吸、心跳、知觉"),
        ("老头子摔下来头上都是血", "摔伤、起不来"),
        ("货梯卡在半空,里面有人", "困在电梯里"),
        ("三岁的娃一个人反锁在屋里", "孩子、老人锁在里面"),
        ("他的手卷进机器里拔不出来", "身子卡住、压住"),
        ("被子着了,满屋都是烟", "着火、冒烟"),
        ("总闸那儿滋滋响还打火花", "焦味、火花、噼啪响"),
        ("一股煤气味", "煤气、漏气"),
        ("水已经漫到床沿了", "水漫上来"),
        ("我妈痴呆,早上出门到现在没回", "老人、孩子找不到了"),
        ("活着没意思", "不想活了"),
        ("他拿着菜刀砸门,要砍人", "有人行凶、闯进来"),
        ("停电了,我爸靠呼吸机的", "离不开的氧气、机器、药断了"),
        ("羊水破了", "快生了"),
    ],
)
def test_a_state_is_a_danger(text: str, sign: str) -> None:
    assert sign in shown(text)
    assert relieved(text) > 0


@pytest.mark.parametrize(
    "text",
    [
        "明天消防演练,会放烟雾,电梯模拟困人",
        "昨晚那部电影里的楼着火了,看得我手心出汗",
        "困死我了",
        "笑得我喘不过气,哈哈",
        "火灭了,人都没事",
        "要是哪天着火了你先拿什么",
        "煤气灶打不着火,没味儿",
        "我家狗掉水里了,自己游上来的,哈哈",
        "昨天谁家水管爆了来着",
    ],
)
def test_words_of_danger_without_any(text: str) -> None:
    assert not sure(text)


def test_a_stated_danger_makes_a_request_likelier() -> None:
    assert relieved("爷爷在卫生间栽倒了，喊他不应") > urgency.RELIEF
    assert relieved("今天包了饺子") == 0.0
    assert relieved("昨天谁家着火了来着") == 0.0


def test_what_is_over_takes_the_danger_out_of_its_own_sentence_only() -> None:
    assert sure("谢谢大家，火灭了。隔壁又冒黑烟了，里面有人在喊")
    assert "着火、冒烟" in shown("之前那家火灭了，现在三楼着火了")
    assert "过去了、没事了" not in shown("之前那家火灭了，现在三楼着火了")


def test_a_word_that_is_denied_is_no_danger() -> None:
    assert "一说就是紧急的词" in shown("楼道着火")
    assert "一说就是紧急的词" not in shown("楼道没着火")


@pytest.mark.parametrize(
    ("text", "degree"),
    [
        ("快来人，我爸晕过去叫不醒了，3栋", Urgency.EMERGENCY),
        ("我一个人发烧下不了楼，药断了，谁能帮忙买一下，急", Urgency.URGENT),
        ("厨房龙头有点滴水，请师傅来修", Urgency.NORMAL),
        ("厨房龙头有点滴水，不急，有空再来修", Urgency.LOW),
    ],
)
def test_the_four_degrees(text: str, degree: Urgency) -> None:
    assert PARSER.parse(text, NOW).slots.urgency is degree


TABLE = "{人}\n爸|妈\n\n[不应] emergency 2.5\n{人}[^,]{0,4}不应\n叫不醒\n\n[好了] emergency -2.0\n好了\n"


def test_a_sign_is_a_few_lines_of_a_table() -> None:
    signs = urgency.Signs(TABLE)
    assert [sign.name for sign in signs.shown("我爸喊他不应")] == ["不应"]
    assert [sign.name for sign in signs.shown("叫不醒,现在好了")] == ["不应", "好了"]
    assert signs.all[1].weight == -2.0


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("[不应] 紧急 2.5\n叫不醒", "紧急"),
        ("[不应] emergency 很\n叫不醒", "很"),
        ("[不应] emergency 1\n{人}不应", "named nowhere"),
        ("[不应] emergency 1\n(?:我", "no regular expression|unterminated"),
        ("[不应] emergency 1", "has a shape"),
    ],
)
def test_a_wrong_line_of_the_table_is_named(line: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        urgency.Signs(line)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("(?:我|俺)?摔[倒了]", "俺摔了"),
        ("[二三]楼着火", "三楼着火"),
        ("(?<!打不)着火", "着火"),
        ("冒(?:黑|白)?烟", "冒烟"),
    ],
)
def test_a_shape_is_found_wherever_it_can_begin(shape: str, text: str) -> None:
    signs = urgency.Signs(f"[一样] emergency 1\n{shape}\n")
    assert signs.shown(f"啊,{text}")


def quickest(run: Callable[[], object], tries: int = 3) -> float:
    best = float("inf")
    for _ in range(tries):
        begun = time.thread_time()
        run()
        best = min(best, time.thread_time() - begun)
    return best


@pytest.mark.parametrize(
    "seed", ["水", "水到", "没", "我", "老人", "孩子", "电梯", "血", "摔", "。", "锁在", "水,", "药吃", "困"]
)
def test_a_thousand_characters_of_anything_take_no_longer(seed: str) -> None:
    text = (seed * 1000)[:1000]
    hits = SPOTTER.spot(text).hits
    assert quickest(partial(urgency.signs_shown, text, hits)) < 0.020
