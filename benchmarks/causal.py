"""Hold every causal network against its stream, and write docs/streams.csv: `python -m benchmarks.causal`.

For each name: whether it can be causal; how it is fed frame by frame ("memory": each frame is seen once; "clip": its
last clip is seen anew, for the reason in the remark); and by how much its answers differ at most from those of the clip
of all frames so far, over their spread, in float64, after one frame, two, three and all of a short clip (networks that
take clips of one length alone: after all). It goes on where it stopped; `--only PATTERN` looks at some names,
`--processes N` is how many at a time.
"""

import argparse
import sys
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial

import torch

from benchmarks import checks
from benchmarks.by_name import found, read_rows, said, write_rows
from benchmarks.results import ROOT, current_commit
from kinema.errors import ModelError
from kinema.models import create_model, list_models, sized_by
from kinema.models.streaming import State, Steps
from kinema.models.transformer.stem import Tubelets

TABLE = ROOT / "docs" / "streams.csv"
COLUMNS = ("name", "causal", "fed", "clip", "difference", "commit", "date", "remark")
BATCH = 20  # names that a process looks at before a new one takes its place
CLOSE = 1e-5


def blank(name: str, commit: str) -> dict[str, str]:
    """The row of a name of which nothing has been found."""
    return dict.fromkeys(COLUMNS, "") | {"name": name, "commit": commit, "date": datetime.now(UTC).date().isoformat()}


def row_of(name: str, commit: str) -> dict[str, str]:
    """A name's row of the table."""
    torch.set_num_threads(1)
    row = blank(name, commit)
    try:
        with torch.device("meta"):
            create_model(name, causal=True)
    except ModelError as error:
        return row | {"causal": "no", "remark": said(error)}
    try:
        spec = checks.subject(name).spec
        with checks.quick_start():
            network = create_model(name, checks.CLASSES, clip=spec, causal=True).double().eval()
        checks.fill(network)
        row |= {"causal": "yes", "clip": f"{spec.frames}x{spec.height}"}
        clip_NCTHW = checks.Subject(name, network, spec).clip().double()
        try:
            steps = Steps(network)
        except ModelError as error:
            return row | {"fed": "clip", "remark": said(error)}
        row |= {"difference": f"{difference(network, steps, clip_NCTHW):.1e}", "fed": "memory"}
    except Exception as error:  # whatever it is: it belongs in the table
        row |= {"fed": "no", "remark": said(error)}
    return row


def difference(network: "checks.Network", steps: Steps, clip_NCTHW: torch.Tensor) -> float:
    """The greatest difference between the stream's answers and the clip's, over the spread of the latter."""
    state, found, frames = State(), list[torch.Tensor](), clip_NCTHW.shape[2]
    pieces = max([int(layer.kernel_size[0]) for layer in network.modules() if isinstance(layer, Tubelets)], default=1)
    looked = {frames} if "frames" in sized_by(network.name) else {pieces * count for count in (1, 2, 3)} | {frames}
    with torch.inference_mode():
        for count, frame_NC1HW in enumerate(clip_NCTHW.split(1, dim=2), start=1):
            logits_NK, state = steps(frame_NC1HW, state)
            if count in looked:
                expected_NK = network(clip_NCTHW[:, :, :count])
                found.append((logits_NK - expected_NK).abs().max() / expected_NK.std())
    return float(torch.stack(found).max())  # not a number, where one is


def good(row: dict[str, str]) -> bool:
    """Does a stream answer as its clip, or say why not?"""
    followed = row["fed"] == "memory" and float(row["difference"]) < CLOSE
    return row["causal"] == "no" or row["fed"] == "clip" or followed


def name_of(row: dict[str, str]) -> str:
    """A row in a line."""
    return " ".join(row[column] for column in ("name", "fed", "difference", "remark"))


def main() -> int:
    """Look at the names that are left, each row written as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    rows = read_rows(TABLE)
    left = [name for name in list_models() if name not in rows or not good(rows[name])]
    names = [name for name in left if fnmatchcase(name, options.only)]
    commit = current_commit()
    coming = found(names, partial(row_of, commit=commit), partial(blank, commit=commit), options.processes, BATCH)
    for number, row in enumerate(coming, start=1):
        rows[row["name"]] = row
        write_rows(TABLE, COLUMNS, rows)
        print(f"{number}/{len(names)} {name_of(row)}", flush=True)
    wrong = [name for name, row in rows.items() if not good(row)]
    print(f"{len(rows)} names, {len(wrong)} wrong: {' '.join(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
