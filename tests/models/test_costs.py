"""Networks cost what was published: parameters and multiply-adds."""

import json
from pathlib import Path

import pytest

from kinema.evaluation.profile import Cost, profile
from tests.models.costs import COSTS

TABLE = json.loads((Path(__file__).parents[1] / "reference" / "flops_table.json").read_text(encoding="utf-8"))
ROWS = {(row["model"], row["frames"], row["crop"]): row for row in TABLE}
NEAR = 5e-3
CELLS = [line.strip("| ").split(" | ") for line in (
    Path(__file__).parents[2] / "docs" / "costs.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
WRITTEN = {(cells[0], cells[2]): (float(cells[3]), float(cells[6])) for cells in CELLS[2:]}
ABSENT = {"CoSlow (per frame step)", "CoI3D (per frame step)"}  # are no networks of kinema's


def steps(value: float) -> float:
    """By how much a published figure may be off for being rounded."""
    digits = f"{value:g}".partition(".")[2]
    return 0.5 * 10 ** -len(digits)


def near(ours: float, published: float | None, measured: float | None) -> bool:
    """Is ours within half a percent of a figure, rounding allowed for?"""
    return any(abs(ours - value) <= NEAR * value + steps(value) for value in (published, measured) if value)


def cost_of(key: tuple) -> Cost:
    """What the network of a row costs here: at the clip of the row, or at its own where the row counts otherwise."""
    ours = COSTS[key]
    frames = ours.frames or (key[1] if isinstance(key[1], int) else None)
    return profile(ours.model, frames, ours.crop or key[2], classes=ours.classes, **ours.options)


@pytest.mark.slow
@pytest.mark.parametrize("key", COSTS, ids=lambda key: "-".join(map(str, key)))
def test_a_network_costs_what_was_published(key: tuple) -> None:
    row, cost = ROWS[key], cost_of(key)
    ours = COSTS[key]
    gmacs = near(cost.gmacs, row["gflops_published"], row["gmacs_measured_here"])
    parameters = near(cost.parameters / 1e6, row["params_m_published"], row["params_m_measured_here"])
    known = (row["params_m_published"] or row["params_m_measured_here"]) is not None
    if ours.note:  # docs/costs.md says what it costs here instead
        row = WRITTEN[key[0], f"{cost.clip.frames}x{cost.clip.height}x{cost.clip.width}"]
        gmacs, parameters = near(cost.gmacs, row[0], None), near(cost.parameters / 1e6, row[1], None)
    assert gmacs, (cost.gmacs, row)
    assert parameters or not known, (cost.parameters / 1e6, row)


def test_every_published_row_is_looked_at() -> None:
    assert COSTS.keys() <= ROWS.keys()
    assert {key[0] for key in ROWS if key not in COSTS} == ABSENT
