"""The `linli` command: what it prints, what it refuses, and with which status it ends."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app, new_parser, parse_lines
from bot.clock import CHINA, FakeClock
from bot.doctor import Level, check_calendar, examine
from bot.settings import load
from nlp import Parser
from nlp.evaluate import BadExamples, evaluate
from storage.database import Database
from storage.lock import InUse, alone, shared
from tests.fake_wecom import BadDay, running

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
EXAMPLE = {"text": "3栋2单元402厨房灯坏了", "now": "2026-11-23T09:30:00+08:00", "intent": "request"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of one's own, as a new user has it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def parser() -> Parser:
    return new_parser()


def linli(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def complaint(*arguments: str, status: int = 2) -> str:
    result = linli(*arguments)
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return str(result.stderr)


# parse


def asked(parser: Parser, *lines: str) -> tuple[int, list[dict[str, object]]]:
    out = io.BytesIO()
    status = parse_lines(
        parser, NOW, io.BytesIO("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")), out
    )
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_parse_answers_every_line_in_its_order(parser: Parser) -> None:
    status, said = asked(
        parser,
        '{"text": "接231"}',
        '{"text": "厨房灯坏了，明天上午十点来修一下吧", "now": "2026-11-23T09:30:00+08:00", "mentioned": true}',
        '{"text": "1", "context": {"order": "231", "question": "rate", "choices": 3}}',
    )
    assert status == 0
    assert [line["intent"] for line in said] == ["claim", "request", "rate"]
    assert all(set(line) == {"intent", "confidence", "slots", "ability"} for line in said)
    slots = said[1]["slots"]
    assert isinstance(slots, dict)
    assert slots["time"]["start"] == "2026-11-24T10:00:00+08:00"


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "{}",
        '{"text": 1}',
        '{"text": "a", "now": "soon"}',
        '{"text": "a", "context": 3}',
        '{"text": "a", "quote": 3}',
        "[" * 5000,
    ],
)
def test_a_line_that_cannot_be_read_is_answered_with_its_error(parser: Parser, line: str) -> None:
    status, said = asked(parser, '{"text": "接231"}', line, '{"text": "接232"}')
    assert status == 1
    assert list(said[1]) == ["error"]
    assert [line.get("intent") for line in said] == ["claim", None, "claim"]


def test_poisonous_text_is_answered_in_utf_8(parser: Parser) -> None:
    status, said = asked(parser, '{"text": "\\ud800 厨房灯坏了\\u0000"}')
    assert status == 0
    assert said[0]["intent"]


def test_parse_explains_itself() -> None:
    result = linli("parse", "厨房水管漏水了，谁能来看看", "--explain", "--now", "2026-11-23T09:30:00+08:00")
    assert result.exit_code == 0
    first, *reasons = result.stdout.splitlines()
    assert json.loads(first)["intent"] == "request"
    assert reasons
    found = [re.match(r"[+-]\d+\.\d（占(\d+)%）  .+：", reason) for reason in reasons]
    shares = [int(match[1]) for match in found if match]
    assert len(shares) == len(reasons)
    assert shares == sorted(shares, reverse=True)
    assert 95 <= sum(shares) <= 105


def test_where_nothing_was_found_the_explanation_says_so() -> None:
    assert "闲聊" in linli("parse", "哈哈哈", "--explain").stdout


def test_a_wrong_call_names_the_option() -> None:
    assert "--now" in complaint("parse", "好", "--now", "soon")
    assert "TEXT" in complaint("parse")
    assert "TEXT" in complaint("parse", "好", "--jsonl")
    assert "--explain" in complaint("parse", "--jsonl", "--explain")
    assert "--config" in complaint("invite", "--config", "none.toml")
    assert "FILE" in complaint("restore", "none.db")
    assert "database_url" in complaint("backup", "copy.db")


# invite, backup, restore


def test_an_invitation_opens_a_community_once() -> None:
    result = linli("invite", "--community", "幸福里")
    code = result.stdout.removesuffix("\n")
    assert re.fullmatch(r"[A-Z2-9]{8}", code)
    assert f"绑定 {code} 书记群" in result.stderr
    database = Database("sqlite:///data/linli.db")
    now = datetime(2026, 1, 1, tzinfo=UTC)  # before any code made today ends
    with database.write() as store:
        community = store.communities.find_named("幸福里")
        assert community is not None
        assert store.people.use_invite(code, now) == community.id
        assert store.people.use_invite(code, now) is None
    database.close()


def test_with_several_communities_one_must_be_named() -> None:
    linli("invite", "--community", "幸福里")
    linli("invite", "--community", "和平里")
    words = complaint("invite")
    assert "--community" in words
    assert "幸福里" in words
    assert linli("invite", "--community", "和平里").exit_code == 0


def test_files_with_peoples_data_are_for_their_owner_only(folder: Path) -> None:
    linli("invite")
    linli("backup", "copy.db")
    assert (folder / "copy.db").stat().st_mode & 0o077 == 0


def test_backup_and_restore_go_together(folder: Path) -> None:
    linli("invite", "--community", "幸福里")
    assert linli("backup", "copy.db").exit_code == 0
    linli("invite", "--community", "后来的")
    assert linli("restore", "copy.db").exit_code == 0
    connection = sqlite3.connect(folder / "data" / "linli.db")
    assert connection.execute("SELECT name FROM communities").fetchall() == [("幸福里",)]
    connection.close()
    assert (folder / "data" / "linli.db.before-restore").exists()


def test_what_is_no_backup_is_refused(folder: Path) -> None:
    linli("invite")
    (folder / "wrong.db").write_text("not a database" * 100)
    assert "FILE" in complaint("restore", "wrong.db", status=1)


def test_a_database_that_a_server_uses_is_not_replaced(folder: Path) -> None:
    linli("invite", "--community", "幸福里")
    linli("backup", "copy.db")
    linli("invite", "--community", "后来的")
    database = folder / "data" / "linli.db"
    with shared(database), shared(database):  # two servers go together
        assert complaint("restore", "copy.db", status=1) == "先停下小邻再恢复。\n"
    assert not (folder / "data" / "linli.db.before-restore").exists()
    assert linli("restore", "copy.db").exit_code == 0


def test_no_server_starts_during_a_restore(folder: Path) -> None:
    with alone(folder / "data" / "linli.db"):
        assert complaint("run", status=1).startswith("正在恢复")
        with pytest.raises(InUse), alone(folder / "data" / "linli.db"):
            pass


def test_a_running_server_holds_off_a_restore_until_it_ends(folder: Path) -> None:
    linli("invite")
    linli("backup", "copy.db")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-c", "from bot.cli import main; main()", "run", "--port", str(port)]
    with (folder / "out").open("wb") as out:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        assert "先停下" in complaint("restore", "copy.db", status=1)
    finally:
        server.terminate()
        assert server.wait(30) == 0
    assert linli("restore", "copy.db").exit_code == 0


@pytest.mark.parametrize("command", [["nlp", "eval"], ["replay"], ["restore"]])
def test_a_file_that_is_not_there_is_said_in_one_chinese_sentence(command: list[str]) -> None:
    words = complaint(*command, "none.txt")
    assert "没有" in words
    assert "none.txt" in words
    assert "Errno" not in words
    assert words.count("\n") == 1


@pytest.mark.parametrize("command", [["nlp", "eval"], ["replay"]])
def test_a_file_that_is_no_text_is_said_in_one_chinese_sentence(folder: Path, command: list[str]) -> None:
    (folder / "odd.txt").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in complaint(*command, "odd.txt")
    assert "文件夹" in complaint(*command, ".")


def test_a_broken_example_is_named_by_its_line(folder: Path) -> None:
    (folder / "bad.jsonl").write_text(json.dumps(EXAMPLE) + "\n{oops\n", encoding="utf-8")
    assert complaint("nlp", "eval", "bad.jsonl") == "bad.jsonl：第2行不是JSON。\n"


def test_a_misspelt_variable_stops_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_BOGUS", "1")
    assert "LINLI_BOGUS" in complaint("invite")


def test_postgres_is_copied_by_its_own_tools(folder: Path) -> None:
    (folder / "linli.toml").write_text('database_url = "postgresql://linli@host/linli"')
    assert "pg_dump" in complaint("backup", "copy.db")


# doctor


def test_a_sound_installation_has_no_faults() -> None:
    linli("invite")
    result = linli("doctor")
    assert result.exit_code == 0, result.output
    assert "✗" not in result.stdout
    assert "linli invite" in result.stdout


@pytest.mark.parametrize(
    ("minutes_off", "level", "about"), [(0, Level.WELL, "平台"), (30, Level.FAULT, "时钟"), (-30, Level.FAULT, "时钟")]
)
def test_the_doctor_compares_clocks_with_the_platform(folder: Path, minutes_off: int, level: Level, about: str) -> None:
    with running() as platform:
        platform.always("/", BadDay(raw=b"", headers={"Date": format_datetime(NOW.astimezone(UTC), usegmt=True)}))
        (folder / "linli.toml").write_text(f'[channels.push]\nkind = "wecom-webhook"\napi_base = "{platform.base}"\n')
        found = list(examine(load(None, {}), FakeClock(NOW + timedelta(minutes=minutes_off))))
    assert [(finding.level, finding.about) for finding in found if finding.about in ("平台", "时钟")] == [
        (level, about)
    ]


def test_the_doctor_names_a_platform_out_of_reach(folder: Path) -> None:
    (folder / "linli.toml").write_text('[channels.push]\nkind = "wecom-webhook"\napi_base = "http://127.0.0.1:9"\n')
    found = [finding for finding in examine(load(None, {}), FakeClock(NOW)) if finding.level is Level.FAULT]
    assert [finding.about for finding in found] == ["平台"]
    assert "http://127.0.0.1:9" in found[0].words


def test_the_doctor_knows_a_damaged_database(folder: Path) -> None:
    linli("invite")
    file = folder / "data" / "linli.db"
    file.write_bytes(b"x" * 5000)
    for companion in folder.glob("data/linli.db-*"):
        companion.unlink()
    result = linli("doctor")
    assert result.exit_code == 1
    assert "linli restore" in result.stdout


def test_the_doctor_misses_the_calendar_of_a_year_nobody_announced() -> None:
    assert [finding.level for finding in check_calendar(date(2025, 6, 1))] == [Level.WELL]
    assert [finding.level for finding in check_calendar(date(2095, 11, 1))] == [Level.NOTE, Level.NOTE]


# nlp eval


def test_the_measure_counts_what_is_right_invented_and_missed(parser: Parser, folder: Path) -> None:
    file = folder / "examples.jsonl"
    right = EXAMPLE | {"slots": {"address": {"building": "3", "entrance": "2", "room": "402"}}}
    wrong = EXAMPLE | {"intent": "chat", "slots": {"address": {"building": "4"}}}
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in (right, wrong)), encoding="utf-8")
    report = evaluate(parser, file)
    building, intent = report.scores["address.building"], report.scores["intent"]
    assert (building.right, building.invented, building.missed) == (1, 1, 1)
    assert (intent.precision, intent.recall, intent.f1) == (0.5, 0.5, 0.5)
    assert report.scores["intent=chat"].missed == 1
    assert {(miss.line, miss.field) for miss in report.misses} == {
        (2, "intent"),
        (2, "address.building"),
        (2, "address.entrance"),
        (2, "address.room"),
    }
    result = linli("nlp", "eval", str(file))
    assert result.exit_code == 0
    assert "address.building" in result.stdout


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "a"}', '{"text": "a", "now": "soon", "intent": "chat"}'])
def test_an_example_that_is_none_is_named_by_its_line(parser: Parser, folder: Path, line: str) -> None:
    file = folder / "examples.jsonl"
    file.write_text(f"{json.dumps(EXAMPLE)}\n{line}\n", encoding="utf-8")
    with pytest.raises(BadExamples, match="第2行"):
        evaluate(parser, file)
