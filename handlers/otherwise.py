"""When nothing matched: a short hint to whoever turned to the bot, and silence for everybody else."""

from __future__ import annotations

from collections.abc import Iterator

from handlers import wording
from handlers.turn import Entered, Outcome, Picture, Reply, Say, Turn
from nlp import privacy
from nlp.intent import Meaning

PAPERS = frozenset({"identity"})


def otherwise(turn: Turn) -> Iterator[Outcome]:
    """The last word of every turn that no ability took."""
    if isinstance(turn.message.what, Picture):
        if turn.is_addressed:
            yield Reply(Say(lambda see: wording.picture_seen()))
        return
    if turn.group is not None and PAPERS & set(privacy.find(turn.text)):
        yield Reply(Say(lambda see: wording.recall_papers()))
        return
    if not turn.is_addressed:
        return
    if isinstance(turn.message.what, Entered):
        yield Reply(Say(wording.hello))
        return
    match turn.intent.meaning:
        case Meaning.INQUIRY:
            yield Reply(Say(lambda see: wording.no_answer_known()))
        case Meaning.THANKS:
            yield Reply(Say(lambda see: wording.thanked()))
        case _:
            yield Reply(Say(wording.hello))
