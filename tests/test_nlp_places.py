"""Addresses in every written shape, what only looks like one, and a community's own list of buildings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp import estates, written
from nlp.clean import clean, fold
from nlp.ground import Building, Buildings, Ground
from nlp.intent import Address
from nlp.places import find_address, find_changed, flats, read_address
from tests.nlp_seen import labelled, masked

CORE = ("building", "entrance", "room")
TAGGED = ("community", *CORE)
HERE = Ground(
    buildings=Buildings.of(
        *(Building(str(number), entrances=frozenset("123"), floors=18) for number in range(1, 13)),
        Building("B", rooms=frozenset({"101", "102"})),
    )
)


def read(text: str) -> Address:
    folded = fold(text)
    return find_address(text, folded, masked(folded))[0] or Address()


def parts(address: Address, names: tuple[str, ...]) -> dict[str, str]:
    found = {name: getattr(address, name) for name in names}
    return {name: value for name, value in found.items() if value}


def wanted_parts(wanted: object, names: tuple[str, ...]) -> dict[str, str]:
    given = wanted if isinstance(wanted, dict) else {}
    return {name: given[name] for name in names if name in given}


def share_right(names: tuple[str, ...], *, only: str | None = None) -> tuple[float, list[str]]:
    """The share of sentences whose named parts are all right, and those where one is not."""
    seen = [one for one in labelled("address") if only is None or wanted_parts(one.wanted, (only,))]
    wrong = [one.text for one in seen if parts(read(one.text), names) != wanted_parts(one.wanted, names)]
    return 1 - len(wrong) / len(seen), wrong


def test_building_entrance_and_room_are_all_right() -> None:
    share, wrong = share_right(CORE)
    assert share >= 0.99, wrong


def test_rooms_are_found() -> None:
    share, wrong = share_right(("room",), only="room")
    assert share >= 0.99, wrong


def test_floors_are_told_from_buildings() -> None:
    share, wrong = share_right(("floor",))
    assert share >= 0.99, wrong


def test_all_four_tagged_fields_are_right() -> None:
    share, wrong = share_right(TAGGED, only="community")
    assert share >= 0.95, wrong


def test_nothing_is_invented_where_no_address_stands() -> None:
    plain = [one.text for one in labelled("address") if one.wanted is None]
    assert len(plain) > 90
    assert [text for text in plain if parts(read(text), (*TAGGED, "floor"))] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("403渗水，谁来看看", {"room": "403"}),
        ("昨天好的，今天1102停水", {}),
        ("昨天好的，1102停水", {"room": "1102"}),
        ("702马桶返水", {"room": "702"}),
        ("4.1单元503没水", {"building": "4", "entrance": "1", "room": "503"}),
        ("6、2单元三楼跳闸", {"building": "6", "entrance": "2", "floor": "3"}),
        ("5栋两单元601", {"building": "5", "entrance": "2", "room": "601"}),
        ("二梯304灯不亮", {"entrance": "2", "room": "304"}),
        ("乙-402缺药", {"building": "乙", "room": "402"}),
        ("302医院怎么挂号", {}),
        ("601路停运", {}),
        ("4.1单元小测", {}),
        ("四单元单词没背", {}),
        ("语文第四单元", {}),
        ("2025停电计划表", {}),
        ("120来了快让路", {}),
    ],
)
def test_flats_named_in_few_words_and_what_looks_like_one(text: str, said: dict[str, str]) -> None:
    assert parts(read(text), (*CORE, "floor")) == said


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("老粮站楼上停水了", "老粮站楼上"),
        ("信用社后头那家漏雨", "信用社后头"),
        ("在供销社买的", None),
        ("小区南门井盖没了", "小区南门"),
        ("地下车库B2出口有油", "地下车库B2出口"),
        ("16栋后面的草丛里有蛇窝", "16栋后面"),
        ("5栋楼下有人按喇叭", "5栋楼下"),
        ("14栋2单元电梯困人", "电梯"),
        ("6号楼和7号楼之间的树倒了", "6号楼和7号楼之间"),
        ("人民医院三楼三病区12床缺护工", "人民医院"),
        ("12号楼顶楼漏雨，接着盆呢", None),
        ("我家没电梯，谁帮搬一下", None),
    ],
)
def test_places(text: str, place: str | None) -> None:
    assert read(text).place == place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("不是3栋是5栋302水管漏", {"building": "5", "room": "302"}),
        ("不是我家，是对门302漏水", {"room": "302"}),
        ("从3栋601搬到5栋202，找两个人", {"building": "3", "room": "601"}),
        ("我住8栋，不过漏水的是9栋2单元401", {"building": "9", "entrance": "2", "room": "401"}),
        ("刚才写错了，不是2单元，是3单元，10栋601", {"building": "10", "entrance": "3", "room": "601"}),
        ("我是10栋1单元的，帮302的王大爷求助", {"building": "10", "entrance": "1", "room": "302"}),
    ],
)
def test_of_two_addresses_the_one_that_is_meant(text: str, said: dict[str, str]) -> None:
    assert parts(read(text), CORE) == said


def test_a_place_knows_where_it_stands_in_the_text() -> None:
    text = "谁能来，3栋2单元501，灯坏了"
    found = read_address(text, text, text)
    assert text[found.start : found.end] == "3栋2单元501"


@pytest.mark.parametrize(
    ("text", "said", "known"),
    [
        ("幸福里8号 302漏水", {"building": "8", "room": "302"}, True),
        ("8号302漏水", {"building": "8", "room": "302"}, True),
        ("住幸福里8号", {"building": "8"}, True),
        ("3栋2单元501漏水", {"building": "3", "entrance": "2", "room": "501"}, True),
        ("99栋501漏水", {"building": "99", "room": "501"}, False),
        ("3栋7单元501漏水", {"building": "3", "entrance": "7", "room": "501"}, False),
        ("3栋2501漏水", {"building": "3", "room": "2501"}, False),
        ("B栋103漏水", {"building": "B", "room": "103"}, False),
        ("幸福里88号", {}, None),
        ("建国路8号302", {}, None),
        ("8号上午停水吗", {}, None),
        ("灯坏了", {}, None),
    ],
)
def test_the_list_of_buildings_binds_and_refutes(text: str, said: dict[str, str], known: bool | None) -> None:
    found = read_address(text, fold(text), fold(text), HERE)
    assert (parts(found.address or Address(), CORE), found.known) == (said, known)


@pytest.mark.parametrize("text", ["幸福里8号", "8号302漏水", "水井巷15号", "大李庄村3组15号"])
def test_without_the_list_nothing_is_guessed(text: str) -> None:
    assert parts(read(text), CORE) == {}
    assert read_address(text, text, text).known is None


def test_an_empty_list_knows_nothing() -> None:
    assert read_address("99栋501", "99栋501", "99栋501", Ground()).known is None


@pytest.mark.parametrize("said", ["我们小区3栋", "水管漏了3栋", "在家里3栋", "快来人3栋", "去趟医院，3栋", "换药，3栋"])
def test_words_of_the_sentence_are_no_estate(said: str) -> None:
    assert read(f"{said}2单元501").community is None


def test_names_in_the_word_list_are_estates() -> None:
    assert estates.before("幸福里3栋", 3) == "幸福里"


def of_another_author(kind: str) -> list[tuple[str, dict[str, str]]]:
    """Sentences of somebody who did not know the reader, with what they say of an address."""
    file = Path(__file__).parent.parent / "corpus" / "seen" / "places.jsonl"
    found: list[tuple[str, dict[str, str]]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row: object = json.loads(line)
        assert isinstance(row, dict)
        if row["kind"] == kind:
            found.append((clean(row["text"]), row["slots"]["address"] or {}))
    return found


@pytest.mark.parametrize(("kind", "names"), [("address-post", CORE), ("address-tagged", TAGGED)])
def test_the_sentences_of_another_author(kind: str, names: tuple[str, ...]) -> None:
    seen = of_another_author(kind)
    assert len(seen) >= 60
    wrong = [text for text, wanted in seen if parts(read(text), names) != wanted_parts(wanted, names)]
    assert 1 - len(wrong) / len(seen) >= 0.985, wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("23栋3单元楼上1902吵得我家1802没法歇", {"building": "23", "entrance": "3", "room": "1802"}),
        ("11幢甲单元…不对是二单元，703", {"building": "11", "entrance": "2", "room": "703"}),
        ("2号楼三单元1202，说错了是1102", {"building": "2", "entrance": "3", "room": "1102"}),
        ("我是13号楼二门的，耳朵背，501", {"building": "13", "entrance": "2", "room": "501"}),
        ("5号楼1单元，一共花了501元", {"building": "5", "entrance": "1"}),
        ("耳朵背，501", {}),
        ("30号楼五单元东边那户101", {"building": "30", "entrance": "5", "room": "101"}),
        ("6号楼叁单元伍零贰", {"building": "6", "entrance": "3", "room": "502"}),
        ("building 9 unit 2 room 1405", {"building": "9", "entrance": "2", "room": "1405"}),
        ("3dong2danyuan 604", {"building": "3", "entrance": "2", "room": "604"}),
    ],
)
def test_parts_said_apart_or_otherwise(text: str, said: dict[str, str]) -> None:
    assert parts(read(text), CORE) == said


@pytest.mark.parametrize(
    ("text", "community"),
    [
        ("山水间二期12栋1204", "山水间"),
        ("御景城C区4号楼", "御景城"),
        ("二期12栋电梯停了", "二期"),
        ("青口西区37栋", "青口西区"),
    ],
)
def test_a_phase_is_no_part_of_the_name_unless_nothing_else_is_said(text: str, community: str) -> None:
    assert read(text).community == community


def test_where_the_flat_stands() -> None:
    text = "3栋2单元402漏水，B-1203也漏"
    assert [(text[flat.start : flat.end], flat.bare) for flat in flats(fold(text))] == [
        ("2单元402", False),
        ("-1203", True),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("231改成5栋", {"building": "5"}),
        ("地点换到六号楼三单元", {"building": "6", "entrance": "3"}),
        ("17号单子改到3-2-501", {"building": "3", "entrance": "2", "room": "501"}),
        ("写错了是502室", {"room": "502"}),
        ("改成明天下午", {}),
        ("5栋2单元501漏水", {}),
    ],
)
def test_the_address_that_counts_from_now_on(text: str, said: dict[str, str]) -> None:
    assert parts(find_changed(text, fold(text)) or Address(), CORE) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("六动一单元七零三跳闸了", {"building": "6", "entrance": "1", "room": "703"}),
        ("我家九洞三零四没水", {"building": "9", "room": "304"}),
        ("一懂二但元四零二", {"building": "1", "entrance": "2", "room": "402"}),
        ("八号楼三单员五零一", {"building": "8", "entrance": "3", "room": "501"}),
        ("四东一单元六零二", {"building": "4", "entrance": "1", "room": "602"}),
        ("4号楼东一单元602", {"building": "4", "entrance": "东1", "room": "602"}),
        ("三栋二单元嗯那个八零一", {"building": "3", "entrance": "2", "room": "801"}),
        ("五栋一单元一千三百零二门坏了", {"building": "5", "entrance": "1", "room": "1302"}),
        ("12号楼顶楼西户1801", {"building": "12", "room": "1801"}),
        ("他们一动一静，三零二", {}),
        ("行动三零二", {}),
        ("三但元旦不来", {}),
    ],
)
def test_what_voice_input_makes_of_an_address(text: str, said: dict[str, str]) -> None:
    assert parts(read(text), CORE) == said


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("外公在市中医院，想借个轮椅", "市中医院"),
        ("老伴住进了三院，家里没人做饭", "三院"),
        ("19号楼下的长椅断了", "19号楼下"),
        ("19号楼下水道堵了", None),
        ("我在医院上班", None),
        ("在医院旁边开店", None),
        ("爷爷在哪个医院", None),
        ("不在人民医院", None),
    ],
)
def test_where_somebody_is(text: str, place: str | None) -> None:
    assert read(text).place == place


@pytest.mark.parametrize("said", ["门牌号", "楼栋号", "家里的房间号", "二院", "市三院", "去了法院"])
def test_labels_and_hospitals_are_no_estates(said: str) -> None:
    assert read(f"{said}3-2-501").community is None


@pytest.mark.parametrize(
    ("text", "community"),
    [
        ("桃源新村21弄6号302室", "桃源新村"),
        ("小区：望春里 楼栋：3 房号：502", "望春里"),
        ("石桥路21弄6号302室", None),
    ],
)
def test_an_estate_without_its_lane_and_by_its_label(text: str, community: str | None) -> None:
    assert read(text).community == community


def halves(kind: str) -> tuple[list[tuple[str, object]], list[tuple[str, object]]]:
    """The sentences that the shapes were tuned on, and those written at the same time and kept for measuring."""
    file = Path(__file__).parent.parent / "corpus" / "seen" / "places_more.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    said = [(row["kind"], clean(row["text"]), row["slots"]["address"]) for row in rows]
    tuned, kept = said[:60], said[60:]
    return [pair[1:] for pair in tuned if pair[0] == kind], [pair[1:] for pair in kept if pair[0] == kind]


@pytest.mark.parametrize(
    ("kind", "names", "most"),
    [
        ("address-post", (*TAGGED, "floor", "place"), 1),
        ("address-terse", (*TAGGED, "floor"), 0),
        ("address-voice", (*TAGGED, "floor"), 0),
        ("address-tagged", TAGGED, 0),
        ("address-none", (*TAGGED, "floor"), 0),
    ],
)
def test_posts_terse_lines_and_voice(kind: str, names: tuple[str, ...], most: int) -> None:
    for seen in halves(kind):
        assert seen
        wrong = [text for text, wanted in seen if parts(read(text), names) != wanted_parts(wanted, names)]
        assert len(wrong) <= most, wrong


def test_no_shape_is_left_untried_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found with the pieces looked for first is what trying every shape finds."""
    texts = [fold(one.text) for one in labelled("address")]
    pieced = [list(map(str, written.matches(text))) for text in texts]
    monkeypatch.setattr(written, "_possible", lambda folded: written.SHAPES)
    assert [list(map(str, written.matches(text))) for text in texts] == pieced
    assert sum(map(len, pieced)) > 500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("402漏水（8栋3单元）", {"building": "8", "entrance": "3", "room": "402"}),
        ("9栋1-2单元都停水了", {"building": "9"}),
        ("15栋二单元6零3", {"building": "15", "entrance": "2", "room": "603"}),
        ("5栋1单元，八楼右手边那户802", {"building": "5", "entrance": "1", "room": "802"}),
        ("六一小区9-2-301", {"building": "9", "entrance": "2", "room": "301"}),
    ],
)
def test_rooms_said_before_or_behind(text: str, said: dict[str, str]) -> None:
    assert parts(read(text), CORE) == said


def test_a_holiday_may_name_an_estate() -> None:
    assert read("六一小区9-2-301").community == "六一小区"
    assert read("同一小区9-2-301").community is None
