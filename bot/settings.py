"""Every knob of the installation: from linli.toml, overridden by LINLI_… variables and by files those name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.channels import wecom_app, wecom_bot, wecom_webhook
from storage.communities import CommunitySettings

CONSOLE = "console"
DEFAULT_FILE = Path("linli.toml")
PREFIX = "LINLI_"
LEVEL = "__"
FROM_FILE = "_FILE"
# Switches of our own tests and benchmarks; they say nothing about the installation.
NOT_OURS = frozenset({"LINLI_REQUIRE_BROWSER", "LINLI_LONG", "LINLI_SEED"})
# What Kubernetes and Docker links set by themselves for a service that is called linli.
FROM_PLATFORM = re.compile(r"LINLI_(?:SERVICE_(?:HOST|PORT).*|PORT_\d+_.+)")
SECRET_FILE_MAX = 64_000  # bytes; a key has a few hundred


class ConsoleSettings(BaseModel):
    """The group-chat page at /console."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["console"] = "console"


ChannelSettings = wecom_bot.Settings | wecom_app.Settings | wecom_webhook.Settings | ConsoleSettings
KINDS: Mapping[str, type[ChannelSettings]] = {
    "wecom-bot": wecom_bot.Settings,
    "wecom-app": wecom_app.Settings,
    "wecom-webhook": wecom_webhook.Settings,
    "console": ConsoleSettings,
}
# The name is part of an address and of a column.
ChannelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
BotName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]

_SQLITE = re.compile(r"sqlite(?:\+pysqlite)?:///(?P<path>[^?]+)")
_POSTGRES = re.compile(r"postgresql(?:\+psycopg)?://.+")


class BadSettings(Exception):
    """The configuration cannot be used; the text is one sentence that names the key and holds no secret."""


class Settings(BaseModel):
    """linli.toml as a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    database_url: str = Field(default="sqlite:///data/linli.db", repr=False)  # may hold a password
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    bot_names: tuple[BotName, ...] = Field(default=("小邻",), min_length=1)
    channels: dict[ChannelName, Annotated[ChannelSettings, Field(discriminator="kind")]] = Field(default_factory=dict)
    console_password: SecretStr | None = Field(default=None, min_length=8)  # opens /console beyond this machine
    community: dict[str, str | int] = Field(default_factory=dict)

    @field_validator("bot_names", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """A variable of the environment lists names with commas."""
        return re.split(r"[,，]", value) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        path = _SQLITE.fullmatch(value)
        if not _POSTGRES.fullmatch(value) and (path is None or path["path"] == ":memory:"):
            raise ValueError(
                "an address like sqlite:///data/linli.db or postgresql+psycopg://user:…@host/linli is wanted"
            )
        return value

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        CommunitySettings().changed(self.community)
        for name, channel in self.channels.items():
            if (name == CONSOLE) != isinstance(channel, ConsoleSettings):
                raise ValueError(f"channels.{name}: the name {CONSOLE} and the kind console belong together")
            directory = getattr(channel, "directory", None)
            if directory and not isinstance(self.channels.get(directory), wecom_app.Settings):
                raise ValueError(f"channels.{name}.directory: there is no wecom-app channel of that name")
        return self

    @property
    def has_console(self) -> bool:
        """The page is for trying out: where nothing else is set up, or by its own entry."""
        return not self.channels or CONSOLE in self.channels

    @property
    def circles(self) -> Mapping[str, tuple[str, ...]]:
        """Channels whose user ids mean the same people, under the name of each; the directory that keeps them first."""
        found: dict[str, tuple[str, ...]] = {}
        for name, channel in self.channels.items():
            directory = channel.directory if isinstance(channel, wecom_bot.Settings) else None
            if directory:
                found[directory] = (*found.get(directory, (directory,)), name)
        return {name: circle for circle in found.values() for name in circle}

    @property
    def community_defaults(self) -> CommunitySettings:
        return CommunitySettings().changed(self.community)

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        found = _SQLITE.match(self.database_url)
        return Path(found["path"]) if found else None

    @property
    def words_file(self) -> Path:
        """Where the community's own words and buildings stand, if it wrote any: see nlp.local."""
        return self.data_dir / "words.txt"

    @property
    def data_dir(self) -> Path:
        """Where this installation keeps its files."""
        return self.database_file.parent if self.database_file else Path("data")


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the configuration. Without a named file linli.toml is used where there is one. Raises BadSettings."""
    if file is not None and not file.is_file():
        raise BadSettings("--config：没有这个文件。")
    chosen = file or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    written = _read_toml(chosen) if chosen else {}
    try:
        return Settings.model_validate(_merged(written, _read_environment(environment)))
    except ValidationError as error:
        raise BadSettings(_sentence(error)) from None  # the cause would carry the values


def _read_toml(file: Path) -> dict[str, object]:
    try:
        return dict(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at .*\)$", str(error))
        raise BadSettings(f"{file.name}的写法不对，不是TOML{_place(place[0]) if place else ''}。") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file.name}读不了（{type(error).__name__}），看看是不是UTF-8文字、有没有权限。") from None


def _place(words: str) -> str:
    """tomllib's "(at line 3, column 5)"."""
    numbers = re.findall(r"\d+", words)
    return f"（第{numbers[0]}行）" if numbers else ""


def _read_environment(environment: Mapping[str, str]) -> dict[str, object]:
    """LINLI_CHANNELS__BOT__TOKEN → channels.bot.token; a misspelt variable would be ignored in silence, so it is refused.

    Values stay text: a token of digits must not become a number on the way.
    """
    found: dict[str, object] = {}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or _is_somebody_elses(name, environment[name]):
            continue
        key, is_file = name.removeprefix(PREFIX), name.endswith(FROM_FILE)
        levels = key.removesuffix(FROM_FILE).lower().split(LEVEL)
        if levels[0] not in Settings.model_fields:
            raise BadSettings(f"{name}：没有这个环境变量，看看是不是写错了。")
        value = _read_secret(name, Path(environment[name])) if is_file else environment[name]
        table: dict[str, object] = {levels[-1]: value}
        for level in reversed(levels[:-1]):
            table = {level: table}
        found = _merged(found, table)
    return found


def _is_somebody_elses(name: str, value: str) -> bool:
    is_link = name == "LINLI_PORT" and value.startswith("tcp://")
    return is_link or name in NOT_OURS or FROM_PLATFORM.fullmatch(name) is not None


def _read_secret(name: str, file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as secret:
            return secret.read(SECRET_FILE_MAX).strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{name}：它写的那个文件读不了（{type(error).__name__}）。") from None


def _merged(under: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Both, table by table; where they name the same key the second wins."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def _sentence(error: ValidationError) -> str:
    """What is wrong with the first bad key. Never its value: it may be a secret."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    kind, words = first["type"], first["msg"].removeprefix("Value error, ")
    path = [str(step) for step in first["loc"]]
    model = None
    if len(path) > 2 and path[0] == "channels" and path[2] in KINDS:
        model = KINDS[path.pop(2)]  # the union's tag is no key
    key = ".".join(step for step in path if step != "[key]")
    match kind:
        case "missing":
            where = f" {model.__doc__}" if model and model.__doc__ else ""
            return f"{key}：配置里缺这一项。{where}"
        case "extra_forbidden":
            return f"{key}：没有这一项，看看是不是写错了。"
        case "union_tag_not_found" | "union_tag_invalid":
            return f"{key}.kind：要写{'、'.join(KINDS)}里的一种。"
        case "string_pattern_mismatch" if path[-1] == "[key]":
            return f"{key}：通道名只能用小写字母、数字、-和_，最多32个字。"
    return f"{key}: {words}." if key else f"{words}."
