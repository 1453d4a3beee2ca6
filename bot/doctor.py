"""`linli doctor`: looks at everything that has to be right before neighbours rely on it, and says what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import httpx
from chinese_calendar import is_workday

from bot.channels import wecom_api, wecom_app, wecom_bot, wecom_webhook
from bot.clock import Clock
from bot.settings import Settings
from nlp.local import BadLocalFile, read_local
from storage.backup import BadBackup, check
from storage.database import BadDatabaseUrl, Database, Unavailable, can_write
from storage.disk import ForeignDisk, check_disk
from storage.people import Role
from storage.schema import knows, newest, revision

CLOCK_SECONDS = 30  # callbacks are refused at ten minutes; long before that something is wrong
NEXT_YEAR_FROM = 11  # the month in which the coming year's holidays are announced


class Level(Enum):
    """How bad a finding is, and its mark in the list."""

    WELL = "✓"
    NOTE = "！"
    FAULT = "✗"

    @property
    def mark(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    about: str
    words: str


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Every check in turn; the configuration itself was read well before."""
    yield Finding(Level.WELL, "配置", f"读到了，通道{len(settings.channels)}个。")
    yield from check_channels(settings)
    yield from check_words(settings)
    yield from check_database(settings)
    yield from asyncio.run(check_platforms(settings, clock))
    yield from check_calendar(clock.now().date())


def check_channels(settings: Settings) -> Iterator[Finding]:
    entries = settings.channels.values()
    if not entries:
        yield Finding(Level.NOTE, "通道", "还没有接任何平台，只有试用页面 /console。")
    if any(isinstance(entry, wecom_bot.Settings) for entry in entries):
        if not any(isinstance(entry, wecom_app.Settings) for entry in entries):
            yield Finding(Level.NOTE, "通道", "智能机器人不能先开口。请再配一个 wecom-app，提醒才能送到每个人。")
        if not any(isinstance(entry, wecom_webhook.Settings) for entry in entries):
            yield Finding(Level.NOTE, "通道", "智能机器人不能先开口。请再配一个 wecom-webhook，提醒才能送到群里。")


def check_words(settings: Settings) -> Iterator[Finding]:
    about = "本地词"
    try:
        local = read_local(settings.words_file)
    except BadLocalFile as error:
        yield Finding(Level.FAULT, about, f"{settings.words_file}：{error}。")
        return
    if local.words or local.buildings:
        count = sum(map(len, local.words.values()))
        buildings = len(local.buildings.by_name) if local.buildings else 0
        yield Finding(Level.WELL, about, f"认得{count}个本地词、{buildings}栋楼。")


def check_database(settings: Settings) -> Iterator[Finding]:
    about = "数据库"
    try:
        if settings.database_file is not None:
            check_disk(settings.data_dir)
            if not settings.database_file.exists():
                yield Finding(Level.NOTE, about, "还没有，第一次 linli run 时会建好。")
                return
            check(settings.database_file)
        database = Database(settings.database_url, settings.community_defaults)
    except ForeignDisk as error:
        yield Finding(Level.FAULT, about, f"{error}")
        return
    except BadBackup as error:
        yield Finding(Level.FAULT, about, f"文件坏了（{error}）。请停下小邻，用 linli restore 换上备份。")
        return
    except BadDatabaseUrl:
        yield Finding(Level.FAULT, about, "database_url 写得不对。")
        return
    try:
        yield from _check_open(database)
    except Unavailable:
        yield Finding(Level.FAULT, about, "连不上。请看看 database_url、数据库是不是开着、有没有权限。")
    finally:
        database.close()


def _check_open(database: Database) -> Iterator[Finding]:
    about = "数据库"
    form = revision(database)
    if form is not None and not knows(form):
        yield Finding(Level.FAULT, about, "是更新版本的小邻建的。请装回那个版本，或用它的备份。")
        return
    if form != newest():
        yield Finding(Level.NOTE, about, "表还是旧的，下次 linli run 时会更新；之前请先 linli backup。")
        return
    if not can_write(database):
        yield Finding(Level.FAULT, about, "写不进去。请看看磁盘满没满、文件是不是只读。")
        return
    yield Finding(Level.WELL, about, "能读能写。")
    with database.read() as store:
        communities = store.communities.all()
        has_secretary = any(store.people.with_role(community.id, Role.SECRETARY) for community in communities)
        groups = store.groups.all()
    if not has_secretary:
        yield Finding(
            Level.NOTE, "书记", "还没有书记，谁也不能派单。用 linli invite 拿绑定码，在书记群里说“绑定 绑定码 书记群”。"
        )
    if not groups:
        yield Finding(Level.NOTE, "群", "还没有绑定群。在群里 @机器人 说“绑定 绑定码 居民群”。")


async def check_platforms(settings: Settings, clock: Clock) -> list[Finding]:
    """Whether the platforms can be reached, and whether their clock is ours."""
    bases = dict.fromkeys(
        entry.api_base
        for entry in settings.channels.values()
        if isinstance(entry, wecom_bot.Settings | wecom_app.Settings | wecom_webhook.Settings)
    )
    async with wecom_api.new_client() as http:
        return [await _check_platform(http, base, clock) for base in bases]


async def _check_platform(http: httpx.AsyncClient, base: str, clock: Clock) -> Finding:
    try:
        answer = await http.get(base)
    except httpx.HTTPError as error:
        words = f"连不上 {base}（{type(error).__name__}）。请看看网络和 api_base。"
        return Finding(Level.FAULT, "平台", words)
    off = _seconds_off(answer.headers.get("date", ""), clock.now())
    if off is not None and abs(off) > CLOCK_SECONDS:
        return Finding(Level.FAULT, "时钟", f"这台机器和平台差{off}秒。请校准时间（开着 NTP），不然消息会被拒收。")
    return Finding(Level.WELL, "平台", f"连得上 {base}，时间也对得上。")


def _seconds_off(header: str, now: datetime) -> int | None:
    try:
        return int((now - parsedate_to_datetime(header)).total_seconds())
    except (ValueError, TypeError):
        return None


def check_calendar(today: date) -> Iterator[Finding]:
    wanted = [today.year, today.year + 1] if today.month >= NEXT_YEAR_FROM else [today.year]
    missing = [year for year in wanted if not _is_covered(year)]
    if not missing:
        yield Finding(Level.WELL, "日历", "放假和调休的安排都有。")
    for year in missing:
        words = f"还没有{year}年的放假和调休安排，先按周一到周五上班算。国务院公布后请升级 chinesecalendar。"
        yield Finding(Level.NOTE, "日历", words)


def _is_covered(year: int) -> bool:
    try:
        is_workday(date(year, 12, 31))
    except NotImplementedError:
        return False
    return True
