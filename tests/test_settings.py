"""linli.toml and LINLI_… variables: what is read, what wins, and one sentence with the key for everything wrong."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.channels import wecom_app, wecom_bot
from bot.settings import BadSettings, Settings, load

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CANARY = "canary-5f1c"
BOT = f'[channels.bot]\nkind = "wecom-bot"\ntoken = "{CANARY}"\naes_key = "{KEY}"\n'
APP = (
    f'[channels.app]\nkind = "wecom-app"\ncorp_id = "ww0fake"\nagent_id = 1000002\nsecret = "{CANARY}"\n'
    f'token = "{CANARY}"\naes_key = "{KEY}"\n'
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "linli.toml"


def read(file: Path, text: str, **environment: str) -> Settings:
    file.write_text(text, encoding="utf-8")
    return load(file, environment)


def complaint(file: Path, text: str, **environment: str) -> str:
    with pytest.raises(BadSettings) as caught:
        read(file, text, **environment)
    assert CANARY not in str(caught.value)
    assert KEY not in str(caught.value)
    return str(caught.value)


def test_without_a_file_the_bot_runs_here_with_its_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None, {})
    assert settings.database_file == Path("data/linli.db")
    assert settings.data_dir == Path("data")
    assert settings.has_console
    assert settings.bot_names == ("小邻",)
    assert settings.timezone == ZoneInfo("Asia/Shanghai")


def test_a_file_in_this_folder_is_used_without_being_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linli.toml").write_text('bot_names = ["小里"]', encoding="utf-8")
    assert load(None, {}).bot_names == ("小里",)


def test_every_kind_of_channel_is_read(file: Path) -> None:
    settings = read(file, f'{BOT}directory = "app"\n{APP}[channels.push]\nkind = "wecom-webhook"\n')
    assert not settings.has_console
    bot = settings.channels["bot"]
    assert isinstance(bot, wecom_bot.Settings)
    assert bot.token.get_secret_value() == CANARY
    assert bot.directory == "app"
    assert isinstance(settings.channels["app"], wecom_app.Settings)
    assert CANARY not in repr(settings)
    assert KEY not in repr(settings)


def test_the_environment_wins_over_the_file(file: Path) -> None:
    settings = read(
        file,
        f'{BOT}[community]\nrating_days = 5\nquiet = "22:00-07:00"\n',
        LINLI_CHANNELS__BOT__TOKEN="24680",
        LINLI_COMMUNITY__RATING_DAYS="9",
        LINLI_BOT_NAMES="小邻, 邻小应",
        LINLI_REQUIRE_BROWSER="1",
    )
    bot = settings.channels["bot"]
    assert isinstance(bot, wecom_bot.Settings)
    assert bot.token.get_secret_value() == "24680"
    assert settings.community_defaults.rating_days == 9
    assert settings.community_defaults.quiet == "22:00-07:00"
    assert settings.bot_names == ("小邻", "邻小应")


def test_a_whole_channel_may_come_from_the_environment(file: Path) -> None:
    names = {"KIND": "wecom-app", "CORP_ID": "ww0fake", "AGENT_ID": "1000002", "SECRET": "s", "TOKEN": "t"}
    variables = {f"LINLI_CHANNELS__APP__{name}": value for name, value in names.items()}
    settings = read(file, "", **variables, LINLI_CHANNELS__APP__AES_KEY=KEY)
    app = settings.channels["app"]
    assert isinstance(app, wecom_app.Settings)
    assert app.agent_id == 1000002


def test_a_secret_may_come_from_a_file(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-a-file\n", encoding="utf-8")
    bot = read(file, BOT, LINLI_CHANNELS__BOT__TOKEN_FILE=str(secret)).channels["bot"]
    assert isinstance(bot, wecom_bot.Settings)
    assert bot.token.get_secret_value() == "from-a-file"


def test_a_secret_file_that_is_not_there_is_named_by_its_variable(file: Path, tmp_path: Path) -> None:
    words = complaint(file, BOT, LINLI_CHANNELS__BOT__TOKEN_FILE=str(tmp_path / "none"))
    assert "LINLI_CHANNELS__BOT__TOKEN_FILE" in words


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f'[channels.bot]\nkind = "wecom-bot"\ntoken = "{CANARY}"\n', "channels.bot.aes_key"),
        (f'[channels.bot]\nkind = "wecom-bot"\ntoken = "{CANARY}"\naes_key = "{CANARY}"\n', "channels.bot.aes_key"),
        (f'[channels.bot]\nkind = "wecom-bot"\ntoken = 7\naes_key = "{KEY}"\n', "channels.bot.token"),
        (f'{BOT}colour = "{CANARY}"\n', "channels.bot.colour"),
        (f'{BOT}directory = "app"\n', "channels.bot.directory"),
        (f'{BOT}api_base = "{CANARY}"\n', "channels.bot.api_base"),
        (APP.replace("1000002", '"many"'), "channels.app.agent_id"),
        ("[channels.bot]\n", "channels.bot.kind"),
        ('[channels.bot]\nkind = "pigeon"\n', "channels.bot.kind"),
        ('[channels."Bot 1"]\nkind = "wecom-webhook"\n', "channels.Bot 1"),
        ('[channels.page]\nkind = "console"\n', "channels.page"),
        ("channels = 3\n", "channels"),
        (f'database_url = "oracle://{CANARY}@host/linli"\n', "database_url"),
        ('database_url = "sqlite://"\n', "database_url"),
        ('timezone = "Asia/Nowhere"\n', "timezone"),
        ("bot_names = []\n", "bot_names"),
        ('bot_names = [" "]\n', "bot_names"),
        ('console_password = "short"\n', "console_password"),
        ("[community]\nquite = 1\n", "community.quite"),
        ('[community]\nrating_days = "soon"\n', "community.rating_days"),
        ('[community]\nquiet = "night"\n', "community.quiet"),
        ('[community]\ndigest_at = "25:00"\n', "community.digest_at"),
        ("colour = 1\n", "colour"),
        ("colour = \n", "linli.toml"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, key: str) -> None:
    words = complaint(file, text)
    assert words.startswith(key)
    assert words.count("\n") == 0


def test_a_missing_value_says_where_to_find_it(file: Path) -> None:
    assert "智能机器人" in complaint(file, '[channels.bot]\nkind = "wecom-bot"\n')


@pytest.mark.parametrize("name", ["LINLI_BOGUS", "LINLI_PORT", "LINLI_DATABSE_URL", "LINLI_CHANEL__BOT__TOKEN"])
def test_a_misspelt_variable_is_named_without_its_value(file: Path, name: str) -> None:
    assert complaint(file, "", **{name: CANARY}).startswith(name)


def test_variables_of_tests_and_platforms_are_left_alone(file: Path) -> None:
    others = {
        "LINLI_LONG": "1",
        "LINLI_SEED": "7",
        "LINLI_SERVICE_HOST": "10.0.0.7",
        "LINLI_PORT": "tcp://10.0.0.7:8000",
        "LINLI_PORT_8000_TCP_ADDR": "10.0.0.7",
    }
    assert read(file, "", **others) == read(file, "")


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="--config"):
        load(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite:////var/lib/linli/linli.db", "/var/lib/linli"),
        ("sqlite:///linli.db", "."),
        ("postgresql+psycopg://linli:secret@host/linli", "data"),
    ],
)
def test_the_data_folder_follows_the_database(file: Path, url: str, folder: str) -> None:
    assert read(file, f'database_url = "{url}"').data_dir == Path(folder)


def test_the_database_password_is_not_in_the_repr(file: Path) -> None:
    assert CANARY not in repr(read(file, f'database_url = "postgresql://linli:{CANARY}@host/linli"'))
