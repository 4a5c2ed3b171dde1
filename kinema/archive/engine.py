"""DuckDB, which sorts and searches the tables of an index."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from kinema.archive.store import Store
from kinema.errors import KinemaError

SORT_MEMORY = "2GB"  # what does not fit goes to the disk


def needed(name: str) -> Any:
    """The module duckdb or pyarrow.parquet; KinemaError where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise KinemaError("An archive's index needs DuckDB and pyarrow: pip install 'kinema[archive]'.") from error


@contextmanager
def database(store: Store) -> Iterator[Any]:
    """A connection that reads the files of a store, and keeps what does not fit into memory beside other such files."""
    with tempfile.TemporaryDirectory(prefix="kinema-") as folder, needed("duckdb").connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET memory_limit = '{SORT_MEMORY}'")
        connection.execute(f"SET temp_directory = {quoted(folder)}")
        if store.remote is not None:
            connection.register_filesystem(store.remote)
        yield connection


@contextmanager
def readable(store: Store) -> Iterator[None]:
    """KinemaError where a file of a store cannot be read: who indexes puts files together, and deletes them then."""
    try:
        yield
    except needed("duckdb").IOException as error:
        raise KinemaError(f"{store.place} cannot be read: {str(error).splitlines()[0]}. If it is being indexed just "
                          "now, ask again.") from error


def quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def parquet(store: Store, names: Sequence[str]) -> str:
    """Some files of a store as one table in SQL; a folder called a=b is no column of it."""
    paths = ", ".join(quoted(exactly(store.where(name))) for name in names)
    return f"read_parquet([{paths}], hive_partitioning = false)"


def exactly(path: str) -> str:
    """A pattern that this path alone fits: DuckDB takes *, ? and [ in names for patterns, which may fit others too."""
    return re.sub(r"([*?\[])", r"[\1]", path)
