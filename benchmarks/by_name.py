"""Tables with a row for each network that has a name, which grow row by row."""

import csv
import io
from collections.abc import Sequence
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
