"""What networks cost, beside the published figures: writes docs/costs.md.

python benchmarks/costs.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.models.costs import COSTS  # noqa: E402
from tests.models.test_costs import ROWS, cost_of  # noqa: E402

HEAD = """# What networks cost

Parameters (millions) and multiply-adds (billions, of convolutions and matrix products) of one clip, beside the
published figures. Written by `python benchmarks/costs.py`; `tests/models/test_costs.py` holds every row to half a
percent of what was published, or of what its own code was measured to cost where a table names another crop than it was
counted at; where ours differ by more, the last column says why.

| published as | kinema's name | clip | GMACs | published | measured of its code | parameters | published | note |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def line(key: tuple) -> str:
    """A row of the table."""
    row, ours, cost = ROWS[key], COSTS[key], cost_of(key)
    options = "".join(f" {option}={value}" for option, value in ours.options.items())
    clip = f"{cost.clip.frames}x{cost.clip.height}x{cost.clip.width}"
    figures = (row["gflops_published"], row["gmacs_measured_here"])
    published, measured = ("" if value is None else f"{value:g}" for value in figures)
    millions = "" if row["params_m_published"] is None else f"{row['params_m_published']:g}"
    return (f"| {key[0]} | `{ours.model}`{options} | {clip} | {cost.gmacs:.2f} | {published} | {measured} | "
            f"{cost.parameters / 1e6:.2f} | {millions} | {ours.note} |")


if __name__ == "__main__":
    lines = [line(key) for key in ROWS if key in COSTS]
    (ROOT / "docs" / "costs.md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} of {len(ROWS)} rows")
