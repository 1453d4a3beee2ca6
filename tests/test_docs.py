"""What README and docs/ say is so: samples, commands, keys, files and the catalogue of personal data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import typer
from sqlalchemy import String

import storage  # noqa: F401  importing it fills `metadata`
import tasks
from bot import cli
from bot.clock import CHINA, FakeClock
from bot.replay import played
from bot.settings import KINDS, Settings
from handlers import asking
from handlers.ability import load
from handlers.views import CATALOGUE, Audience
from storage.columns import metadata
from storage.communities import CommunitySettings
from tests.stage import parser

ROOT = Path(__file__).parents[1]
CHINESE, ENGLISH, PRIVACY = "README.md", "README.en.md", "docs/privacy.md"
READMES = (CHINESE, ENGLISH)
ALL = (*READMES, PRIVACY)

# The headings whose tables are held to the code, in both languages.
ASKS = ("求助的人", "Who asks for help")
HELPS = ("帮忙的人", "Who helps")
STEERS = ("书记和网格员", "Secretaries and grid workers")
GENERAL = ("总的", "General")
CHANNELS = ("通道", "Channels")
COMMUNITY = ("社区", "Community")
REQUIRED, UNSET = {"必填", "required"}, {"不设", "unset"}

MAY_LINK_TO = {"127.0.0.1:8000", "qyapi.weixin.qq.com", "你的域名", "your-domain"}

AUDIENCES = {
    Audience.RESIDENTS: "居民群",
    Audience.MEMBERS: "党员群",
    Audience.SECRETARIES: "书记群",
    Audience.UNITS: "单位群",
    Audience.HELPER: "接单的人",
    Audience.REQUESTER: "求助的人",
    Audience.SECRETARY: "书记（私聊）",
    Audience.STRANGER: "其他人（私聊）",
}
# Columns of an order that the output gate shows under another name.
SHOWN_AS = {"start": "when", "end": "when", "recurrence": "when"}

# The page's first walk, as the steps under “第一次说什么” tell it.
WALK = """\
时间：2026-11-23 09:00
【居民群】
王秀兰：厨房灯不亮了，我一个人够不着
小邻：……1号……什么时候方便……
王秀兰：明天上午都在 灯泡我有
小邻：……1号：明天上午……
【党员群】
小邻：【1】3栋 ……明天上午……
陈刚 按 [接单]
小邻改：【1】……陈刚……
小邻→陈刚：……2单元402……13900002210……
【居民群】
小邻：王秀兰，……陈刚……
—— 次日 12:10 ——
【党员群】
陈刚：完成1
小邻→王秀兰：……1满意 2还行 3没弄好
【私】
王秀兰：1
韩书记：本周情况
小邻→韩书记：本周1单：办结1。……
"""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fences(text: str) -> list[tuple[str, str]]:
    """Every fenced block, as its language and its lines without indentation."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    return [(language, re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)) for indent, language, body in found]


def blocks(text: str, language: str) -> list[str]:
    return [body for found, body in fences(text) if found == language]


def without_fences(text: str) -> str:
    return re.sub(r"^ *```\w*\n.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)


def headings(text: str) -> list[tuple[int, str]]:
    found = re.findall(r"^(#+) (.*)$", without_fences(text), re.MULTILINE)
    return [(len(marks), words) for marks, words in found]


def rows(text: str, *under: str) -> list[tuple[str, ...]]:
    """The table rows of the section that has one of these headings, without the head."""
    part = next(part for part in re.split(r"^#+ ", text, flags=re.MULTILINE) if part.partition("\n")[0] in under)
    lines = [line for line in part.splitlines() if line.startswith("|")]
    assert lines, f"no table under {under}"
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


def bare(cell: str) -> str:
    """A cell without its code marks."""
    return cell.strip("`")


def spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", without_fences(text))


def shell_lines(text: str) -> list[str]:
    """Everything a reader could type into a terminal, in blocks and within sentences."""
    in_blocks = [line for body in blocks(text, "sh") for line in body.splitlines() if line]
    return in_blocks + [span for span in spans(text) if re.match(r"(make|py -m tasks|(\.venv/bin/)?linli) ", span)]


# Samples


def test_the_sample_talk_is_what_the_bot_says() -> None:
    [file] = (ROOT / "tests/conversations").glob("C-1[!0-9]*.txt")
    written = file.read_text(encoding="utf-8")
    wanted = [line for line in written[written.index("\n【") + 1 :].splitlines() if line]
    shown = blocks(read(CHINESE), "text")[0].splitlines()
    with played(written, file.name, parser()) as replay:
        said = {line.text for line in replay.lines if line.speaker == "小邻"}
    assert len(shown) == len(wanted)
    for line, pattern in zip(shown, wanted, strict=True):
        assert re.fullmatch(".*".join(map(re.escape, pattern.split("……"))), line)
        if line.startswith("小邻"):
            assert line.partition("：")[2] in said


def test_the_first_walk_goes_as_told() -> None:
    with played(WALK, "walk", parser()) as replay:
        assert list(replay.differences()) == []
    spoken = re.findall(r"^(?:王秀兰|陈刚|韩书记)：(.+)$", WALK, re.MULTILINE)
    for readme in READMES:
        for line in spoken:
            assert f"`{line}`" in read(readme), f"{readme} does not tell to say {line}"


@pytest.mark.parametrize("readme", READMES)
def test_every_sentence_to_the_bot_is_understood(readme: str) -> None:
    lines = [line for body in blocks(read(readme), "chat") for line in body.splitlines()]
    assert len(lines) >= 6
    now = FakeClock("2026-11-23 09:00").now()
    for line in lines:
        words = line.removeprefix("@小邻 ")
        intent = parser().parse(words, now, mentioned=words != line)
        assert intent.ability in ("registering.bind", "registering.set_push", "registering.introduce"), line


# Commands


@pytest.mark.parametrize("readme", READMES)
def test_the_tables_hold_every_ability(readme: str) -> None:
    text = read(readme)
    wanted: dict[str, set[str]] = {"asker": set(), "helper": set(), "steers": set()}
    who: dict[str, str] = {}
    for ability in load().abilities.values():
        command = ability.help.partition("（")[0]
        wanted[asking._part_of(ability)].add(command)
        who[command] = "、".join(role for role in ("书记", "社工", "网格员", "网格长") if role in ability.only)
        assert not ability.only - {"书记", "社工", "网格员", "网格长"}, "the tables know no other roles"
    for part, head in (("asker", ASKS), ("helper", HELPS), ("steers", STEERS)):
        table = rows(text, *head)
        assert {bare(row[0]) for row in table} == wanted[part], f"{readme}: the table under {head}"
        assert all(row[1] for row in table)
    for row in rows(text, *STEERS):
        assert row[2] == who[bare(row[0])], f"{readme}: who may say {row[0]}"


@pytest.mark.parametrize("readme", READMES)
def test_everything_to_type_exists(readme: str) -> None:
    lines = shell_lines(read(readme))
    assert {"make demo", "make test", "py -m tasks demo", "py -m tasks test"} <= set(lines)
    program = typer.main.get_group(cli.app)
    for line in lines:
        words = line.removeprefix(".venv/bin/").split()
        match words:
            case ["make", target, *_]:
                assert target in tasks.TASKS, line
                assert re.search(rf"^TASKS :=.*\b{target}\b", read("Makefile"), re.MULTILINE), line
            case ["py", "-m", "tasks", task, *_]:
                assert task in tasks.TASKS, line
            case ["linli", name, *rest]:
                command = program.commands.get(name)
                assert command is not None, line
                known = {option for parameter in command.params for option in parameter.opts}
                assert {word for word in rest if word.startswith("--")} <= known, line
            case _:
                pytest.fail(f"{readme}: what is this? {line}")


# Configuration


Keys = dict[tuple[str, ...], set[str]]


def said_default(value: object, required: bool) -> set[str]:
    """How the tables write a default."""
    if required:
        return REQUIRED
    match value:
        case None:
            return UNSET
        case ZoneInfo():
            return {f"`{value.key}`"}
        case tuple():
            return {"`" + "、".join(map(str, value)) + "`"}
        case _:
            return {f"`{value}`"}


@pytest.mark.parametrize("readme", READMES)
def test_the_tables_hold_every_key_and_its_default(readme: str) -> None:
    text = read(readme)
    general: Keys = {
        (key,): said_default(field.default, field.is_required())
        for key, field in Settings.model_fields.items()
        if key not in ("channels", "community")  # tables of their own
    }
    assert_keys({(bare(row[0]),): row[1] for row in rows(text, *GENERAL)}, general)
    channels: Keys = {
        (kind, key): said_default(field.default, field.is_required())
        for kind, model in KINDS.items()
        for key, field in model.model_fields.items()
        if key != "kind"
    }
    assert_keys({(bare(row[0]), bare(row[1])): row[2] for row in rows(text, *CHANNELS)}, channels)
    community: Keys = {
        (field.name,): said_default(getattr(CommunitySettings(), field.name), False)
        for field in fields(CommunitySettings)
    }
    assert_keys({(bare(row[0]),): row[1] for row in rows(text, *COMMUNITY)}, community)


def assert_keys(shown: Mapping[tuple[str, ...], str], wanted: Keys) -> None:
    assert shown.keys() == wanted.keys()
    for key, default in shown.items():
        assert default in wanted[key], f"the default of {key}"


def test_the_sample_configuration_is_accepted_once_it_is_filled_in() -> None:
    [sample] = blocks(read(CHINESE), "toml")
    filled = re.sub(r'aes_key = ".*"', f'aes_key = "{"A" * 43}"', sample)
    settings = Settings.model_validate(tomllib.loads(filled))
    assert set(settings.channels) == {"bot", "app", "push"}
    assert settings.circles == {"app": ("app", "bot"), "bot": ("app", "bot")}


# Both languages, and what they point to


def test_both_readmes_have_the_same_shape() -> None:
    chinese, english = read(CHINESE), read(ENGLISH)
    assert [level for level, _ in headings(chinese)] == [level for level, _ in headings(english)]
    assert fences(chinese) == fences(english)
    assert set(shell_lines(chinese)) == set(shell_lines(english))
    assert set(links(chinese)) - {ENGLISH} == set(links(english)) - {CHINESE}
    assert numbered(chinese) == numbered(english)


def numbered(text: str) -> list[str]:
    return re.findall(r"^(\d+)\. ", text, re.MULTILINE)


def links(text: str) -> Iterator[str]:
    return (found[1] for found in re.finditer(r"\]\(([^)\s]+)\)", text))


@pytest.mark.parametrize("name", ALL)
def test_every_file_that_is_named_exists(name: str) -> None:
    text, folder = read(name), (ROOT / name).parent
    for link in links(text):
        assert (folder / link).exists(), f"{name} links to {link}"
    typed = " ".join(shell_lines(text)).split()
    for path in [*spans(text), *typed]:
        if re.match(r"(bot|handlers|nlp|storage|tests|docs)/", path) or path.endswith((".yaml", ".lock")):
            assert (ROOT / path).exists(), f"{name} names {path}"


@pytest.mark.parametrize("name", ALL)
def test_nothing_points_into_one_machine_or_away(name: str) -> None:
    text = read(name)
    assert not re.search(r"(?<![\w.:/])/(home|root|tmp|work|usr|opt|Users)\b", text)
    for address in re.findall(r"https?://[^\s`（）)，。]+", text):
        assert urlsplit(address).netloc in MAY_LINK_TO, address


# Personal data


def catalogue() -> dict[str, tuple[str, ...]]:
    table = rows(read(PRIVACY), "个人信息")
    assert len({row[0] for row in table}) == len(table), "a column stands there twice"
    return {bare(row[0]): row[1:] for row in table}


def not_personal() -> set[str]:
    return {bare(row[0]) for row in rows(read(PRIVACY), "不是个人信息的文字列")}


def test_every_text_column_is_personal_or_declared_not_to_be() -> None:
    columns = {f"{table.name}.{column.name}": column for table in metadata.sorted_tables for column in table.columns}
    texts = {name for name, column in columns.items() if _holds_words(column.type)}
    personal, other = set(catalogue()), not_personal()
    assert personal & other == set()
    assert personal | other <= columns.keys(), "docs/privacy.md names columns that are gone"
    assert texts - personal - other == set(), "docs/privacy.md must say whether these are personal"
    assert other <= texts


def _holds_words(kind: object) -> bool:
    """Text and strings, and what is kept as one."""
    return isinstance(kind, String) or isinstance(getattr(kind, "impl", None), String)


def test_every_personal_column_says_why_who_and_how_long() -> None:
    for name, (what, purpose, who, kept) in catalogue().items():
        assert what, name
        assert purpose, name
        assert who, name
        assert re.search(r"一直|40天", kept), name


def test_who_sees_an_order_is_what_the_output_gate_allows() -> None:
    checked = set()
    for name, (_, _, who, _) in catalogue().items():
        table, _, column = name.partition(".")
        field = SHOWN_AS.get(column, column)
        if table != "orders" or field not in CATALOGUE:
            continue
        allowed = CATALOGUE[field]
        words = (
            "所有人"
            if allowed == frozenset(Audience)
            else "、".join(AUDIENCES[one] for one in Audience if one in allowed)
        )
        assert who == words, name
        checked.add(field)
    assert {"contact_phone", "room", "note", "contact_name", "building"} <= checked


def test_the_ten_lines_are_the_same_everywhere() -> None:
    [here] = re.findall(r"<!-- privacy -->\n(.*?)<!-- /privacy -->", read(CHINESE), re.DOTALL)
    [there] = re.findall(r"<!-- privacy -->\n(.*?)<!-- /privacy -->", read(PRIVACY), re.DOTALL)
    assert here == there
    assert numbered(here) == [str(number) for number in range(1, 11)]


def test_what_is_wiped_is_wiped_after_the_days_that_are_told() -> None:
    from bot.schedule import KEYS_LAST, TEXTS_LAST

    assert KEYS_LAST.days == TEXTS_LAST.days == 40
    assert CHINA.key == Settings().timezone.key
