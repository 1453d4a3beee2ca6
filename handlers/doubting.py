"""像是求助又说不准: talk that may be a need is asked about, once, before anybody else hears of it.

Until the answer it is an order that nobody is offered: it waits as a draft, and the secretary finds it in the morning's
list. A neighbour who says 我去 takes it as read.
"""

from __future__ import annotations

from datetime import timedelta

from handlers.turn import Scene, Turn
from nlp.intent import Urgency
from storage.orders import Order, State
from storage.questions import QuestionKind

SURE = 0.6  # below it about every second reading is wrong
LISTED_FOR = timedelta(days=7)


def is_doubtful(turn: Turn) -> bool:
    """Overheard, and read as a need with little confidence. Who turns to the bot means it, and danger is never doubted."""
    intent = turn.intent
    is_free = not turn.is_meant and turn.question is None
    return is_free and intent.confidence < SURE and intent.slots.urgency is not Urgency.EMERGENCY


def is_doubted(scene: Scene, order: Order) -> bool:
    """Asked whether it is a need at all, and not answered yet."""
    return order.state is State.DRAFT and bool(scene.store.questions.of_order(order.id, QuestionKind.CLARIFY))


def doubted(scene: Scene) -> list[Order]:
    return [order for order in scene.store.orders.live(scene.community.id, State.DRAFT) if is_doubted(scene, order)]
