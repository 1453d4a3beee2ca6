"""The tables of an installation: brought to the newest form, refused where a newer program made them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, text

import storage  # noqa: F401  importing it fills `metadata`
from storage.columns import metadata
from storage.database import Database, NewerDatabase

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 20_261_121  # any number that no other advisory lock uses


def upgrade(database: Database) -> None:
    """Bring the tables to the newest form, in one transaction. Raises NewerDatabase and changes nothing then."""
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with database.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # Two processes that start together: the second finds everything done.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found = _revision(connection)
        if found == scripts.get_current_head():
            return
        if found is not None and not knows(found):
            raise NewerDatabase(f"The database is of a newer version ({found}) than this program.")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision(database: Database) -> str | None:
    """The form its tables have; None where it has none yet."""
    with database.engine.connect() as connection, connection.begin():
        return _revision(connection)


def newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows(form: str) -> bool:
    """Whether this program has a migration of that name."""
    return form in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def empty(database: Database) -> None:
    """Delete every row. The tables stay."""
    with database.engine.connect() as connection, connection.begin():
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))


def draft(words: str) -> None:
    """For developers: write a migration from the newest form to what the tables in storage/ say."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder).as_posix()}/draft.db")
        upgrade(database)
        with database.engine.connect() as connection, connection.begin():
            config = _config()
            config.attributes["connection"] = connection
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            command.revision(config, words, autogenerate=True, rev_id=f"{number:04}")
            written = next(iter(MIGRATIONS.glob(f"versions/{number:04}_*.py")))
            lines = written.read_text(encoding="utf-8").splitlines(keepends=True)
            # The tool's own remarks say nothing about this change.
            written.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
        database.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", MIGRATIONS.as_posix().replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


if __name__ == "__main__":
    draft(" ".join(sys.argv[1:]))
