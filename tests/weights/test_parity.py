"""Weights of published implementations, recognised by their names alone, give the figures of those implementations."""

import gzip
import json
from pathlib import Path

import pytest

from kinema.models import order_aware
from tests.weights.agreement import agreement, reference, weights_sum
from tests.weights.pseudoweights import clip, state_dict
from tests.weights.vectors import VECTORS

CASES = [pytest.param(name, marks=() if row.quick else pytest.mark.slow) for name, row in VECTORS.items()]


@pytest.mark.parametrize("name", CASES)
def test_a_network_is_that_of_the_published_code(name: str) -> None:
    row, weights = VECTORS[name], state_dict(reference(name))
    assert weights_sum(weights) == pytest.approx(reference(name)["weights_sum"], rel=1e-6, abs=1e-4)
    found = agreement(name, weights)
    assert found.network == row.model
    assert found.float32 < 1e-4
    assert found.float64 is None or found.float64 < 1e-6
    assert found.gradient is None or found.gradient < row.gradient
    assert found.first is None or found.first < 20 * row.gradient  # single values hang on ReLUs that float32 flips
    assert found.parameters == row.parameters
    assert found.gmacs is None or found.gmacs < row.gmacs


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
