"""Videos and jobs in SQLite: what was accepted is written down before the caller hears of it, and outlives any kill."""

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from kinema.errors import KinemaError
from kinema.serving.migrations import migrate
from kinema.serving.problems import Problem

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OPEN = (QUEUED, RUNNING)
ATTEMPTS = 10  # a job at which the server was killed so often is not tried again
SHORT = "id, kind, video, options, state, attempts, created, started, finished, NULL AS result, problem"
TIRED = Problem("gave_up", f"The server was killed {ATTEMPTS} times while it was at this job.",
                "Try a shorter copy of the video, or one that is encoded again.")


@dataclass(frozen=True)
class StoredVideo:
    """A file that may be asked about; `name` is what its owner calls it."""

    id: str
    name: str
    path: Path
    bytes: int


@dataclass(frozen=True)
class Job:
    """What was asked of the network: `kind` is "recognize" or "timeline"; times are seconds since 1970."""

    id: str
    kind: str
    video: str
    options: dict[str, Any]
    state: str
    attempts: int
    created: float
    started: float | None
    finished: float | None
    result: dict[str, Any] | None
    problem: Problem | None


class Store:
    """A server's database. Every method is one transaction; they may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        try:
            self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self.database.row_factory = sqlite3.Row
            self.database.execute("PRAGMA journal_mode = WAL")
            self.database.execute("PRAGMA synchronous = FULL")  # an accepted job outlives a power cut too
            self.database.execute("PRAGMA foreign_keys = ON")
            migrate(self.database)
        except sqlite3.DatabaseError as error:
            raise KinemaError(f"{path} cannot be used as the server's database: {error}. Choose another folder with "
                              "--data, or restore the file.") from None

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Change rows; return how many."""
        with self.lock:
            return self.database.execute(statement, values).rowcount

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Read rows."""
        with self.lock:
            return self.database.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self.database.close()

    def add_video(self, name: str, path: Path, size_bytes: int) -> StoredVideo:
        """Write a video of the library down; the same one twice is one."""
        with self.lock:
            for row in self.rows("SELECT * FROM videos WHERE path = ?", (str(path),)):
                return self.video_of(row)
            return self.insert(StoredVideo(token_hex(8), name, path, size_bytes))

    def add_upload(self, name: str, path: Path, size_bytes: int, digest: str) -> StoredVideo:
        """Write an upload down; the same content twice is one video, called as it was last."""
        with self.lock:
            known = self.video(digest)
            if known is None:
                kept = path.with_name(digest + path.suffix)
                path.rename(kept)
                return self.insert(StoredVideo(digest, name, kept, size_bytes))
            if known.path.is_file():
                path.unlink()  # the other may be open in a decoder
            else:
                path.replace(known.path)
            self.run("UPDATE videos SET name = ? WHERE id = ?", (name, digest))
            return replace(known, name=name)

    def insert(self, video: StoredVideo) -> StoredVideo:
        """Write a new video down."""
        self.run("INSERT INTO videos VALUES (?, ?, ?, ?, ?)",
                 (video.id, video.name, str(video.path), video.bytes, time.time()))
        return video

    def video_of(self, row: sqlite3.Row) -> StoredVideo:
        """A row as a video."""
        return StoredVideo(row["id"], row["name"], Path(row["path"]), row["bytes"])

    def video(self, identity: str) -> StoredVideo | None:
        """The video of this id."""
        return next(map(self.video_of, self.rows("SELECT * FROM videos WHERE id = ?", (identity,))), None)

    def unreadable(self, video: str, uploads: Path) -> None:
        """Let an upload of which nothing could be told go from the disk, where no other job asks about it."""
        with self.lock:  # nobody asks about it meanwhile
            found = self.video(video)
            others = self.rows("SELECT 1 FROM jobs WHERE video = ? AND state NOT IN (?, ?)", (video, FAILED, CANCELLED))
            if found is not None and found.path.parent == uploads and not others:
                found.path.unlink(missing_ok=True)

    def add_job(self, kind: str, video: str, options: dict[str, Any]) -> Job:
        """Accept a job."""
        identity = token_hex(8)
        self.run("INSERT INTO jobs (id, kind, video, options, state, created) VALUES (?, ?, ?, ?, ?, ?)",
                 (identity, kind, video, json.dumps(options), QUEUED, time.time()))
        return self.get(identity)

    def job_of(self, row: sqlite3.Row) -> Job:
        """A row as a job."""
        return Job(row["id"], row["kind"], row["video"], json.loads(row["options"]), row["state"], row["attempts"],
                   row["created"], row["started"], row["finished"], json.loads(row["result"] or "null"),
                   Problem(**json.loads(row["problem"])) if row["problem"] else None)

    def job(self, identity: str) -> Job | None:
        """The job of this id."""
        return next(map(self.job_of, self.rows("SELECT * FROM jobs WHERE id = ?", (identity,))), None)

    def get(self, identity: str) -> Job:
        """The job of this id, which there is."""
        job = self.job(identity)
        if job is None:
            raise KeyError(identity)
        return job

    def jobs(self, most: int, video: str | None = None) -> list[Job]:
        """The newest jobs, or those about one video, the last one first and without their results."""
        where, values = ("", ()) if video is None else ("WHERE video = ?", (video,))
        return [*map(self.job_of, self.rows(f"SELECT {SHORT} FROM jobs {where} ORDER BY number DESC LIMIT ?",
                                            (*values, most)))]

    def waiting(self) -> int:
        """How many jobs are not finished."""
        return int(self.rows("SELECT count(*) FROM jobs WHERE state IN (?, ?)", OPEN)[0][0])

    def take(self) -> Job | None:
        """The oldest job that waits, which runs from now on."""
        with self.lock:
            for row in self.rows("SELECT id FROM jobs WHERE state = ? ORDER BY number LIMIT 1", (QUEUED,)):
                self.run("UPDATE jobs SET state = ?, attempts = attempts + 1, started = ? WHERE id = ?",
                         (RUNNING, time.time(), row["id"]))
                return self.get(row["id"])
        return None

    def finish(self, identity: str, state: str, result: Any = None, problem: Problem | None = None) -> bool:
        """End a job that has not ended; return whether it was this call that ended it."""
        values = (state, time.time(), None if result is None else json.dumps(result, ensure_ascii=False),
                  problem and json.dumps(problem.to_dict()), identity, *OPEN)
        return self.run("UPDATE jobs SET state = ?, finished = ?, result = ?, problem = ? "
                        "WHERE id = ? AND state IN (?, ?)", values) == 1

    def begin_again(self) -> int:
        """After a start: let what ran when the server was killed wait again; return how many jobs wait."""
        with self.lock:
            for row in self.rows("SELECT id FROM jobs WHERE state = ? AND attempts >= ?", (RUNNING, ATTEMPTS)):
                self.finish(row["id"], FAILED, problem=TIRED)
            self.run("UPDATE jobs SET state = ? WHERE state = ?", (QUEUED, RUNNING))
        return self.waiting()

    def again(self, identity: str) -> None:
        """Let a job that runs wait again; this was no attempt."""
        self.run("UPDATE jobs SET state = ?, attempts = attempts - 1 WHERE id = ? AND state = ?",
                 (QUEUED, identity, RUNNING))

    def give_back(self) -> None:
        """At an end in good order: what was under way waits again, and this was no attempt."""
        self.run("UPDATE jobs SET state = ?, attempts = attempts - 1 WHERE state = ?", (QUEUED, RUNNING))
