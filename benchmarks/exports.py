"""Export every network that has a name to ONNX, and write docs/exports.csv: `python -m benchmarks.exports`.

The file is run by ONNX Runtime and by OpenVINO, on the smallest clip of those tried with which the network works
(frames x pixels); the columns have the greatest difference from the network's own logits, over the greatest of these,
which must not be above 1e-4, or "no"; the remark says why. A file that must be written with its weights beside it, for
it is larger than ONNX allows, is no failure. One network of each family comes first, then the smallest.

It goes on where it stopped: names whose row is there are left out, and with `--again` those alone whose row says no.
`--only PATTERN` looks at some names, `--minutes N` ends after that time, `--processes N` is how many at a time.
"""

import argparse
import re
import sys
import time
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks import checks
from benchmarks.by_name import found, read_rows, write_rows
from benchmarks.results import ROOT, current_commit
from kinema.evaluation.costs import kept_costs
from kinema.inference.engines.fold import folded
from kinema.inference.export.formats import run_onnx, run_openvino, write_onnx
from kinema.models import list_models

TABLE = ROOT / "docs" / "exports.csv"
RUNTIMES = {"onnxruntime": run_onnx, "openvino": run_openvino}
COLUMNS = ("name", "clip", "megabytes", *RUNTIMES, "commit", "date", "remark")
CLOSE = 1e-4
CALM = 0.7  # of the usual size of random weights
BATCH = 5  # names that a process looks at before a new one takes its place: what exporters keep is large


def blank(name: str, commit: str) -> dict[str, str]:
    """The row of a name of which nothing has been found."""
    today = datetime.now(UTC).date().isoformat()
    return dict.fromkeys(COLUMNS, "no") | {"name": name, "commit": commit, "date": today, "remark": ""}


def row_of(name: str, commit: str) -> dict[str, str]:
    """A name's row of the table, with calmer weights where the network's own are such that float32 is too coarse."""
    torch.set_num_threads(1)
    try:
        row = row_by(checks.subject(name), blank(name, commit))
        own = 0.0 if good(row) else rounding(checks.subject(name))
        if own > CLOSE:
            calm = checks.subject(name)
            checks.fill(calm.network, gain=CALM)
            row = row_by(calm, blank(name, commit))
            row["remark"] += (f"With random weights {CALM} times as large as usual, "
                              f"for with the usual ones float32 itself is {own:.0e} off.")
        return row
    except Exception as error:  # whatever it is: it belongs in the table
        return blank(name, commit) | {"remark": why(error)}


def row_by(subject: checks.Subject, row: dict[str, str]) -> dict[str, str]:
    """The row of a network with the weights that it has; it is let go before its file is run, for some take 8 GB."""
    row["clip"], clip = f"{subject.spec.frames}x{subject.spec.height}", subject.clip()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        expected_NK = checks.logits(subject.network, clip).numpy()
        try:
            write_onnx(folded(subject.network), (clip,), path, [["clip"], ["logits"]], "{}")
        except Exception as error:
            return row | {"remark": why(error)}
        del subject
        row["megabytes"] = f"{sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6:.0f}"
        for runtime, run in RUNTIMES.items():
            try:
                row[runtime] = f"{difference(run(path)([clip.numpy()])[0], expected_NK):.1e}"
                if float(row[runtime]) > CLOSE:
                    row["remark"] += f"{runtime}: its answers are others, and it is not known why. "
            except Exception as error:
                row["remark"] += f"{runtime}: {why(error)} "
    return row


def rounding(subject: checks.Subject) -> float:
    """The difference that float32 makes to the network's own answers."""
    own_NK = checks.logits(subject.network, subject.clip()).numpy()
    exact_NK = checks.logits(subject.network.double(), subject.clip().double()).numpy()
    return difference(own_NK, exact_NK)


def why(error: BaseException) -> str:
    """What an exporter fails of at the bottom, in a line without colours."""
    while error.__cause__ is not None:
        error = error.__cause__
    plain = re.sub(r"\x1b\[\d*m", "", " ".join(str(error).split()))
    return f"{type(error).__name__}: {plain[:200]}"


def difference(found_NK: np.ndarray, expected_NK: np.ndarray) -> float:
    """The greatest difference of a logit over the greatest logit."""
    return float(np.abs(found_NK - expected_NK).max() / np.abs(expected_NK).max())


def good(row: dict[str, str]) -> bool:
    """Do both runtimes give the network's answers?"""
    return all(row[runtime] != "no" and float(row[runtime]) <= CLOSE for runtime in RUNTIMES)


def read_table() -> dict[str, dict[str, str]]:
    """The rows there are, by name."""
    return read_rows(TABLE)


def sizes_of(names: list[str]) -> dict[str, int]:
    """How many parameters networks have; those that are new come first."""
    return {name: kept_costs().get(name, (0, 0.0))[0] for name in names}


def main() -> int:
    """Look at the names that are left, each row written as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--again", action="store_true", help="look again at those whose row says no")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    rows, start = read_table(), time.monotonic()
    left = [name for name in list_models() if (name in rows and not good(rows[name]) if options.again
                                               else name not in rows)]
    sizes, first = sizes_of(left), {*checks.one_of_each_family()}
    names = sorted((name for name in left if fnmatchcase(name, options.only)),
                   key=lambda name: (name not in first, sizes[name]))
    commit = current_commit()
    coming = found(names, partial(row_of, commit=commit), partial(blank, commit=commit), options.processes, BATCH)
    for number, row in enumerate(coming, start=1):
        rows[row["name"]] = row
        write_rows(TABLE, COLUMNS, rows)
        print(f"{number}/{len(names)}", *(row[column] for column in ("name", *RUNTIMES, "remark")), flush=True)
        if time.monotonic() - start > 60 * options.minutes:
            print("The time is over; the same command goes on from here.")
            break
    wrong = [name for name, row in rows.items() if not good(row)]
    print(f"{len(rows)} of {len(list_models())} names, {len(wrong)} that do not give the same: {' '.join(wrong)}")
    return 1 if any(not rows[name]["remark"] for name in wrong) else 0  # a remark says why not


if __name__ == "__main__":
    sys.exit(main())
