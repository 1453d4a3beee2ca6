"""How many: head-counts and hands wanted. Their words and shapes stand in lexicon/people.table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from nlp.intent import Count
from nlp.numbers import estimate, read
from nlp.patterns import patterns_of

SHAPES: Final = patterns_of("people")


@dataclass(frozen=True, slots=True)
class _Counted:
    """A figure with what it counts, and whether it tells how many should come."""

    match: re.Match[str]
    hands: bool

    @property
    def start(self) -> int:
        return self.match.start()

    @property
    def bare_end(self) -> int:
        """Where the figure and its measure end; the kind of person stands behind."""
        return self.match.end("measure") if self.match["measure"] else self.match.end("q")


_PAIRS: Final = ("俩", "仨")  # people, whatever stands behind
_ONE: Final = ("一", "1")
# A list of so many figures is no plea; looking on would only cost time.
_MOST: Final = 40
# What a word that asks for something ends with, so that others need not be looked through.
_WANT_ENDS: Final = frozenset(
    "有无出缺差少需要找请募招呼来喊叫求派凑得寻征集召配雇抽调匀我给借排拨盼拉合聚织援加补添拼家约莫低码多外再还上够齐足个点到它他满:是"
)
_MYSELF: Final = frozenset("我咱俺己")  # 我一个人扛得动 asks for nobody
_AFTER_ALONE: Final = frozenset("就也才够即足")
_SOUGHT: Final = frozenset("缺招找请求要")  # 急缺工人5名 asks for them
_BARE: Final = re.compile(r"[个名位人口](?=$|\s?[-~到至—、])")


def _is_before(shape: str, folded: str, at: int, reach: int) -> bool:
    """Whether the shape ends right before this place and stands within so many characters."""
    return SHAPES[shape].search(folded, max(0, at - reach), at) is not None


def _is_behind(shape: str, folded: str, at: int) -> bool:
    return SHAPES[shape].match(folded, at) is not None


def _holds(shape: str, folded: str, until: int | None = None) -> bool:
    return SHAPES[shape].search(folded, 0, len(folded) if until is None else until) is not None


def _of(figure: str, *, about: bool = False) -> Count | None:
    found = estimate(_BARE.sub("", figure))
    return Count(found[0], found[1], about or found[2]) if found else None


def _exactly(number: int) -> Count:
    return Count(number, number)


def _added(*counts: Count) -> Count:
    return Count(sum(one.min for one in counts), sum(one.max for one in counts), any(one.about for one in counts))


@lru_cache(maxsize=2)
def _counts(folded: str) -> tuple[_Counted, ...]:
    """Every figure that may count people; both readers need them, the second finds them here."""
    found = [
        match
        for match in islice(SHAPES["counted"].finditer(folded), _MOST)
        if (match["measure"] or match["noun"] or match["q"] in _PAIRS) and not _is_alone(folded, match)
    ]
    shifts = _shifts(folded) if found else None
    low, high = shifts.span("list") if shifts else (0, 0)
    return tuple(
        _Counted(match, low <= match.start() < high or _is_wanted(folded, _Counted(match, hands=False)))
        for match in found
    )


def _is_alone(folded: str, match: re.Match[str]) -> bool:
    """一个人在家: neither a head-count nor a wish, unless one is asked for."""
    start, end = match.span()
    if match["q"] == "一" and "一个" in (folded[max(0, start - 2) : start], folded[end : end + 2]):
        return True  # one by one
    if match["q"] not in _ONE or match["noun"] != "人":
        return False
    before = folded[max(0, start - 2) : start].rstrip()
    return before[-1:] not in _WANT_ENDS and folded[end : end + 1] not in _AFTER_ALONE


def _is_wanted(folded: str, one: _Counted) -> bool:
    """Whether a count says how many should come: no 不要两个人, no 三个人的饭, no 三人沙发."""
    return _is_hands(folded, one) and not (
        _is_before("not wanted before", folded, one.start, 10)
        or _is_behind("rations behind", folded, one.match.end())
        or _is_behind("size behind", folded, one.bare_end)
    )


def _is_hands(folded: str, one: _Counted) -> bool:
    """缺3名, 两个人就够, and 搬书柜,两个人 at the very end."""
    match, start, end = one.match, one.start, one.bare_end
    measure, noun, figure = match["measure"], match["noun"], match["q"]
    before = folded[max(0, start - 10) : start]
    if measure == "口" or not (measure or noun == "人" or figure in _PAIRS):
        return False
    if (noun == "人" or figure in _PAIRS) and _is_behind("load behind", folded, end):
        return not (_is_before("told of before", folded, start, 4) or _holds("suffering", folded))
    if _is_behind("places left behind", folded, end):
        return _holds("wanting", folded) and "最后" not in before
    if _is_behind("enough behind", folded, end) and _holds("hands work", folded):
        # 231人够的话 names an order.
        return before[-1:] not in _MYSELF and not (figure.isdecimal() and len(figure) > 2)
    needy = noun is not None and SHAPES["needy"].fullmatch(noun) is not None
    asked = before.rstrip()[-1:]
    if asked in _WANT_ENDS and not needy and _is_before("wanted before", folded, start, 10):
        return _is_asked(folded, one, asked)
    if noun == "人" and _is_before("task before", folded, start, 10) and _is_behind("stop behind", folded, match.end()):
        return not _holds("suffering", folded)
    if _is_before("at least before", folded, start, 10):
        stops = _is_behind("stop behind", folded, match.end()) and not _holds("suffering", folded)
        return _holds("carrying", folded) or stops
    if measure and _is_behind("willing behind", folded, end):
        return True
    return (
        before[-1:] in (",", " ", "。", "约", "概", "")
        and _is_behind("at the end", folded, end)
        and (measure in ("个", "名", "位", "条") or noun == "人")
        and _holds("carrying", folded, start)
        and not _holds("parcels", folded, start)
        and not _holds("suffering", folded, start)
    )


def _is_asked(folded: str, one: _Counted, asked: str) -> bool:
    """Whether a figure behind a word that asks asks for people."""
    match, end = one.match, one.bare_end
    if match["measure"] in ("名", "位"):  # these count nobody but people
        return not _is_behind("no hands behind", folded, end) and not _is_behind(
            "uncounted behind", folded, match.end()
        )
    helpers = match["noun"] or match["kind"] or _is_behind("helpers behind", folded, end)
    if helpers or (match["measure"] and _is_behind("helping behind", folded, end)):
        # 两个人来帮我 tells of it; who asks for two people asks them to help.
        helping = folded.startswith("人手", end) or folded.startswith("来帮", match.end())
        return helping or not _is_behind("uncounted behind", folded, match.end())
    return _is_behind("stop behind", folded, end) and (_holds("hands work", folded) or asked in "差缺")


def find_needed(folded: str) -> Count | None:
    """How many hands are wanted: 缺3名帮手, 两个人就够, 五到八个志愿者."""
    if not _holds("maybe", folded):
        return None
    counts = _counts(folded)
    if counts and (several := _teams(folded) or (_roster(folded, counts) if _holds("wanting", folded) else None)):
        return several
    for one in counts:
        if one.hands and (count := _rounded(folded, one.match)):
            return count
    if (both := _men_and_women(folded)) and both[1]:
        return both[0]
    return _exactly(1) if _holds("one hand", folded) else None


def _teams(folded: str) -> Count | None:
    """四人一组,要三组 are twelve."""
    teams = SHAPES["teams"].search(folded) if any(unit in folded for unit in "组班队拨批") else None
    each, many = (read(teams["q"]), read(teams["more"])) if teams else (None, None)
    return _exactly(each * many) if each and many else None


def _shifts(folded: str) -> re.Match[str] | None:
    shifts = SHAPES["shifts"].search(folded)
    return None if shifts is None or _holds("in need", shifts["list"]) else shifts


def _roster(folded: str, counts: tuple[_Counted, ...]) -> Count | None:
    """护士2名,司机1名 are three; 壮劳力五六个 is a range."""
    shifts = _shifts(folded)
    if shifts:
        found = list(SHAPES["shift"].finditer(shifts["list"]))
    else:
        # Only around the figures that were found already; the words before one are not many.
        spans = [(max(0, one.start - 14), one.match.end() + 3) for one in counts]
        around = {
            match.start("q"): match
            for span in spans
            for match in SHAPES["roster"].finditer(folded, *span)
            if SHAPES["wanting"].search(folded, max(0, match.start() - 12), match.start("q"))
            and (match[0][-1] != "个" or _is_behind("stop behind", folded, match.end()))
        }
        found = [around[at] for at in sorted(around)]
    said = [
        count
        for match in found
        if (count := _of(match["q"], about="约" in match[0] or _is_behind("round behind", match.string, match.end())))
    ]
    return _added(*said) if said else None


def find_people(folded: str) -> Count | None:
    """How many need help: 4个人, 一家四口, 大人6个小孩3个. Hands wanted and ages are none."""
    if not _holds("maybe", folded):
        return None
    if number_of := SHAPES["number of"].search(folded):
        return _of(number_of["q"], about=bool(number_of["about"]))
    scanned = _counts(folded)
    counted = [one.match for one in scanned if _is_counted(folded, one)]
    household = next((match for match in counted if match["measure"] == "口" and not _is_couple(folded, match)), None)
    if household:
        return _rounded(folded, household)
    if pair := _paired(folded, scanned):
        return pair
    people = [match for match in counted if match["noun"] == "人"]
    for match in people:
        if _is_before("total before", folded, match.start(), 6):
            return _rounded(folded, match)
    hands = {one.start for one in scanned if one.hands}
    every = [
        match
        for match in SHAPES["listed"].finditer(folded)
        if match.start("q") not in hands and folded[max(0, match.start() - 1) : match.start()] not in _SOUGHT
    ]
    if listed := _listed(folded, every):
        return listed
    if people:
        return _rounded(folded, people[0])
    total = next((one.match for one in scanned if _is_total(folded, one.match)), None)
    if total:
        return _rounded(folded, total)
    return _sized(folded) or _sum(folded, counted) or _told_of(folded, every)


def _is_couple(folded: str, match: re.Match[str]) -> bool:
    """老两口 and 两口子 are one couple, and whoever is with them comes on top."""
    at = match.start()
    return match["q"] == "两" and (folded[max(0, at - 1) : at] in ("老", "小") or folded.startswith("子", match.end()))


def _is_total(folded: str, match: re.Match[str]) -> bool:
    """水里有4个 and 共七位."""
    return (
        match["measure"] in ("个", "名", "位")
        and not (match["noun"] or match["kind"])
        and _is_before("total of them before", folded, match.start(), 8)
        and _is_behind("stop behind", folded, match.end())
    )


def _is_counted(folded: str, one: _Counted) -> bool:
    """Whether a count is one of people who are there: no hands, no ages, no 一个人够不着, no 三人间."""
    match, start, end = one.match, one.start, one.match.end()
    if one.hands or not (match["noun"] or match["kind"] or match["measure"] == "口"):
        return False
    total = _is_before("total before", folded, start, 6)
    if match["q"] in _ONE and not (total and match["noun"] == "人" and not _is_behind("one person", folded, start)):
        joined = _is_behind("and a count", folded, end) or _is_before("a count and", folded, start, 12)
        return (match["noun"] or match["kind"]) not in ("人", None) and joined
    if not total and _is_before("uncounted before", folded, start, 6):
        return False
    against = ("uncounted behind", "not enough behind", "present behind")
    return not any(_is_behind(shape, folded, end) for shape in against)


def _rounded(folded: str, match: re.Match[str]) -> Count | None:
    start = match.start()
    about = (
        _is_before("round before", folded, start, 5)
        or _is_behind("round behind", folded, match.end())
        or (match["q"][0] in "百千万" and folded[max(0, start - 1) : start] == "上")
    )
    return _of(match["q"], about=about)


def _listed(folded: str, every: list[re.Match[str]]) -> Count | None:
    """大人6个小孩3个 and 老人2名,小孩1名."""
    found: list[re.Match[str]] = []
    for match in every:
        if found and not SHAPES["and between"].fullmatch(folded, found[-1].end(), match.start()):
            break
        found.append(match)
    counts = [_exactly(count.min) for match in found if (count := _of(match["q"]))]
    return _added(*counts) if len(counts) > 1 else None


def _told_of(folded: str, every: list[re.Match[str]]) -> Count | None:
    """孤儿7名, 老人三位: one kind, its number behind it; and 四男三女."""
    match = every[0] if every else None
    if match and (match["measure"] in ("名", "位", "人") or match["all"]) and match["q"] not in _ONE:
        return _of(match["q"])
    both = _men_and_women(folded)
    return both[0] if both and not both[1] else None


def _men_and_women(folded: str) -> tuple[Count, bool] | None:
    """四男三女, and whether they are wanted."""
    match = SHAPES["men and women"].search(folded) if "男" in folded and "女" in folded else None
    if match is None:
        return None
    first, second = _of(match["q"] or match["men"]), _of(match["more"] or match["women"])
    if first is None or second is None:
        return None
    wanted = _is_before("wanted before", folded, match.start(), 10)
    hands = wanted or (_holds("carrying", folded) and not _holds("suffering", folded))
    return _exactly(first.min + second.min), hands


def _sized(folded: str) -> Count | None:
    """5大2小 and 两老一小."""
    match = SHAPES["big and small"].search(folded) if "小" in folded or "少" in folded else None
    grown, small = (_of(match["q"]), _of(match["more"])) if match else (None, None)
    return _exactly(grown.min + small.min) if grown and small else None


def _paired(folded: str, scanned: tuple[_Counted, ...]) -> Count | None:
    """母女二人, 我们仨, 夫妻二人带一个孩子, 三口之家."""
    if pair := SHAPES["pair"].search(folded):
        more = _of(pair["more"]) if pair["more"] else None
        several = _of(pair["q"]) if pair["q"] else None
        return _exactly((several.min if several else 2) + (more.min if more else bool(pair["one"])))
    for one in scanned:
        led = _is_before("led before", folded, one.start, 8) and _is_behind("kids", folded, one.bare_end)
        if led and (taken := _of(one.match["q"])):
            return _exactly(taken.min + 1)
    household = (SHAPES["household"].search(folded) or SHAPES["we"].search(folded)) if scanned else None
    return _of(household["q"]) if household else None


def _sum(folded: str, counted: list[re.Match[str]]) -> Count | None:
    """两个老人一个孩子 are three; what stands apart is counted once."""
    total: Count | None = None
    end = -1
    for match in counted:
        count = _rounded(folded, match)
        if count is None:
            continue
        if total and not SHAPES["and between"].fullmatch(folded, end, match.start()):
            break
        total = _added(total, count) if total else count
        end = match.end()
    return total


# How many come, by the shape that tells it, and whether the speaker is one more.
_COMING: Final = (("come along", 1), ("come in all", 0), ("we come", 0))
_MOST_COMING: Final = 50


def find_claimers(folded: str) -> Count | None:
    """How many come, the speaker counted: 带1人 → 2, 我和老公都去 → 2."""
    if _holds("both come", folded) or _holds("come with one", folded):
        return _exactly(2)
    for shape, more in _COMING:
        match = SHAPES[shape].search(folded)
        number = read(match["n"]) if match else None
        if number and number <= _MOST_COMING:
            return _exactly(number + more)
    return None
