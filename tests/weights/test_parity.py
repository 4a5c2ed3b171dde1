"""Weights of published implementations, recognised by their names alone, give the figures of those implementations."""

import gzip
import json
from pathlib import Path

import pytest

from kinema.models import order_aware
from tests.weights.agreement import agreement, reference, weights_sum
from tests.weights.pseudoweights import clip, state_dict
from tests.weights.vectors import VECTORS

DEAR_FIRST = sorted(VECTORS, key=lambda name: -float(reference(name)["flops_at_input"] or 0))
WHOLE = {reference(name)["peer"]: name for name in DEAR_FIRST}.values()  # the cheapest of each implementation
CHEAP, CHEAPER = 40e9, 15e9  # operations
CASES = [pytest.param(name, marks=() if row.quick else pytest.mark.slow) for name, row in VECTORS.items()
         if name in WHOLE or float(reference(name)["flops_at_input"] or 0) < CHEAPER]  # the others: docs/parity.md
TABLE = Path(__file__).parents[2] / "docs" / "parity.md"


@pytest.mark.parametrize("name", CASES)
def test_a_network_is_that_of_the_published_code(name: str) -> None:
    row, weights = VECTORS[name], state_dict(reference(name))
    assert weights_sum(weights) == pytest.approx(reference(name)["weights_sum"], rel=1e-6, abs=1e-4)
    cheap = float(reference(name)["flops_at_input"] or 0) < CHEAP
    found = agreement(name, weights, whole=row.quick or (cheap and name in WHOLE))  # of the others: docs/parity.md
    assert found.network == row.model
    assert found.float32 < 1e-4
    assert found.float64 is None or found.float64 < 1e-6
    assert found.gradient is None or found.gradient < row.gradient
    assert found.first is None or found.first < 20 * row.gradient  # single values hang on ReLUs that float32 flips
    assert found.parameters == row.parameters
    assert found.gmacs is None or found.gmacs < row.gmacs


def test_the_table_holds_every_vector_to_the_same_bounds() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.read_text().splitlines() if "|" in line]
    table = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}
    assert table.keys() == VECTORS.keys(), "run `python benchmarks/parity.py`"
    for name, row in VECTORS.items():
        found, figures = table[name], reference(name)
        for column, there, bound in (("float32", "logits", 1e-4), ("float64", "logits_float64", 1e-6),
                                     ("gradient", "gradient", row.gradient)):
            assert bool(found[column]) == bool(figures[there]), (name, column)
            assert found[column] in ("", "equal") or float(found[column]) < bound, (name, column)
        assert found["kinema's name"] == f"`{row.model}`"
        assert found["parameters"] == ("equal" if not row.parameters else f"{row.parameters:+,}")
    assert "Commit" in TABLE.read_text()


@pytest.mark.parametrize("name", VECTORS)
def test_what_is_known_of_the_order_of_frames_is_true(name: str) -> None:
    assert order_aware(VECTORS[name].model) == reference(name)["temporal"]


@pytest.mark.slow
def test_the_figures_here_are_all_the_shared_ones(shared: Path) -> None:
    there = {path.name.removesuffix(".json.gz"): path for path in (shared / "parity" / "vectors").glob("*.json.gz")}
    assert there.keys() == {name for name in VECTORS if "origin" not in reference(name)}  # others were made for kinema
    for name, path in there.items():
        vector = json.loads(gzip.decompress(path.read_bytes()))
        assert reference(name)["logits"] == vector["logits"]
        assert reference(name)["logits_float64"] == vector.get("logits_float64")


def test_the_rule_makes_the_published_numbers() -> None:
    figures = reference("ibm_tsn_resnet18_f8")
    assert clip(figures).flatten()[:4].tolist() == pytest.approx(figures["input_first4"], rel=1e-6)
