"""Linear time on anything: attack strings, in processor time of this thread, best of several. Pace is for `linli bench`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest

from nlp import Parser, clean, privacy
from nlp.words import Words
from tests.nlp_patterns import every_pattern

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))
PARSER = Parser([])
PATTERNS = every_pattern()
# Other work on the machine must not fail a test that guards against explosions.
SLACK = 2.0
SEEDS = [
    "1",
    "一",
    "十",
    "1-",
    "1 ",
    "13",
    "栋",
    "帮",
    "我",
    "的",
    "a",
    "，",
    "12:",
    "没",
    "不",
    "老人",
    "有",
    "每周三",
    "1月",
    "3栋2单元",
    "谢谢",
    "谁",
    "要",
    "给",
    "都已经",
    "现在",
    " ",
    "零",
    "半",
    "差",
    "()",
    "派231",
    "明天",
    "周一到",
    "9点到",
    "一点",
    "密码1",
    "需要",
    "e\u0301",
    "👍",
    "𠮷",
    "\u200b",
    "我来，",
    "#",
    "【",
    "1390000",
    "。",
    "\n",
]


def milliseconds(work: Callable[[], object], rounds: int = 3) -> float:
    best = float("inf")
    for _ in range(rounds):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    return best * 1000


def attacks(source: str) -> list[str]:
    """The general attack strings and repetitions of the pattern's own words, each with a spoiler at the end."""
    own = re.findall(r"[\u4e00-\u9fff]{1,3}", source)[:10]
    return [(seed * 1000)[:999] + spoiler for seed in (*SEEDS, *own) for spoiler in ("", "!")]


def test_every_pattern_is_found() -> None:
    assert len(PATTERNS) > 300


def test_every_pattern_is_fast_on_attack_strings() -> None:
    slow: list[str] = []
    for name, pattern in PATTERNS:
        for text in attacks(pattern.pattern):
            began = time.thread_time()
            pattern.search(text)
            if time.thread_time() - began > 0.010 and milliseconds(partial(pattern.search, text)) > 10 * SLACK:
                slow.append(f"{name} on {text[:6]}…")
    assert not slow


@pytest.mark.parametrize("seed", SEEDS)
def test_parse_is_linear_on_attack_strings(seed: str) -> None:
    text = (seed * 1000)[:1000]
    PARSER.parse(text, NOW)
    assert milliseconds(lambda: PARSER.parse(text, NOW)) <= 15 * SLACK
    assert milliseconds(lambda: privacy.scrub(text)) <= 15 * SLACK


def test_200_000_characters_are_cut_at_once() -> None:
    huge = "1栋" * 100_000
    assert milliseconds(lambda: PARSER.parse(huge, NOW)) <= 60
    assert milliseconds(lambda: clean("a" + "\u0300\u0316" * 100_000)) <= 60


def test_the_dictionary_cache_is_private_and_used(tmp_path: Path) -> None:
    folder = tmp_path / "words"
    first = Words(["小广场"], cache_dir=folder)
    assert folder.stat().st_mode & 0o077 == 0
    (path,) = folder.glob("*.cache")
    assert path.stat().st_mode & 0o077 == 0
    again = Words(["小广场"], cache_dir=folder)
    text = "小广场的热水器坏了"
    assert [word.text for word in again.cut(text)] == [word.text for word in first.cut(text)]
    assert "小广场" in [word.text for word in again.cut(text)]


def test_a_broken_cache_is_made_anew(tmp_path: Path) -> None:
    Words(cache_dir=tmp_path / "words")
    (path,) = (tmp_path / "words").glob("*.cache")
    path.write_bytes(b"\x00broken")
    assert [word.text for word in Words(cache_dir=tmp_path / "words").cut("热水器坏了")]


def test_a_folder_where_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o700)
    folder.chmod(0o777)
    Words(cache_dir=folder)
    assert list(folder.iterdir()) == []


def test_own_words_win_over_their_parts() -> None:
    assert "幸福里" in [word.text for word in Words(["幸福里"]).cut("我住幸福里三栋")]
