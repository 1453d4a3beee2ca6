"""Long texts in parts: nothing lost, nothing broken, nothing over the limit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.split import MOST, clip, clusters, pieces, shorten, size, split

FAMILY = "👨‍👩‍👧‍👦"
WHOLE = [FAMILY, "🇨🇳", "👍🏽", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "é", "🏃🏻‍♀️"]
MARK = re.compile(r"^（([0-9])/([0-9])）")
TAIL = re.compile(r"……（太长了，后面还有([0-9]+)字没有发出来）$")

TEXTS = st.lists(
    st.sampled_from([*WHOLE, "王", "a", " ", "\n", "。", "，", "231号单明天上午十点上门。\n"]), max_size=400
).map("".join)
LIMITS = st.integers(128, 2_500)


def bodies(parts: list[str]) -> list[str]:
    return [MARK.sub("", part) for part in parts]


@settings(max_examples=300)
@given(text=TEXTS | st.text(max_size=300), limit=LIMITS)
def test_pieces_join_to_the_text_and_keep_the_limit(text: str, limit: int) -> None:
    parts = pieces(text, limit)
    assert "".join(parts) == text
    assert all(size(part) <= limit for part in parts)


@settings(max_examples=300)
@given(text=TEXTS | st.text(max_size=300), times=st.integers(1, 20), limit=LIMITS)
def test_at_most_three_parts_then_a_tail_that_counts_the_rest(text: str, times: int, limit: int) -> None:
    text *= times
    parts = split(text, limit)
    assert all(size(part) <= limit for part in parts)
    assert len(parts) <= MOST
    if len(parts) == 1:
        assert parts == [text]
        return
    assert [MARK.match(part) is not None for part in parts] == [True] * len(parts)
    joined = "".join(bodies(parts))
    cut = TAIL.search(joined)
    if cut is None:
        assert joined == text
        return
    head = joined[: cut.start()]
    assert text.startswith(head)
    assert len(text) - len(head) == int(cut.group(1))


@settings(max_examples=300)
@given(emoji=st.lists(st.sampled_from(WHOLE), min_size=1, max_size=200), limit=LIMITS)
def test_no_emoji_sequence_is_broken(emoji: list[str], limit: int) -> None:
    text = "".join(emoji)
    assert [len(cluster) for cluster in clusters(text)] == [len(one) for one in emoji]
    ends, at = {0}, 0
    for one in emoji:
        at += len(one)
        ends.add(at)
    at = 0
    for part in pieces(text, limit):
        at += len(part)
        assert at in ends


@pytest.mark.parametrize("limit", [2048, 20480])
@pytest.mark.parametrize("unit", ["王", "a", FAMILY, "🇨🇳", "一行字。\n"])
def test_every_length_round_the_limit(limit: int, unit: str) -> None:
    fits = limit // size(unit)
    for count in range(max(0, fits - 2), fits + 3):
        text = unit * count
        parts = split(text, limit)
        assert len(parts) == (1 if size(text) <= limit else 2)
        assert "".join(bodies(parts)) == text
        assert all(size(part) <= limit for part in parts)


def test_parts_end_after_a_line_or_a_sentence_where_there_is_one() -> None:
    lines = "231号单明天上午十点上门。\n" * 30
    assert all(part.endswith("\n") for part in split(lines, 400))
    sentences = "231号单明天上午十点上门。" * 30
    assert all(part.endswith(("。", "）")) for part in split(sentences, 400))


def test_a_pile_of_marks_larger_than_a_part_is_cut_and_not_looped_over() -> None:
    parts = pieces("e" + "\u0301" * 5_000, 128)
    assert "".join(parts) == "e" + "\u0301" * 5_000
    assert all(size(part) <= 128 for part in parts)


def test_the_tail_of_the_third_part_counts_what_was_left_out() -> None:
    parts = split("字" * 3_000, 2_048)
    cut = TAIL.search(parts[2])
    assert cut
    assert sum(part.count("字") for part in parts) - 1 + int(cut.group(1)) == 3_000
    assert all(1_900 < size(part) <= 2_048 for part in parts)


def test_a_cluster_larger_than_a_part_is_cut_at_characters() -> None:
    pile = "e" + "\U0001e000" * 60
    parts = pieces(pile, 32)
    assert "".join(parts) == pile
    assert all(size(part) <= 32 for part in parts)


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        pieces("字", 31)


@given(text=TEXTS, limit=LIMITS)
def test_shortening_keeps_the_beginning_and_says_how_much_is_missing(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert size(short) <= limit
    cut = TAIL.search(short)
    assert short == text if cut is None else text.startswith(short[: cut.start()])


@pytest.mark.parametrize(
    ("text", "count", "shown"),
    [
        ("接单", 10, "接单"),
        ("一二三四五", 5, "一二三四五"),
        ("一二三四五六", 5, "一二三四…"),
        (FAMILY * 3, 3, FAMILY * 3),
        (FAMILY * 4, 3, FAMILY * 2 + "…"),
    ],
)
def test_clipping_counts_what_a_reader_sees(text: str, count: int, shown: str) -> None:
    assert clip(text, count) == shown
