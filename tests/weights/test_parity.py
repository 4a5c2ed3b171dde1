"""Weights of published implementations, recognised by their names alone, give the figures of those implementations."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
import torch

from kinema.evaluation.profile import profile
from kinema.models import order_aware
from kinema.weights import from_checkpoint
from tests.weights.pseudoweights import clip, state_dict
from tests.weights.vectors import VECTORS

FIGURES = Path(__file__).parents[1] / "reference" / "parity"
CASES = [pytest.param(name, marks=() if row.quick else pytest.mark.slow) for name, row in VECTORS.items()]
HEAVY = 2e11  # floating-point operations from which one clip in double precision is enough


@cache
def reference(name: str) -> dict:
    return json.loads(gzip.decompress((FIGURES / f"{name}.json.gz").read_bytes()))


def difference(got: torch.Tensor, expected: list, figures: dict) -> float:
    there = torch.tensor(expected, dtype=torch.float64)[: len(got)]
    return float((got.detach().double() - there).abs().max()) / figures["logits_std"]


@pytest.mark.parametrize("name", CASES)
def test_logits_are_those_of_the_published_code(name: str) -> None:
    figures, row = reference(name), VECTORS[name]
    model = from_checkpoint(state_dict(figures), **row.told)
    assert model.name == row.model
    x_NCTHW = clip(figures).requires_grad_(bool(figures["gradient"]))
    logits = model(x_NCTHW)
    assert difference(logits, figures["logits"], figures) < 1e-4
    if figures["gradient"]:
        logits.sum().backward()
        assert x_NCTHW.grad is not None
        check_gradient(x_NCTHW.grad, figures["gradient"], row.gradient)
    if figures["logits_float64"]:
        few = x_NCTHW.detach()[: 1 if (figures["flops_at_input"] or 0) > HEAVY else None]
        with torch.inference_mode():
            assert difference(model.double()(few.double()), figures["logits_float64"], figures) < 1e-6


def check_gradient(gradient_NCTHW: torch.Tensor, expected: dict, near: float) -> None:
    """As a whole; single values, of which some hang on a ReLU that float32 may flip, within a fiftieth of the mean."""
    size_NCTHW, mean = gradient_NCTHW.abs().double(), expected["mean_abs"]
    assert float(size_NCTHW.mean()) == pytest.approx(mean, rel=near)
    assert size_NCTHW.mean((0, 1, 3, 4)).tolist() == pytest.approx(expected["per_frame_mean_abs"], rel=near)
    first, wide = gradient_NCTHW.flatten()[:8].tolist(), 20 * near
    assert first == pytest.approx(expected["first8"], rel=wide, abs=wide * mean)


@pytest.mark.parametrize("name", CASES)
def test_cost_is_that_of_the_published_code(name: str) -> None:
    figures, row = reference(name), VECTORS[name]
    clips, _, frames, height, width = figures["shape_NCTHW"]
    model = from_checkpoint(state_dict(figures), **row.told)
    assert sum(p.numel() for p in model.parameters()) == figures["params_total"] + row.parameters
    if not figures["flops_at_input"]:
        return
    cost = profile(model, frames, (height, width))
    expected = figures["flops_at_input"] / 2e9 / clips
    classifier = cost.layers["classifier"]  # some run it on every frame that is left, kinema on their mean
    frames_left = 1 + round((expected - cost.gmacs) / classifier) if row.gmacs < 1e-6 else 1
    assert 1 <= frames_left <= frames
    assert cost.gmacs + (frames_left - 1) * classifier == pytest.approx(expected, rel=row.gmacs)


@pytest.mark.parametrize("name", VECTORS)
def test_what_is_known_of_the_order_of_frames_is_true(name: str) -> None:
    assert order_aware(VECTORS[name].model) == reference(name)["temporal"]


@pytest.mark.slow
def test_the_figures_here_are_the_shared_ones(shared: Path) -> None:
    for name in VECTORS:
        vector = json.loads(gzip.decompress((shared / "parity" / "vectors" / f"{name}.json.gz").read_bytes()))
        assert reference(name)["logits"] == vector["logits"]
        assert reference(name)["logits_float64"] == vector.get("logits_float64")


def test_the_rule_makes_the_published_numbers() -> None:
    figures = reference("ibm_tsn_resnet18_f8")
    assert clip(figures).flatten()[:4].tolist() == pytest.approx(figures["input_first4"], rel=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_the_rule_makes_the_published_weights(name: str) -> None:
    weights = state_dict(reference(name)).values()
    total = sum(float(value.double().sum()) for value in weights if value.is_floating_point())
    assert total == pytest.approx(reference(name)["weights_sum"], rel=1e-6, abs=1e-4)
