"""Free text → service category and its further needs."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

from nlp import weighing
from nlp.intent import Category
from nlp.shapes import Shapes, read_blocks
from nlp.spotting import CATEGORY_FILES, Hits, Spotter, words_of

C = Category


class Table:
    """The shapes of speech that speak of a kind of help, each with a name of its own."""

    def __init__(self, text: str) -> None:
        """Raises ValueError naming the line that is wrong."""
        blocks = read_blocks(text)
        self.kinds = {block.name: Category(block.rest) for block in blocks}
        self._name_of = [block.name for block in blocks for _ in block.shapes]
        self._shapes = Shapes([shape for block in blocks for shape in block.shapes])

    def shown(self, folded: str) -> list[str]:
        """The names of the shapes that stand in a text."""
        return list(dict.fromkeys(self._name_of[number] for number, _ in self._shapes.found(folded)))


@cache
def table() -> Table:
    """The table of this package, loaded once."""
    return Table((files("nlp") / "lexicon" / "category.table").read_text(encoding="utf-8"))


@cache
def _light() -> frozenset[str]:
    """Words that mention an elder or a child say for whom, not what: they weigh little."""
    return frozenset(words_of("category_light"))


def kinds_shown(folded: str, hits: Hits) -> list[str]:
    """What in a text speaks of a kind of help, as features of the model: listed words, and shapes of speech."""
    shown: list[str] = []
    light = _light()
    for name, category in CATEGORY_FILES.items():
        words = {hit.word for hit in hits.get(name, ())}
        if not words:
            continue
        telling = words - light
        shown.append(f"说到{category}" if telling else f"提到{category}")
        if len(telling) > 1:
            shown.append(f"说到{category}不止一处")
    return shown + table().shown(folded)


# Separate needs in one post: each pattern is one kind of help.
_NEEDS: Final[tuple[tuple[re.Pattern[str], Category], ...]] = tuple(
    (re.compile(pattern), category)
    for pattern, category in (
        (r"没(?:有)?(?:米|菜|吃|粮|饭)|菜也没|断粮|断顿|(?:送|买|带).{0,3}(?:米|菜|饭|吃的)", C.MEALS),
        (r"没(?:有)?药|断药|药.{0,3}(?:没了|吃完)|(?:送|买|取|开).{0,3}药", C.MEDICAL),
        (r"(?:修|换).{0,3}(?:灯|水管|龙头|锁|马桶|电)|灯.{0,3}坏|水管.{0,3}(?:漏|坏)|马桶.{0,3}堵", C.REPAIR),
        (r"(?:拿|取|代取).{0,3}快递|交.{0,3}(?:电费|水费)|遛.{0,2}狗", C.ERRAND),
        (r"(?:搬|抬).{0,6}(?:柜|沙发|冰箱|洗衣机|床|东西)", C.CARRYING),
        (r"理发|剪头发|教.{0,3}手机", C.ELDER_CARE),
        (r"陪.{0,6}(?:看病|医院|复查)|去.{0,4}医院", C.MEDICAL),
        (r"接.{0,3}(?:孩子|放学)|看.{0,3}孩子", C.EDUCATION),
        (r"(?:倒|扔|清).{0,4}垃圾|打扫", C.SANITATION),
    )
)


# 走丢又找到了,现在需要个医生: what is wanted now is said after these words.
_NOW: Final = re.compile(r"(?:找到了|好了|回来了|解决了)[,。!\s]*(?:但|不过|可|就是|现在)")


def find_category(
    folded: str, hits: Hits, learned: frozenset[str], spotter: Spotter
) -> tuple[Category, tuple[Category, ...]]:
    """What the one who answers must bring or do first, and the further needs of one post."""
    turn = _NOW.search(folded)
    if turn:
        folded = folded[turn.end() :]
        spotted = spotter.spot(folded)
        hits, learned = spotted.hits, spotted.learned
    needs: list[Category] = []
    for pattern, category in _NEEDS:
        if category not in needs and pattern.search(folded):
            needs.append(category)
    if len(needs) >= 3:
        return Category.SUPPLIES, tuple(needs)
    best = _likeliest(folded, hits, learned)
    if len(needs) == 2 and best in needs:
        return best, tuple(need for need in needs if need is not best)
    return best, ()


def _likeliest(folded: str, hits: Hits, learned: frozenset[str]) -> Category:
    model = weighing.model("category")
    scores = model.score(kinds_shown(folded, hits), learned)
    return Category(model.labels[scores.index(max(scores))])
