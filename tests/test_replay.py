"""Conversation files: what their heads mean, and one sentence with file and line for everything wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation import BadConversation, read
from bot.replay import replay_files
from storage.people import Person

TALK = "【居民群】\n王秀兰：厨房灯坏了\n"


def person(words: str) -> Person:
    return (
        read(f"社区：幸福里\n群：居民群 居民\n人员：王秀兰 居民 {words}\n{TALK}", "talk.txt").communities[0].people[0]
    )


@pytest.mark.parametrize(
    ("words", "free", "unit"),
    [
        ("有空 周末", "周末", None),
        ("有空周末", "周末", None),
        ("有空 周二下午 周四晚上", "周二下午周四晚上", None),
        ("有空 下班后 第三党支部", "下班后", "第三党支部"),
        ("周末 税务局", "周末", "税务局"),
        ("有空", None, None),
        ("第三党支部 有空 退休在家", "退休在家", "第三党支部"),
        ("大嗓门 和平路小学", None, "和平路小学"),
        ("幸福里物业", None, "幸福里物业"),
        ("退役军人之家", None, "退役军人之家"),
        ("热心人", None, None),
        ("退役军人之家 老年大家庭", None, None),
    ],
)
def test_times_are_no_unit(words: str, free: str | None, unit: str | None) -> None:
    found = person(f"3栋2单元402 {words} 13900002210 会电工")
    assert (found.free, found.unit) == (free, unit)
    assert (found.building, found.room, found.phone, found.skills) == ("3", "402", "13900002210", ("电工",))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("社区：幸福里\n设置：colour=red\n" + TALK, 2, "colour"),
        ("社区：幸福里\n\n设置：rating_days=三天\n" + TALK, 3, "rating_days"),
        ("社区：幸福里\n设置：quiet\n" + TALK, 2, "键=值"),
        ("天气：晴\n" + TALK, 1, "天气"),
        ("社区：幸福里\n时间：2026-11-23 09:00\n天气: 晴\n" + TALK, 3, "天气"),
        ("社区：幸福里\n社区：幸福里\n" + TALK, 2, "一次"),
        ("社区：\n" + TALK, 1, "名字"),
        ("社区：幸福里\n人员：王秀兰 居民；王秀兰 居民\n" + TALK, 2, "两次"),
        ("社区：幸福里\n下一单号：99999999999\n" + TALK, 2, "下一单号"),
        (TALK + "—— +9999999天 ——\n", 3, "最多"),
        (TALK + "—— +99999999999天 ——\n", 3, "时间"),
        (TALK + "—— 第99999天 9:00 ——\n", 3, "最多"),
        (TALK + "—— 9999-12-31 23:00 ——\n", 3, "最多"),
        (TALK + "—— 25:00 ——\n", 3, "25:00"),
        (TALK + "王秀兰 按 [接单]\n", 3, "接单"),
        ("王秀兰 灯坏了\n", 1, "【群名】"),
        ("社区：幸福里\n群：居民群 街坊\n" + TALK, 2, "居民群"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, words: str
) -> None:
    file = tmp_path / "talk.txt"
    file.write_text(text, encoding="utf-8")
    assert replay_files([file], jsonl=False, check=True, state=False) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"talk.txt:{line}: ")
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("text", ["", "\n\n", "# 只有注释\n", "社区：幸福里\n群：居民群 居民\n", "【居民群】\n"])
def test_a_file_without_talk_is_refused(text: str) -> None:
    with pytest.raises(BadConversation, match="没有一句话"):
        read(text, "talk.txt")
