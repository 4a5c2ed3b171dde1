"""Tables with a row for each network that has a name, which grow row by row."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from kinema.files import write_atomic
from kinema.models import list_models


def read_rows(path: Path) -> dict[str, dict[str, str]]:
    """The whole rows there are, by name."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file) if None not in row.values()}


def write_rows(path: Path, columns: Sequence[str], rows: dict[str, dict[str, str]]) -> None:
    """Write the rows of the names that are listed, in the order of the list."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[name] for name in list_models() if name in rows)
    write_atomic(path, lambda out: out.write_text(text.getvalue(), encoding="utf-8"))


def found(
    names: list[str], row_of: Callable[[str], dict[str, str]], blank: Callable[[str], dict[str, str]], processes: int,
    batch: int,
) -> Iterator[dict[str, str]]:
    """The rows of names as they come from so many processes; these are new ones every `batch` names, for they grow.

    blank: the row of a name whose process was killed, for want of memory say, but for the remark.
    """
    for first in range(0, len(names), batch * processes):
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            coming = {pool.submit(row_of, name): name for name in names[first : first + batch * processes]}
            for row in as_completed(coming):
                try:
                    yield row.result()
                except BrokenProcessPool as error:
                    yield blank(coming[row]) | {"remark": said(error)}


def said(error: Exception) -> str:
    """An error in a line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
