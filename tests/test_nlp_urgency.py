"""How urgent a need is: emergencies by their states, what takes the danger out of the words, and how often both fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from importlib.resources import files
from pathlib import Path

import pytest

from nlp import Parser, fold, to_json, urgency
from nlp.intent import Meaning, Urgency
from nlp.spotting import new_spotter

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8)))
SPOTTER = new_spotter({})
PARSER = Parser([])
SEEN = Path(__file__).parent.parent / "corpus" / "seen"
ROWS: list[dict[str, object]] = [
    json.loads(line)
    for file in sorted(SEEN.glob("emergencies*.jsonl"))
    for line in file.read_text(encoding="utf-8").splitlines()
]
# Shares of our own labelled sentences, where the weights were learned from them too; the honest shares, with the
# authors left out of the learning, are in docs/understanding.md.
LEAST_FOUND = 0.97
MOST_FALSE = 0.08
MOST_INVENTED = 0.06


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


def is_cry(text: str) -> bool:
    """Whether the text is read as a request in an emergency."""
    intent = PARSER.parse(text, NOW)
    return intent.meaning is Meaning.REQUEST and intent.slots.urgency is Urgency.EMERGENCY


def relieved(text: str) -> float:
    folded = fold(text)
    spotted = SPOTTER.spot(folded)
    return urgency.relief(folded, spotted.hits, spotted.learned)


def share(wrong: list[str], rows: list[dict[str, object]]) -> float:
    return len(wrong) / len(rows)


def test_the_set_is_large_and_has_both_sides() -> None:
    kinds = [str(row["kind"]) for row in ROWS]
    assert len(ROWS) >= 550
    assert kinds.count("emergency") >= 280
    assert kinds.count("not-emergency") >= 260


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
    assert not is_cry(text)


@pytest.mark.parametrize(
    "text",
    [
        # things in the water
        "儿子的水枪掉池塘里了，哭了一路",
        "车钥匙掉河里了，又要花钱配",
        "相机掉海里了，心碎",
        "假牙冲马桶里了，笑死人",
        "耳机进水了，声音闷闷的",
        "球飞湖里去了",
        "书包掉水坑里，作业全湿了",
        "我家猫掉鱼缸里了，一身毛全湿",
        # food
        "煎鱼煎糊了，一厨房的味",
        "米饭煮成锅巴了，底下全黑",
        "地瓜烤焦了，还挺香",
        "粥熬糊了，锅底黑的刷不掉",
        # insurance, courses, gear, news
        "电动车自燃险有必要买吗",
        "学校让买溺水险，交了二十",
        "触电保险杠叫什么来着",
        "要装烟雾报警器，每户出多少钱",
        "老人防走失手环哪种好",
        "社区教大家噎住了怎么急救，周三下午",
        "新闻里那个跳楼的救下来了",
        # jokes
        "看球看得我心脏病都要犯了",
        "广场舞跳得我喘不过气",
        "笑得我从沙发上掉下来",
        "又让我加班，我要吐血了",
        "股票绿得我想跳江",
        "吃得我嘴里着火",
        "打呼噜跟着了火似的",
    ],
)
def test_what_only_sounds_of_danger(text: str) -> None:
    assert not is_cry(text)


@pytest.mark.parametrize(
    "text",
    [
        "手机掉河里了，他下去捞就没上来",
        "救狗掉冰窟里了，快来人",
        "饭烧糊了没人管，满屋都是烟，敲门没人应",
        "急死我了孩子不见了，四岁，红衣服",
        "笑着笑着突然倒地上了，叫不醒",
        "刚上完急救课，真有人晕倒了，叫不应，在活动室",
        "老爷子跑步回来喘不上气，嘴唇发紫",
    ],
)
def test_a_danger_beside_what_only_sounds_of_it(text: str) -> None:
    assert is_cry(text)


@pytest.mark.parametrize(
    "text",
    [
        "灶台那儿一股煤气味",
        "厨房里有股煤气味儿 我不敢开灯",
        "屋头煤气味道大得很",
        "他又动手打我了",
        "隔壁男的打老婆",
        "楼上那男的把他媳妇往死里打",
        "老太太出去买菜一下午没回来",
        "爷爷去下棋 天黑了还没回家 手机关机",
        "我家老爷子走丢了 记不得家",
        "充电宝炸了冒烟",
        "床垫烧着了 是手机充电弄的",
        "只能撑一小时的氧气了",
        "呼吸机报警 没电了",
        "救我",
        "有人掉湖里了 就看见手",
        "阿公喺厕所晕咗 叫佢唔应",
        "囡囡掉到河浜里去了 快来人呀",
        "老汉儿绊倒了 脑壳流血",
        "跳下去是不是就解脱了",
        "我老婆要生了 已经看到头了",
    ],
)
def test_people_in_danger_say_it_tersely(text: str) -> None:
    assert is_cry(text)


def test_a_stated_danger_makes_a_request_likelier() -> None:
    assert relieved("爷爷在卫生间栽倒了，喊他不应") > urgency.RELIEF
    assert relieved("今天包了饺子") == 0.0
    assert relieved("昨天谁家着火了来着") == 0.0


def test_what_is_over_takes_the_danger_out_of_its_own_sentence_only() -> None:
    assert is_cry("谢谢大家，火灭了。隔壁又冒黑烟了，里面有人在喊")
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


WRITTEN = (files("nlp") / "lexicon" / "urgency.table").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("heading", "word", "text", "sign"),
    [
        ("{毒物}", "灯油", "娃喝了两口灯油", "噎住、误吞、中毒"),
        ("{建筑}", "牌坊", "村口牌坊塌了一半", "塌了、砸下来"),
        ("[有人行凶、闯进来] emergency 3.0", "放冷箭", "有人放冷箭", "有人行凶、闯进来"),
    ],
)
def test_a_new_word_is_one_line(heading: str, word: str, text: str, sign: str) -> None:
    def shown_by(table: str) -> list[str]:
        return [found.name for found in urgency.Signs(table).shown(text) if found.name == sign]

    assert f"\n{heading}\n" in WRITTEN
    assert shown_by(WRITTEN.replace("塌", "")) == []
    assert shown_by(WRITTEN.replace(f"\n{heading}\n", f"\n{heading}\n{word}\n")) == [sign]


def test_what_is_harmless_is_one_line_and_taken_out_alone() -> None:
    signs = urgency.Signs(WRITTEN.replace("\n{东西}\n", "\n{东西}\n铜锣\n"))
    assert signs.without_harmless("铜锣掉河里了,人也下去了") == ",,,,,了,人也下去了"
    assert signs.without_harmless("老人掉河里了") == "老人掉河里了"


def test_the_lines_of_the_table_stay_short() -> None:
    assert [line for line in WRITTEN.splitlines() if len(line) > 125] == []


def test_the_signs_are_ready_after_warming_up() -> None:
    urgency.signs.cache_clear()
    Parser([]).warm()
    assert urgency.signs.cache_info().currsize == 1


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
