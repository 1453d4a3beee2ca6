"""The `linli` command. Heavy parts are imported where they are needed, so that `linli parse` starts at once."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, NoReturn

import typer

from bot.clock import CHINA, Clock, DemoClock, SystemClock

if TYPE_CHECKING:
    from bot.settings import Settings
    from nlp import Parser
    from nlp.intent import Context, Intent
    from storage import Store
    from storage.database import Database

FAILED, WRONG_CALL = 1, 2

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that is read as something else
CODE_LENGTH = 8
CODE_LASTS = timedelta(days=7)
FIRST_COMMUNITY = "我的社区"
NOT_OPENED = "database_url：数据库打不开或者连不上，看看地址和权限。"
NO_COMMUNITY = 0  # no community has this id

CONNECTIONS_MAX = 2_000
KEEP_ALIVE_SECONDS = 75  # longer than a web server in front keeps its side
STOP_SECONDS = 6  # for requests in hand; writer and sender need the rest of ten seconds
LINE_MAX = 1_000_000  # bytes of one line of --jsonl

app = typer.Typer(
    help="邻里应声：群里一句话，变成一件有人接、有人办、有人评的事。",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
nlp_app = typer.Typer(help="看看话听得准不准。", no_args_is_help=True)
app.add_typer(nlp_app, name="nlp")

Config = Annotated[Path | None, typer.Option("--config", help="配置文件；不写就用当前目录的 linli.toml（没有也行）。")]


def main() -> None:
    os.umask(0o077)  # what we write holds phones and flats: nobody else on this machine reads it
    app()


def fail(status: int, words: str) -> NoReturn:
    """One sentence for whoever typed the command, and no traceback."""
    typer.echo(words, err=True)
    raise typer.Exit(status)


# The bot


@app.command()
def run(
    config: Config = None,
    host: Annotated[str, typer.Option(help="在哪个地址上听。")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="在哪个端口上听。")] = 8000,
    demo: Annotated[bool, typer.Option("--demo", help="装入示例社区（只装一次）。")] = False,
) -> None:
    """运行小邻：接话、派活、提醒都在这一个进程里。"""
    from bot import log

    log.set_up()
    settings = read_settings(config)
    with in_use(settings):
        start(settings, host, port, demo)


def start(settings: Settings, host: str, port: int, demo: bool) -> None:
    system = SystemClock(settings.timezone)
    clock = DemoClock(system) if settings.has_console else system
    with opened(settings) as database:
        if isinstance(clock, DemoClock):
            clock.catch_up_with(newest_line(database))
        if demo:
            from bot.demo import load

            load(database, clock.now())
        code = first_code(database, clock)
    if code:
        typer.echo(
            f"还没有书记。请在书记群里说：@{settings.bot_names[0]} 绑定 {code} 书记群（绑定码7天内有效，只能用一次）"
        )
    if settings.has_console:
        typer.echo(f"在浏览器里试用：http://127.0.0.1:{port}/console")
    if not is_free(host, port):
        fail(WRONG_CALL, f"--port：{host}:{port}已经有程序在用，换一个，比如 --port {port + 1}。")
    serve(settings, clock, host, port)


@contextmanager
def in_use(settings: Settings) -> Iterator[None]:
    """Keeps a restore away from the database of a running server."""
    from storage.disk import ForeignDisk, check_disk
    from storage.lock import InUse, shared

    if settings.database_file is None:
        yield
        return
    with ExitStack() as held:
        try:
            check_disk(settings.data_dir)
            held.enter_context(shared(settings.database_file))
        except ForeignDisk as error:
            fail(WRONG_CALL, f"database_url: {error}")
        except InUse:
            fail(FAILED, "正在恢复备份，等它做完再开小邻。")
        except OSError:
            fail(WRONG_CALL, NOT_OPENED)
        yield


def newest_line(database: Database) -> datetime | None:
    """When something was last said in this database; after a trial with the clock set forward that is in the future."""
    with database.read() as store:
        return store.outbox.newest_at()


def is_free(host: str, port: int) -> bool:
    """Whether this address can be listened on; asked before the start, so that the answer is one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def serve(settings: Settings, clock: Clock, host: str, port: int) -> None:
    """Until SIGINT or SIGTERM, which is a good end."""
    import uvicorn

    from bot.app import build
    from nlp.local import BadLocalFile

    try:
        app = build(settings, clock, bound_to=host)
    except BadLocalFile as error:
        fail(WRONG_CALL, f"{settings.words_file}：{error}。")
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,  # it would print queries, which hold signatures
            proxy_headers=False,
            server_header=False,
            ws="none",
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    # uvicorn raises the signal again once it has ended well; whoever stopped us wants to hear 0.
    for asked_to_stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked_to_stop, lambda *_: None)
    server.run()
    if not server.started:
        raise typer.Exit(FAILED)


@app.command()
def invite(
    config: Config = None,
    community: Annotated[str | None, typer.Option(help="给哪个社区；没有这个社区就新建。")] = None,
) -> None:
    """给出一个绑定码，书记用它绑定群。"""
    settings = read_settings(config)
    with opened(settings) as database, database.write() as store:
        now = SystemClock(settings.timezone).now()
        chosen = choose_community(store, community, now)
        code = new_code(store, chosen, now)
        name = store.communities.get(chosen).name
    typer.echo(code)  # alone, for scripts
    typer.echo(f"这是{name}的绑定码（7天内有效，只能用一次）。", err=True)
    typer.echo(
        f"在要绑定的群里说：@{settings.bot_names[0]} 绑定 {code} 书记群（也可以是居民群、党员群、单位群）", err=True
    )


def choose_community(store: Store, name: str | None, now: datetime) -> int:
    known = store.communities.all()
    if name is None:
        if len(known) > 1:
            names = "、".join(community.name for community in known)
            fail(WRONG_CALL, f"--community：有好几个社区，请写明是哪一个：{names}")
        return known[0].id if known else store.communities.add(FIRST_COMMUNITY, now).id
    if not 0 < len(name.strip()) <= 64:
        fail(WRONG_CALL, "--community：社区名要有1到64个字。")
    found = store.communities.find_named(name.strip())
    return found.id if found else store.communities.add(name.strip(), now).id


def first_code(database: Database, clock: Clock) -> str | None:
    """A code for the first secretary; None where one is there already."""
    from storage.people import Role

    now = clock.now()
    with database.write() as store:
        store.lock_communities([NO_COMMUNITY])  # of two processes that start together one makes the first community
        communities = store.communities.all()
        if any(store.people.with_role(community.id, Role.SECRETARY) for community in communities):
            return None
        chosen = communities[0].id if communities else store.communities.add(FIRST_COMMUNITY, now).id
        return new_code(store, chosen, now)


def new_code(store: Store, community_id: int, now: datetime) -> str:
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    store.people.add_invite(code, community_id, now + CODE_LASTS)
    return code


def read_settings(config: Path | None) -> Settings:
    from bot.settings import BadSettings, load

    try:
        return load(config, os.environ)
    except BadSettings as error:
        fail(WRONG_CALL, str(error))


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database with the newest schema, closed afterwards; every reason why not is one sentence."""
    from storage.database import BadDatabaseUrl, Database, NewerDatabase, Unavailable
    from storage.disk import ForeignDisk, check_disk
    from storage.schema import upgrade

    try:
        if settings.database_file is not None:
            check_disk(settings.data_dir)
        database = Database(settings.database_url, settings.community_defaults)
        upgrade(database)
    except (BadDatabaseUrl, ForeignDisk, NewerDatabase) as error:
        fail(WRONG_CALL, f"database_url: {error}")
    except Unavailable:
        # The driver's words may hold the address and what stands in it.
        fail(WRONG_CALL, NOT_OPENED)
    try:
        yield database
    finally:
        database.close()


# Understanding


@app.command()
def parse(
    text: Annotated[str | None, typer.Argument(help="要看的一句话。")] = None,
    now: Annotated[str | None, typer.Option(help="当作什么时候说的，例如 2026-11-23T09:30:00+08:00。")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="从标准输入一行读一个 JSON，往标准输出一行写一个。")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="说说为什么这么听。")] = False,
) -> None:
    """看看小邻怎么听一句话。"""
    moment = SystemClock().now() if now is None else read_moment(now)
    if moment is None:
        fail(WRONG_CALL, "--now：时间要写成 2026-11-23T09:30:00+08:00 这样。")
    if jsonl == (text is not None):
        fail(WRONG_CALL, "TEXT：写一句话；或者用 --jsonl，从标准输入给。两样只能选一样。")
    if jsonl and explain:
        fail(WRONG_CALL, "--explain：只能解释一句话，不能和 --jsonl 一起用。")
    parser = new_parser()
    if jsonl:
        raise typer.Exit(parse_lines(parser, moment, sys.stdin.buffer, sys.stdout.buffer))
    from nlp import to_json

    intent = parser.parse(text or "", moment, explain=explain)
    write_line(sys.stdout.buffer, to_json(intent))
    if explain:
        for line in explained(intent):
            typer.echo(line)


def new_parser() -> Parser:
    from handlers.ability import load
    from nlp import Parser

    return Parser(load().rules())


def parse_lines(parser: Parser, now: datetime, lines: BinaryIO, out: BinaryIO) -> int:
    """One answer a line, in order; a line that cannot be read is answered with its error and makes the status 1."""
    from nlp import to_json

    status = 0
    while line := lines.readline(LINE_MAX):
        try:
            asked = read_question(line, now)
        except BadLine as error:
            write_line(out, {"error": str(error)})
            status = FAILED
        else:
            said, moment, mentioned, quote, context = asked
            write_line(out, to_json(parser.parse(said, moment, mentioned=mentioned, quote=quote, context=context)))
    return status


class BadLine(Exception):
    """A line of --jsonl that is not as the contract says."""


def read_question(line: bytes, now: datetime) -> tuple[str, datetime, bool, str | None, Context | None]:
    from nlp.jsonl import BadContext, context_of

    try:
        asked: object = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None
    if not isinstance(asked, dict):
        raise BadLine("not a JSON object")
    text, given, quote = asked.get("text"), asked.get("now"), asked.get("quote")
    if not isinstance(text, str):
        raise BadLine("text is missing")
    moment = now if given is None else read_moment(given)
    if moment is None:
        raise BadLine("now is no ISO 8601 moment")
    if quote is not None and not isinstance(quote, str):
        raise BadLine("quote is no text")
    try:
        context = context_of(asked.get("context"))
    except BadContext as error:
        raise BadLine(str(error)) from None
    return text, moment, asked.get("mentioned") is True, quote, context


# The lunar calendar is computed for these years; nobody writes to the bot outside them.
CALENDAR_BEGINS, CALENDAR_ENDS = 1950, 2099


def read_moment(given: object) -> datetime | None:
    """An aware moment; one without a zone is meant in China."""
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    if moment and not CALENDAR_BEGINS <= moment.year <= CALENDAR_ENDS:
        return None
    return moment.replace(tzinfo=CHINA) if moment and moment.tzinfo is None else moment


def write_line(out: BinaryIO, content: object) -> None:
    out.write(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    out.flush()  # whoever asks line by line waits for the answer


def explained(intent: Intent) -> Iterator[str]:
    """Every signal with its weight and its share of all, the weightiest first."""
    total = sum(abs(evidence.weight) for evidence in intent.evidence)
    if not total:
        yield "没有听出要小邻做什么，当作闲聊。"
        return
    for evidence in sorted(intent.evidence, key=lambda one: -abs(one.weight)):
        share = abs(evidence.weight) / total
        yield f"{evidence.weight:+.1f}（占{share:.0%}）  {evidence.signal}：{evidence.words}"


@nlp_app.command(name="eval")
def nlp_eval(file: Annotated[Path, typer.Argument(help="一行一个例子，格式同 nlp-examples.jsonl。")]) -> None:
    """量一量：准确率、召回率、F1 和每一处听错。"""
    from bot.replay import unreadable
    from nlp.evaluate import BadExamples, evaluate

    try:
        report = evaluate(new_parser(), file)
    except BadExamples as error:
        fail(WRONG_CALL, f"{file}：{error}。")
    except (OSError, UnicodeDecodeError) as error:
        fail(WRONG_CALL, f"{file}：{unreadable(error)}")
    for line in report.lines():
        typer.echo(line)


# Conversations, checks, copies, speed


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="对话文件。")],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="一行一句，写成 JSON。")] = False,
    check: Annotated[bool, typer.Option("--check", help="和文件里写的逐句对。")] = False,
    state: Annotated[bool, typer.Option("--state", help="最后写出每一单的样子。")] = False,
) -> None:
    """把对话文件从头演一遍，用自己的钟和临时的库，不碰真的。"""
    from bot.replay import replay_files

    raise typer.Exit(replay_files(files, jsonl=jsonl, check=check, state=state))


@app.command()
def doctor(config: Config = None) -> None:
    """查一遍配置、数据库、通道、时钟和日历；有毛病就说怎么办。"""
    from bot import doctor as checks

    settings = read_settings(config)
    findings = list(checks.examine(settings, SystemClock(settings.timezone)))
    for finding in findings:
        typer.echo(f"{finding.level.mark} {finding.about}：{finding.words}")
    raise typer.Exit(FAILED if any(finding.level is checks.Level.FAULT for finding in findings) else 0)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="备份写到哪里。")], config: Config = None) -> None:
    """运行中备份，写完就查。"""
    from storage.backup import BadBackup
    from storage.backup import backup as copy

    database = sqlite_file(read_settings(config), "pg_dump")
    if not database.exists():
        fail(WRONG_CALL, "database_url：还没有数据库。")
    try:
        copy(database, file)
    except BadBackup as error:
        fail(FAILED, f"database_url：{error}。")
    except (OSError, sqlite3.Error):
        fail(FAILED, f"FILE：备份写不到 {file}，看看文件夹在不在、有没有权限、磁盘满没满。")
    typer.echo(f"备份好了，也查过了：{file}（里面有居民的电话和住址，请收好）")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="用哪个备份。")], config: Config = None) -> None:
    """先查备份，再换上；原来的库留一份。请先停下小邻。"""
    from storage.backup import BadBackup
    from storage.backup import restore as put_back
    from storage.lock import InUse, alone

    database = sqlite_file(read_settings(config), "pg_restore")
    if not file.is_file():
        fail(WRONG_CALL, f"FILE：没有 {file} 这个文件。")
    if not os.access(file, os.R_OK):
        fail(WRONG_CALL, f"FILE：{file} 读不了，看看权限。")
    try:
        with alone(database):
            kept = put_back(file, database)
    except InUse:
        fail(FAILED, "先停下小邻再恢复。")
    except BadBackup as error:
        fail(FAILED, f"FILE：{error}。")
    except (OSError, sqlite3.Error):
        fail(FAILED, "FILE：恢复没有做成，看看两边文件的权限和磁盘空间。")
    typer.echo("恢复好了，也查过了。" + (f"原来的库留在 {kept}" if kept else ""))


def sqlite_file(settings: Settings, instead: str) -> Path:
    if settings.database_file is None:
        fail(WRONG_CALL, f"database_url：用的是 PostgreSQL，请用 {instead}。")
    return settings.database_file


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="只跑这几项。")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="JSON 写到哪里；不写就打在表后面。")] = None,
) -> None:
    """量一量有多快。"""
    from bot.bench import main as measure

    raise typer.Exit(measure(names or [], json_file))
