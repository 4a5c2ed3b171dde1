"""The tables of an index: parts written while videos are looked at, each run's parts then merged into one file.

The parts of the first run are called TABLE/part-00000-000007.parquet, and their merged file TABLE/run-00000.parquet.
Where that is there the parts are no longer read, so that a kill between writing the one and deleting the others leaves
each row once. A run that is killed goes on under its number.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from filelock import Timeout

from kinema.archive.engine import database, exactly, needed, parquet
from kinema.archive.found import Looked
from kinema.archive.store import Store

WINDOWS, FAILURES, LABELLED = "windows", "failures", "segments"
SEGMENTS, MADE_OF = "segments.parquet", "windows"  # the file, and its note of what it was made from
SEGMENTS_LOCK = ".segments.lock"  # searches make them too
ORDERS = {WINDOWS: "video, start_seconds", FAILURES: "video"}
FOREVER = -1.0  # to wait
GROUP_ROWS = {WINDOWS: 20_480, FAILURES: 20_480, LABELLED: 122_880}  # that are read, or passed over, together
COMPRESSED = ("video", "start_seconds", "end_seconds", "labels.list.element", "scores.list.element", "stamp")
WRITTEN: dict[str, Any] = {"compression": "zstd"}
WRITTEN_AS = {  # embeddings do not get smaller, and are read in half the time as they are
    WINDOWS: {"compression": dict.fromkeys(COMPRESSED, "zstd") | {"embedding.list.element": "none"},
              "use_dictionary": ["video", "labels.list.element", "stamp"]},
    FAILURES: WRITTEN, LABELLED: WRITTEN,
}


def schema(table: str) -> Any:
    """The columns of a table and their types."""
    pyarrow = needed("pyarrow")
    text, real, single = pyarrow.string(), pyarrow.float64(), pyarrow.float32()
    window, stamp = [("video", text), ("start_seconds", real), ("end_seconds", real)], ("stamp", text)
    return pyarrow.schema({
        WINDOWS: [*window, ("labels", pyarrow.list_(text)), ("scores", pyarrow.list_(single)),
                  ("embedding", pyarrow.list_(single)), stamp],
        FAILURES: [("video", text), ("reason", text), stamp],
        LABELLED: [("label", text), ("score", single), *window],
    }[table])


def files_of(store: Store, table: str) -> list[str]:
    """The files that hold a table's rows, each row once."""
    names = store.names(table)
    merged = {run_of(name) for name in names if "/run-" in name}
    return [name for name in names if "/run-" in name or run_of(name) not in merged]


def run_of(name: str) -> int:
    """The number of the run that wrote a file."""
    return int(name.rpartition("/")[2].removesuffix(".parquet").split("-")[1])


def reasons(store: Store) -> dict[str, str]:
    """The videos that could not be indexed, and why."""
    if not (names := files_of(store, FAILURES)):
        return {}
    with database(store) as connection:
        return dict(connection.execute(f"SELECT video, reason FROM {parquet(store, names)} ORDER BY video").fetchall())


def next_part(store: Store) -> tuple[int, int]:
    """The numbers of the run and of its part that is written next."""
    names = [name for table in ORDERS for name in store.names(table)]
    run = 1 + max((run_of(name) for name in names if "/run-" in name), default=-1)
    return run, 1 + max((int(name[-14:-8]) for name in names if "/part-" in name and run_of(name) == run), default=-1)


def save(store: Store, run: int, number: int, looked: Sequence[Looked]) -> None:
    """Write what was found as a part of each table."""
    for table, rows_of, rows in ((WINDOWS, windows_of, [one for one in looked if one.reason is None]),
                                 (FAILURES, failures_of, [one for one in looked if one.reason is not None])):
        if rows:
            name = f"{table}/part-{run:05}-{number:06}.parquet"
            store.write(name, partial(write_part, table, rows_of(rows)))


def write_part(table: str, rows: Any, path: Path) -> None:
    """Write an Arrow table as a Parquet file."""
    needed("pyarrow.parquet").write_table(rows, path, **WRITTEN_AS[table])


def windows_of(looked: Sequence[Looked]) -> Any:
    """A row a window, as an Arrow table."""
    pyarrow = needed("pyarrow")
    times = [time for one in looked for time in one.times]
    columns = [
        [one.video for one in looked for _ in one.times], [start for start, _ in times], [end for _, end in times],
        [labels for one in looked for labels in one.labels], [scores for one in looked for scores in one.scores],
        [one.embeddings[k] if one.embeddings else None for one in looked for k in range(len(one.times))],
        [one.stamp for one in looked for _ in one.times],
    ]
    return pyarrow.table(columns, schema=schema(WINDOWS))


def failures_of(looked: Sequence[Looked]) -> Any:
    """A row a video, as an Arrow table."""
    pyarrow = needed("pyarrow")
    return pyarrow.table([[one.video for one in looked], [one.reason for one in looked],
                          [one.stamp for one in looked]], schema=schema(FAILURES))


def merge(store: Store) -> None:
    """Put the parts of each table into one file, sorted by video, and delete what is in a merged file."""
    for table, order in ORDERS.items():
        parts = [name for name in files_of(store, table) if "/part-" in name]
        for run, of_run in groupby(parts, run_of):
            write_sorted(store, table, f"{table}/run-{run:05}.parquet",
                         f"SELECT * FROM {parquet(store, list(of_run))} ORDER BY {order}")
        held = files_of(store, table)
        for name in store.names(table):
            if name not in held:
                store.delete(name)


def write_sorted(
    store: Store, table: str, name: str, query: str, made_of: str = "", values: Sequence[Any] = ()
) -> None:
    """Write what a query, with values for its question marks, gives as a file of the store, in the form of a table."""
    arrow, parquets = needed("pyarrow"), needed("pyarrow.parquet")
    form = schema(table).with_metadata({MADE_OF: made_of})

    def write(path: Path) -> None:
        with database(store) as connection, parquets.ParquetWriter(path, form, **WRITTEN_AS[table]) as file:
            for batch in connection.sql(query, params=[*values]).to_arrow_reader(GROUP_ROWS[table]):
                file.write_table(arrow.Table.from_batches([batch]).cast(form))

    store.write(name, write)


def segments(store: Store) -> str:
    """The name of the file in which labels are searched, made anew where the windows are others since it was written.

    A row a label of a window, sorted by label, and the best scores first.
    """
    if held_by(store, SEGMENTS) == " ".join(files_of(store, WINDOWS)):
        return SEGMENTS
    with store.lock(SEGMENTS_LOCK, FOREVER):
        names = files_of(store, WINDOWS)
        if held_by(store, SEGMENTS) != " ".join(names):  # nobody else has made it meanwhile
            each = "unnest(labels) AS label, unnest(scores) AS score, video, start_seconds, end_seconds"
            write_sorted(store, LABELLED, SEGMENTS, f"SELECT {each} FROM {parquet(store, names)} "
                         "ORDER BY label, score DESC, video, start_seconds", " ".join(names))
    return SEGMENTS


def tidy(store: Store) -> None:
    """Delete what processes that were killed left unfinished; nobody else may be writing windows or failures."""
    store.tidy(*(f"{table}/*" for table in ORDERS))
    with suppress(Timeout), store.lock(SEGMENTS_LOCK, 0):
        store.tidy(SEGMENTS)


def held_by(store: Store, name: str) -> str:
    """The files of windows that the segments were made from; none where there are no segments."""
    if not store.exists(name):
        return ""
    with database(store) as connection:
        rows = connection.execute("SELECT value FROM parquet_kv_metadata(?) WHERE key = ?::BLOB",
                                  [exactly(store.where(name)), MADE_OF]).fetchall()
    return rows[0][0].decode() if rows else ""
