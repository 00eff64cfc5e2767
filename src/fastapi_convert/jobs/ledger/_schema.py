"""The tables of a job store, and how a file comes to have them.

Times that are compared are stored twice: as the wall clock showed them, and as the steady clock, which starts anew with
the machine. After a restart the second are worked out again from the first.
"""

from __future__ import annotations

import sqlite3

from fastapi_convert.errors import JobStoreUnusable
from fastapi_convert.jobs._clock import Clock

#: Stands in the file's header, so that no other program's database is taken for a job store: `fcjb`.
APPLICATION_ID = 0x66636A62

_JOBS = """
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        queue TEXT NOT NULL,
        owner TEXT,
        state TEXT NOT NULL DEFAULT 'queued'
            CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        ready INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        tries INTEGER NOT NULL DEFAULT 0,
        crashes INTEGER NOT NULL DEFAULT 0,
        cancel_requested INTEGER NOT NULL DEFAULT 0,
        fraction REAL,
        message TEXT NOT NULL DEFAULT '',
        version INTEGER NOT NULL DEFAULT 0,
        worker TEXT,
        keep REAL NOT NULL,
        created_wall REAL NOT NULL,
        started_wall REAL,
        finished_wall REAL,
        due_wall REAL,
        due_steady REAL,
        expires_wall REAL,
        expired INTEGER NOT NULL DEFAULT 0,
        purge_wall REAL,
        purge_steady REAL
    )
"""

# What is large or rarely asked for lies beside the jobs, so that a page of a list touches few pages of the file.
_BESIDE_JOBS = (
    "CREATE TABLE payloads (job INTEGER PRIMARY KEY, payload TEXT NOT NULL, schema TEXT NOT NULL)",
    "CREATE TABLE results (job INTEGER PRIMARY KEY, result TEXT NOT NULL)",
    "CREATE TABLE errors (job INTEGER PRIMARY KEY, error TEXT NOT NULL)",
    """
    CREATE TABLE keys (
        job INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        owner TEXT,
        fingerprint TEXT NOT NULL
    )
    """,
    # `mark` orders the events of all jobs, and is never used twice: see `changes`.
    """
    CREATE TABLE events (
        mark INTEGER PRIMARY KEY AUTOINCREMENT,
        job INTEGER NOT NULL,
        number INTEGER NOT NULL,
        type TEXT NOT NULL,
        at REAL NOT NULL,
        attempt INTEGER NOT NULL,
        fraction REAL,
        message TEXT NOT NULL DEFAULT '',
        error TEXT
    )
    """,
    "CREATE TABLE counters (queue TEXT PRIMARY KEY, queued INTEGER NOT NULL, running INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('boot', '')",
)

# Where SQLite might take another one, having no statistics, a statement names its index.
_INDEXES = (
    "CREATE INDEX ready_jobs ON jobs (queue, name, priority DESC, number) WHERE state = 'queued' AND ready = 1",
    "CREATE INDEX delayed_jobs ON jobs (due_steady) WHERE state = 'queued' AND ready = 0",
    "CREATE INDEX running_jobs ON jobs (worker) WHERE state = 'running'",
    "CREATE INDEX jobs_to_purge ON jobs (purge_steady) WHERE purge_steady IS NOT NULL",
    "CREATE INDEX jobs_of_owner ON jobs (owner, number)",
    "CREATE INDEX jobs_of_owner_in_state ON jobs (owner, state, number)",
    "CREATE INDEX jobs_in_state ON jobs (state, number)",
    "CREATE UNIQUE INDEX keys_once ON keys (name, key, owner)",
    "CREATE UNIQUE INDEX events_of_job ON events (job, number)",
    "CREATE INDEX progress_of_job ON events (job, number) WHERE type = 'progress'",
)

# Kept by the database itself, so that no statement can forget them.
_TRIGGERS = (
    """
    CREATE TRIGGER count_new AFTER INSERT ON jobs BEGIN
        INSERT OR IGNORE INTO counters VALUES (new.queue, 0, 0);
        UPDATE counters SET queued = queued + (new.state = 'queued'), running = running + (new.state = 'running')
            WHERE queue = new.queue;
    END
    """,
    """
    CREATE TRIGGER count_move AFTER UPDATE OF state ON jobs WHEN old.state IS NOT new.state BEGIN
        UPDATE counters SET queued = queued + (new.state = 'queued') - (old.state = 'queued'),
                running = running + (new.state = 'running') - (old.state = 'running')
            WHERE queue = new.queue;
    END
    """,
    """
    CREATE TRIGGER count_gone AFTER DELETE ON jobs WHEN old.state IN ('queued', 'running') BEGIN
        UPDATE counters SET queued = queued - (old.state = 'queued'), running = running - (old.state = 'running')
            WHERE queue = old.queue;
    END
    """,
)

#: What leads from each `user_version` to the next. A released one is never changed.
MIGRATIONS: tuple[tuple[str, ...], ...] = ((_JOBS, *_BESIDE_JOBS, *_INDEXES, *_TRIGGERS),)


def prepare(db: sqlite3.Connection, clock: Clock) -> None:
    """Bring the file to the newest version and its steady times to this run of the machine, all of it or nothing.

    Raises:
        JobStoreUnusable: It belongs to another program, or to a newer version of this one.
        sqlite3.Error: What else is wrong with it.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        _migrate(db, _known_version(db))
        _rebase(db, clock)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _known_version(db: sqlite3.Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version")
    ((application,),) = db.execute("PRAGMA application_id")
    ((tables,),) = db.execute("SELECT count(*) FROM sqlite_master")
    if application != APPLICATION_ID and (tables or version):
        raise JobStoreUnusable("it is the database of another program. Give the job store a file of its own.")
    if version > len(MIGRATIONS):
        raise JobStoreUnusable(
            f"a newer release of fastapi-convert has written it (version {version}, known here: {len(MIGRATIONS)}). "
            "Upgrade fastapi-convert here, or give this one a file of its own."
        )
    assert isinstance(version, int)
    return version


def _migrate(db: sqlite3.Connection, version: int) -> None:
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            db.execute(statement)
    if version < len(MIGRATIONS):
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _rebase(db: sqlite3.Connection, clock: Clock) -> None:
    boot = clock.boot()
    if db.execute("SELECT value FROM meta WHERE key = 'boot'").fetchone() == (boot,):
        return
    wall, steady = clock.now()
    ahead = steady - wall
    db.execute("UPDATE jobs SET due_steady = due_wall + ? WHERE state = 'queued' AND ready = 0", (ahead,))
    db.execute("UPDATE jobs SET purge_steady = purge_wall + ? WHERE purge_steady IS NOT NULL", (ahead,))
    db.execute("INSERT OR REPLACE INTO meta VALUES ('boot', ?)", (boot,))
