"""How near networks with the weights of published implementations come to their figures: writes docs/parity.md.

python benchmarks/parity.py

Rows are written as they come; those of the same commit are not computed again, so the command goes on where it stopped.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "parity.md"
sys.path.insert(0, str(ROOT))

from tests.weights.agreement import Agreement, agreement, reference  # noqa: E402
from tests.weights.pseudoweights import state_dict  # noqa: E402
from tests.weights.vectors import VECTORS  # noqa: E402

HEAD = """# The same numbers

Each row is a public implementation's network under weights that follow from the names of its own state_dict. Those
weights, under those names, are given to `kinema.from_checkpoint`, with what they cannot show in the column "told". The
logits' greatest difference is over their standard deviation, in float32 and float64; that of the gradient of their sum
by the clip is of its mean size, over all and in each frame. Written by `python benchmarks/parity.py`; the suite
computes one row of each implementation wholly and float32 of the cheaper ones, and holds this table to 1e-4, 1e-6 and
1e-3.
Commit {commit}, {date}.

| figures | implementation | kinema's name | told | float32 | float64 | gradient | parameters | GMACs | why |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def shown(value: float | None) -> str:
    """A difference; nothing where there is no figure."""
    return "" if value is None else "equal" if value < 1e-9 else f"{value:.1e}"


def line(name: str, found: Agreement) -> str:
    """A row of the table."""
    row = VECTORS[name]
    told = " ".join(f"{key}={value}" for key, value in row.told.items())
    parameters = "equal" if not found.parameters else f"{found.parameters:+,}"
    return (f"| {name} | {reference(name)['peer']} | `{found.network}` | {told} | {shown(found.float32)} | "
            f"{shown(found.float64)} | {shown(found.gradient)} | {parameters} | {shown(found.gmacs)} | {row.why} |")


def main() -> None:
    """Compute what this commit has not computed yet, row by row."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    head = HEAD.format(commit=commit.strip(), date=time.strftime("%Y-%m-%d"))
    before = PAGE.read_text(encoding="utf-8")
    same = f"Commit {commit.strip()}," in before
    lines = {each.split()[1]: each for each in before.splitlines() if same and each.startswith("| ")}
    for name in VECTORS:
        start = time.monotonic()
        if name not in lines:
            lines[name] = line(name, agreement(name, state_dict(reference(name))))
            print(f"{time.monotonic() - start:6.1f} s {lines[name]}", flush=True)
            done = "\n".join(lines[each] for each in VECTORS if each in lines)
            PAGE.write_text(head + done + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
