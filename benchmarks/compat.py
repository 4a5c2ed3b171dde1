"""Check every network that has a name, and write docs/compat.csv: `python -m benchmarks.compat`.

It goes on where it stopped: names whose row is there and good are left out, those whose row says no are tried again.
`--fresh` begins anew, `--only PATTERN` checks some names, `--processes N` is how many at a time.

Columns: the parameters for 400 classes; the smallest clip of those tried with which the network works (frames x
pixels), on which all is checked; whether a gradient reaches every parameter; whether playing a clip backwards changes
the answer ("order", as its table says); whether clips of other frames and another size pass ("refused": in words, as
its table says); whether weights survive a safetensors file, and the network copying and pickle; `torch.export`;
`torch.compile` with the backend aot_eager, which traces everything and generates no code. "no" is a failure, and the
remark says which.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial

import torch

from benchmarks import checks
from benchmarks.by_name import found, read_rows, said, write_rows
from benchmarks.results import ROOT, current_commit
from kinema.models import create_model, list_models, order_aware, sized_by

TABLE = ROOT / "docs" / "compat.csv"
CHECKS: dict[str, Callable[[checks.Subject], bool]] = {
    "gradients": lambda subject: not checks.without_gradient(subject),
    "order": lambda subject: checks.tells_order(subject) == order_aware(subject.name),
    "other_frames": partial(checks.takes_other, what="frames"),
    "other_size": partial(checks.takes_other, what="size"),
    "safetensors": checks.survives_a_file,
    "copies": checks.survives_copying,
    "export": checks.exports,
    "compile": checks.compiles,
}
BATCH = 20  # names that a process checks before a new one takes its place
COLUMNS = ("name", "parameters", "clip", *CHECKS, "commit", "date", "remark")


def check_failed(name: str, commit: str) -> dict[str, str]:
    """The row of a name of which nothing has been found to hold."""
    today = datetime.now(UTC).date().isoformat()
    return {column: "no" for column in COLUMNS} | {"name": name, "commit": commit, "date": today, "remark": ""}


def check(name: str, commit: str) -> dict[str, str]:
    """A name's row of the table."""
    torch.set_num_threads(1)
    row = check_failed(name, commit)
    try:
        with torch.device("meta"):
            row["parameters"] = str(sum(parameter.numel() for parameter in create_model(name).parameters()))
        subject = checks.subject(name)
    except Exception as error:  # whatever it is: it belongs in the table
        return {**row, "remark": said(error)}
    row["clip"] = f"{subject.spec.frames}x{subject.spec.height}"
    for what, holds in CHECKS.items():
        try:
            row[what] = answer(subject, what) if holds(subject) else "no"
        except Exception as error:
            row["remark"] += f"{what}: {said(error)} "
    return row


def answer(subject: checks.Subject, what: str) -> str:
    """How the table says that a check holds."""
    if what == "order":
        return "changes" if order_aware(subject.name) else "same"
    return "refused" if what.removeprefix("other_") in sized_by(subject.name) else "yes"


def read_table() -> dict[str, dict[str, str]]:
    """The rows there are, by name."""
    return read_rows(TABLE)


def main() -> int:
    """Check the names that are left, each row written as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    rows = {} if options.fresh else read_table()
    done = {name for name, row in rows.items() if "no" not in row.values()}
    names = [name for name in list_models() if name not in done and fnmatchcase(name, options.only)]
    commit = current_commit()
    write_rows(TABLE, COLUMNS, rows)
    coming = found(names, partial(check, commit=commit), partial(check_failed, commit=commit), options.processes, BATCH)
    for number, row in enumerate(coming, start=1):
        rows[row["name"]] = row
        write_rows(TABLE, COLUMNS, rows)
        wrong = ", ".join(f"no {column}" for column in CHECKS if row[column] == "no")
        print(f"{number}/{len(names)} {row['name']}: {wrong or 'good'} {row['remark']}", flush=True)
    failures = [name for name, row in rows.items() if "no" in row.values()]
    print(f"{len(rows)} names, {len(failures)} with a failure. Written to {TABLE.relative_to(ROOT)}.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
