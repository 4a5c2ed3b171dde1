"""How near kinema's network with a published implementation's weights comes to that implementation's figures."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from kinema.evaluation.profile import profile
from kinema.models import Network
from kinema.weights import from_checkpoint
from tests.weights.pseudoweights import clip
from tests.weights.vectors import VECTORS

FIGURES = Path(__file__).parents[1] / "reference" / "parity"


@dataclass(frozen=True)
class Agreement:
    """Differences of the logits over their standard deviation, of the input's gradient over its mean (None: no figure).

    gradient: the greatest of those of the mean and of each frame's mean; first: of eight single values.
    """

    network: str
    float32: float
    float64: float | None
    gradient: float | None
    first: float | None
    parameters: int
    gmacs: float | None


@cache
def reference(name: str) -> dict:
    """The figures called `name`."""
    return json.loads(gzip.decompress((FIGURES / f"{name}.json.gz").read_bytes()))


def weights_sum(weights: dict[str, torch.Tensor]) -> float:
    """All learnt numbers together."""
    return sum(float(value.double().sum()) for value in weights.values() if value.is_floating_point())


def agreement(name: str, weights: dict[str, torch.Tensor], whole: bool = True) -> Agreement:
    """Recognise, build and load the network of these weights, and compare all there is to compare; if not `whole`, not
    the gradient and the logits in float64, which take most of the time, and the first clip alone.
    """
    figures = reference(name)
    network = from_checkpoint(weights, **VECTORS[name].told)
    parameters = sum(parameter.numel() for parameter in network.parameters()) - figures["params_total"]
    x_NCTHW = clip(figures)[: None if whole else 1].requires_grad_(whole and bool(figures["gradient"]))
    logits = network.requires_grad_(False)(x_NCTHW)
    float32, float64, sizes, first = difference(logits, figures["logits"], figures), None, None, None
    if x_NCTHW.requires_grad:
        logits.sum().backward()
        sizes, first = gradient_differences(x_NCTHW.grad, figures["gradient"])
    gmacs = extra_gmacs(network, figures, exact=VECTORS[name].gmacs < 1e-6)
    if whole and figures["logits_float64"]:
        few = x_NCTHW.detach()[:1].double()  # two cost twice as much, and float32 has seen both
        with torch.inference_mode():
            float64 = difference(network.double()(few), figures["logits_float64"], figures)
    return Agreement(network.name, float32, float64, sizes, first, parameters, gmacs)


def difference(got: torch.Tensor, expected: list, figures: dict) -> float:
    """The greatest difference of some clips' logits, over the standard deviation of all."""
    there = torch.tensor(expected, dtype=torch.float64)[: len(got)]
    return float((got.detach().double() - there).abs().max()) / figures["logits_std"]


def gradient_differences(gradient_NCTHW: torch.Tensor | None, expected: dict) -> tuple[float, float]:
    """Of the mean size, over all and in each frame, as a share of it; of the first eight values, over the mean."""
    assert gradient_NCTHW is not None
    size_NCTHW, mean = gradient_NCTHW.abs().double(), expected["mean_abs"]
    frames = zip(size_NCTHW.mean((0, 1, 3, 4)).tolist(), expected["per_frame_mean_abs"], strict=True)
    whole = max(abs(got / there - 1) if there else abs(got) / mean for got, there in (
        *frames, (float(size_NCTHW.mean()), mean)))
    firsts = zip(gradient_NCTHW.flatten()[:8].tolist(), expected["first8"], strict=True)
    return whole, max(abs(got - there) / max(abs(there), mean) for got, there in firsts)


def extra_gmacs(network: Network, figures: dict, exact: bool) -> float | None:
    """By how much of themselves the multiply-adds differ; None where there is no figure.

    Some run the classifier on every frame that is left, kinema on their mean: of an `exact` figure that is made up for.
    """
    if not figures["flops_at_input"]:
        return None
    clips, _, frames, height, width = figures["shape_NCTHW"]
    cost, expected = profile(network, frames, (height, width)), figures["flops_at_input"] / 2e9 / clips
    classifier = cost.layers["classifier"]
    left = 1 + round((expected - cost.gmacs) / classifier) if exact else 1
    return abs(cost.gmacs + (left - 1) * classifier - expected) / expected if 1 <= left <= frames else 1.0
