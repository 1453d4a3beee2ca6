"""The tables of an installation: made, brought up to date, refused where they are newer, and where the file may lie."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Timer

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from storage.backup import BadBackup, backup, restore
from storage.columns import metadata
from storage.database import Database, NewerDatabase, can_write
from storage.disk import ForeignDisk, check_disk
from storage.schema import empty, newest, revision, upgrade
from tests.postgres import Server

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

POSTGRES_TABLES = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    ORDER BY table_name, ordinal_position
"""
POSTGRES_RULES = """
    SELECT conrelid::regclass::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid::regclass::text <> 'alembic_version' AND contype <> 'n' ORDER BY 1, 2
"""
POSTGRES_INDEXES = (
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Not yet any table in it."""
    database = Database(database_url)
    yield database
    database.close()


def shape(database: Database) -> object:
    """Everything the database knows of its tables, in a form that can be compared."""
    with database.engine.connect() as connection, connection.begin():
        if database.is_sqlite:
            found = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'")
            )
            # The order of the parts of a table is of no matter.
            return sorted(sorted(re.sub(r"[\s\"()]+", "", row[0]).split(",")) for row in found)
        return [
            list(map(tuple, connection.execute(text(query))))
            for query in (POSTGRES_TABLES, POSTGRES_RULES, POSTGRES_INDEXES)
        ]


def test_the_migrations_make_the_tables_that_the_code_expects(database: Database) -> None:
    upgrade(database)
    with database.engine.connect() as connection, connection.begin():
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert revision(database) == newest()


def same_as_declared(migrated: Database, declared: Database) -> None:
    upgrade(migrated)
    metadata.create_all(declared.engine)
    try:
        assert shape(migrated) == shape(declared)
    finally:
        declared.close()
        migrated.close()


def test_every_index_and_rule_is_migrated_on_sqlite(tmp_path: Path) -> None:
    # The comparison above does not look at conditions of indexes.
    same_as_declared(*(Database(f"sqlite:///{(tmp_path / name).as_posix()}") for name in ("one.db", "two.db")))


@pytest.mark.postgres
def test_every_index_and_rule_is_migrated_on_postgres(postgres: Server) -> None:
    with postgres.fresh_database() as one, postgres.fresh_database() as two:
        same_as_declared(Database(one), Database(two))


def test_a_second_upgrade_changes_nothing_and_keeps_the_facts(database: Database) -> None:
    upgrade(database)
    with database.write() as store:
        store.communities.add("幸福里", NOW)
    before = shape(database)
    upgrade(database)
    assert shape(database) == before
    with database.read() as store:
        assert [community.name for community in store.communities.all()] == ["幸福里"]


def test_two_processes_may_upgrade_at_once(database: Database, database_url: str) -> None:
    other = Database(database_url)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, (database, other)))
    other.close()
    assert revision(database) == newest()


def test_a_file_that_another_process_is_writing_is_waited_for(tmp_path: Path) -> None:
    """The switch to WAL is refused at once while another writes, whatever busy_timeout says."""
    file = tmp_path / "first.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE halfway (id INTEGER)")
        release = Timer(0.3, other.execute, ["COMMIT"])
        release.start()
        database = Database(f"sqlite:///{file.as_posix()}")
        upgrade(database)
        release.join()
    assert revision(database) == newest()
    database.close()


def test_a_database_of_a_newer_version_is_refused_untouched(database: Database) -> None:
    upgrade(database)
    with database.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = shape(database)
    with pytest.raises(NewerDatabase, match="9999"):
        upgrade(database)
    assert shape(database) == before
    assert revision(database) == "9999"


def test_a_failed_migration_leaves_nothing_behind(database: Database) -> None:
    with database.engine.connect() as connection, connection.begin():
        # A table of ours that stands in the way of the first migration, near its end.
        connection.execute(text("CREATE TABLE steps (id INTEGER)"))
    with pytest.raises(Exception, match="steps"):
        upgrade(database)
    assert revision(database) is None
    with database.engine.connect() as connection, connection.begin():
        connection.execute(text("DROP TABLE steps"))
    upgrade(database)
    assert can_write(database)


def test_every_row_can_be_deleted_at_once(database: Database) -> None:
    upgrade(database)
    with database.write() as store:
        community = store.communities.add("幸福里", NOW)
        store.people.add_invite("ABCD2345", community.id, NOW)
    empty(database)
    with database.read() as store:
        assert store.communities.all() == []
    assert revision(database) == newest()


# Copies


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    file = tmp_path / "linli.db"
    database = Database(f"sqlite:///{file.as_posix()}")
    upgrade(database)
    with database.write() as store:
        store.communities.add("幸福里", NOW)
    database.close()
    return file


def names(file: Path) -> list[str]:
    database = Database(f"sqlite:///{file.as_posix()}")
    try:
        with database.read() as store:
            return [community.name for community in store.communities.all()]
    finally:
        database.close()


def test_a_backup_taken_while_writing_goes_on_is_whole_and_private(filled: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    database = Database(f"sqlite:///{filled.as_posix()}")
    with database.write() as store:
        store.communities.add("未提交的", NOW)
        backup(filled, copy)
    database.close()
    assert names(copy) == ["幸福里"]
    assert copy.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("*.part*"))


def test_a_restore_keeps_what_was_there(filled: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(filled, copy)
    database = Database(f"sqlite:///{filled.as_posix()}")
    with database.write() as store:
        store.communities.add("后来的", NOW)
    # The bot may still be running: it must see the restored facts, not a torn file.
    kept = restore(copy, filled)
    with database.read() as store:
        assert [community.name for community in store.communities.all()] == ["幸福里"]
    database.close()
    assert kept is not None
    assert names(kept) == ["幸福里", "后来的"]


def test_a_restore_to_an_empty_place_needs_nothing_there(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "linli.db"
    assert restore(filled, target) is None
    assert names(target) == ["幸福里"]


def test_only_a_whole_database_of_ours_is_restored(filled: Path, tmp_path: Path) -> None:
    text_file, foreign, newer, torn = (tmp_path / name for name in ("text.db", "foreign.db", "newer.db", "torn.db"))
    text_file.write_text("not a database at all, but long enough to look at" * 100)
    foreign_connection = sqlite3.connect(foreign)
    foreign_connection.execute("CREATE TABLE things (id INTEGER)")
    foreign_connection.close()
    backup(filled, newer)
    newer_connection = sqlite3.connect(newer, isolation_level=None)
    newer_connection.execute("UPDATE alembic_version SET version_num = '9999'")
    newer_connection.close()
    backup(filled, torn)
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    for wrong in (text_file, foreign, newer, torn):
        with pytest.raises(BadBackup):
            restore(wrong, filled)
        assert names(filled) == ["幸福里"]


# The disk

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /srv/shared nfs4 rw 0 0
//nas/team /mnt/team\\040share cifs rw 0 0
drive /users/me/cloud fuse.rclone rw 0 0
tmpfs /srv/shared/local tmpfs rw 0 0
"""


@pytest.mark.parametrize("folder", ["/srv/shared", "/srv/shared/data", "/mnt/team share/x", "/users/me/cloud/data"])
def test_a_disk_of_somebody_else_is_refused(folder: str) -> None:
    with pytest.raises(ForeignDisk, match="local disk"):
        check_disk(Path(folder), MOUNTS)


@pytest.mark.parametrize("folder", ["/var/lib/linli", "/srv/shared/local/data", "/home/me", "data"])
def test_an_own_disk_is_fine(folder: str) -> None:
    check_disk(Path(folder), MOUNTS)
