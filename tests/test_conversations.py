"""The product as talk: every conversation plays whole, and leaves no order that nothing would ever move again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.replay import played
from tests.stage import parser

TALKS = sorted((Path(__file__).parent / "conversations").glob("*.txt"))


def test_there_are_conversations() -> None:
    assert len(TALKS) >= 5


@pytest.mark.parametrize("path", TALKS, ids=lambda path: path.stem)
def test_conversation(path: Path) -> None:
    with played(path.read_text(encoding="utf-8"), path.name, parser()) as replay:
        assert list(replay.differences()) == []
        assert replay.idle_orders() == []
