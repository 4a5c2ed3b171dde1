"""The tables of a server's database, as numbered steps: a database of any earlier number is brought up to the last."""

import sqlite3

from kinema.errors import KinemaError

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE videos (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL, created REAL NOT NULL
    );
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        video TEXT NOT NULL REFERENCES videos (id), options TEXT NOT NULL, state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, started REAL, finished REAL,
        result TEXT, problem TEXT
    );
    CREATE INDEX jobs_by_state ON jobs (state, number);
    CREATE INDEX jobs_by_video ON jobs (video);
    """,
    """
    CREATE TABLE corrections (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, video TEXT NOT NULL REFERENCES videos (id),
        start_seconds REAL NOT NULL, end_seconds REAL NOT NULL, label TEXT NOT NULL, said TEXT NOT NULL,
        created REAL NOT NULL, UNIQUE (video, start_seconds, end_seconds)
    );
    """,
    """
    CREATE TABLE trainings (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL, state TEXT NOT NULL,
        corrections INTEGER NOT NULL, steps INTEGER NOT NULL, created REAL NOT NULL, finished REAL, problem TEXT
    );
    """,
)


def migrate(database: sqlite3.Connection) -> None:
    """Apply the steps that a database has not seen, each whole or not at all; KinemaError for one of a later kinema."""
    (there,) = database.execute("PRAGMA user_version").fetchone()
    if there > len(STEPS):
        raise KinemaError(f"The server's database has version {there}; this kinema knows versions up to {len(STEPS)}. "
                          "Use the kinema that wrote it, or another --data folder.")
    for number, step in enumerate(STEPS[there:], there + 1):
        database.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
