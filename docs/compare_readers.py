"""The side-by-side tables of docs/understanding.md: other readers of time, and jieba with and without our words.

The other readers are no dependency of Linli. To measure anew, in an environment that may be thrown away:
`pip install -e . jionlp dateparser recognizers-text-suite "emoji<2"`, then `python docs/compare_readers.py FILE.jsonl …`
with files of time sentences in the form of corpus/unseen/times.jsonl.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

Reading = tuple[datetime | None, datetime | None] | None
Reader = Callable[[str, datetime], Reading]
# A point has no length of its own: each reader gives it another one, and all of them are right.
POINT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Case:
    text: str
    now: datetime
    kind: str
    wanted: Reading


def cases(files: Iterable[Path]) -> list[Case]:
    found = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            span = row["slots"].get("time")
            wanted = (_moment(span["start"]), _moment(span["end"])) if span else None
            found.append(Case(row["text"], datetime.fromisoformat(row["now"]), row.get("kind", ""), wanted))
    return found


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def is_right(wanted: Reading, found: Reading) -> bool:
    if wanted is None or found is None:
        return wanted is found
    if wanted[0] != found[0]:
        return False
    start, end = wanted
    if wanted[1] == found[1]:
        return True
    is_point = start is not None and end is not None and end - start <= POINT
    return is_point and (found[1] is None or (start is not None and found[1] - start <= POINT))


def ours() -> Reader:
    from nlp import Parser

    parser = Parser([])

    def read(text: str, now: datetime) -> Reading:
        span = parser.parse(text, now).slots.time
        if span is None:
            return None
        return (_naive(span.start), _naive(span.end))

    return read


def _naive(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=None) if moment else None


def jionlp() -> Reader:
    import jionlp as library

    def read(text: str, now: datetime) -> Reading:
        try:
            found = library.ner.extract_time(text, time_base=now.timestamp())
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # it has not read the time
            return None
        for one in found:
            if one["type"] in ("time_point", "time_span"):
                first, last = one["detail"]["time"]
                return (_parsed(first), _closed(_parsed(last)))
        return None

    return read


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _closed(last: datetime | None) -> datetime | None:
    """Its last second belongs to the time; our end does not."""
    return last + timedelta(seconds=1) if last and last.second == 59 else last


def recognizers() -> Reader:
    from recognizers_date_time import Culture, recognize_datetime

    def read(text: str, now: datetime) -> Reading:
        found = recognize_datetime(text, Culture.Chinese, reference=now.replace(tzinfo=None))
        for one in found:
            for value in (one.resolution or {}).get("values", ()):
                if value["type"] in ("datetime", "date", "time"):
                    return _of_value(value.get("value"), value["type"], now)
                if value["type"] in ("datetimerange", "daterange", "timerange"):
                    return (_of_text(value.get("start"), now), _of_text(value.get("end"), now))
        return None

    return read


def _of_value(text: str | None, kind: str, now: datetime) -> Reading:
    start = _of_text(text, now)
    if start is None:
        return None
    return (start, start + timedelta(days=1)) if kind == "date" else (start, None)


def _of_text(text: str | None, now: datetime) -> datetime | None:
    if text and len(text) == len("15:00:00"):
        text = f"{now.date()} {text}"
    return _parsed(text) if text else None


def dateparser() -> Reader:
    from dateparser.search import search_dates

    def read(text: str, now: datetime) -> Reading:
        settings = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "future"}
        found = search_dates(text, languages=["zh"], settings=settings)
        if not found:
            return None
        start = found[0][1]
        return (start, start + timedelta(days=1)) if start.time() == now.time() else (start, None)

    return read


def compare_times(files: list[Path]) -> None:
    rows = cases(files)
    kinds = sorted({case.kind for case in rows})
    print(f"| reader | {' | '.join(kinds)} |\n|{' --- |' * (len(kinds) + 1)}")
    readers = {"Linli": ours, "JioNLP": jionlp, "Recognizers-Text": recognizers, "dateparser": dateparser}
    for name, make in readers.items():
        read = make()
        right = [is_right(case.wanted, read(case.text, case.now)) for case in rows]
        shares = []
        for kind in kinds:
            of_kind = [one for one, case in zip(right, rows, strict=True) if case.kind == kind]
            shares.append(f"{sum(of_kind) / len(of_kind):.2f} ({len(of_kind)})")
        print(f"| {name} | {' | '.join(shares)} |")


def compare_words(file: Path, own: Path) -> None:
    """Place names that stay whole, cut by jieba as it comes and with the community's words beside ours."""
    import jieba

    from nlp import fold
    from nlp.local import read_local
    from nlp.spotting import words_of
    from nlp.words import Words

    plain = jieba.Tokenizer()
    things = [line.split()[0] for line in words_of("things")]
    with_words = Words([*things, *read_local(own).names])
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    whole = {"jieba": 0, "jieba with our words": 0}
    for row in rows:
        text, place = fold(row["text"]), fold(row["place"])
        whole["jieba"] += place in list(plain.cut(text, HMM=False))
        whole["jieba with our words"] += place in [word.text for word in with_words.cut(text)]
    for name, count in whole.items():
        print(f"| {name} | {count} of {len(rows)} |")


if __name__ == "__main__":
    compare_times([Path(name) for name in sys.argv[1:]])
    corpus = Path(__file__).parent.parent / "corpus"
    compare_words(corpus / "seen" / "place_names.jsonl", corpus / "words.txt")
