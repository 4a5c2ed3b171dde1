"""Networks with published weights' names give the figures of their own implementations."""

import gzip
import json
from pathlib import Path

import pytest
import torch

from kinema.evaluation.profile import profile
from kinema.models import Network, create_model
from kinema.weights import load_weights
from tests.weights.pseudoweights import clip, state_dict

FIGURES = Path(__file__).parents[1] / "reference" / "parity"
NETWORKS: dict[str, tuple[str, dict]] = {  # the figures' name -> ours, and its options
    "ibm_tsn_resnet18_f8": ("tsn-resnet18", {}),
    "ibm_tsn_inceptionv1_f8": ("tsn-inception_v1", {}),
    "ibm_tam_resnet50_f8": ("tam-resnet50", {}),
    "ibm_tam_resnet18_f16_ts_avg": ("tam-resnet18-tp", {"pool": "avg"}),
    "ibm_tam_allc_resnet18_f8": ("tam-resnet18", {"depthwise": False}),
    "ibm_tam_inceptionv1_f16_ts": ("tam-inception_v1-tp", {}),
    "ibm_i3d_f16_ts": ("i3d-inception_v1-tp", {}),
    "ibm_i3d_resnet18_f16_ts": ("i3d-resnet18-tp", {}),
    "ibm_i3d_resnet50_f8": ("i3d-resnet50", {}),
    "ibm_s3d_f16_ts": ("s3d-inception_v1-tp", {}),
    "ibm_s3d_resnet18_f16_ts": ("s3d-resnet18-tp", {}),
    "mit_tsm_resnet50_f8": ("tsm-resnet50", {}),
    "mit_tsm_nl_resnet50_f8": ("tsm+nonlocal-resnet50", {}),
    "mm_tsn_r50_seg3": ("tsn-resnet50", {}),
    "mm_tsm_r50_f8": ("tsm-resnet50", {}),
    "mm_tsm_nl_r50_dot_product": ("tsm+nonlocal-resnet50", {"attention": "dot_product"}),
    "tin_resnet50_f8": ("tin-resnet50", {}),
    "tam_tanet_resnet50_f8": ("tanet-resnet50", {}),
    "mm_tanet_r50": ("tanet-resnet50", {}),
}
QUICK = ("ibm_tsn_resnet18_f8",)
CASES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in NETWORKS]
OWN_COUNT = {  # where our multiply-adds differ: tin applies its offsets as a matrix product, tanet its blend as a sum,
    "tin_resnet50_f8": 3e-3, "tam_tanet_resnet50_f8": 3e-3, "mm_tanet_r50": 3e-3,
    "mm_tsn_r50_seg3": 1e-3,  # which classifies once per clip instead of once per frame
}


def reference(name: str) -> dict:
    return json.loads(gzip.decompress((FIGURES / f"{name}.json.gz").read_bytes()))


def network(name: str, figures: dict) -> Network:
    model, options = NETWORKS[name]
    return create_model(model, len(figures["logits"][0]), frames=figures["shape_NCTHW"][2], **options).eval()


def difference(got: torch.Tensor, expected: list, figures: dict) -> float:
    return float((got.double() - torch.tensor(expected, dtype=torch.float64)).abs().max()) / figures["logits_std"]


@pytest.mark.parametrize("name", CASES)
def test_logits_are_those_of_the_published_code(name: str) -> None:
    figures = reference(name)
    model = load_weights(network(name, figures), state_dict(figures))
    with torch.inference_mode():
        assert difference(model(clip(figures)), figures["logits"], figures) < 1e-4
        assert difference(model.double()(clip(figures).double()), figures["logits_float64"], figures) < 1e-6


@pytest.mark.parametrize("name", CASES)
def test_cost_is_that_of_the_published_code(name: str) -> None:
    figures = reference(name)
    clips, _, frames, height, width = figures["shape_NCTHW"]
    model, options = NETWORKS[name]
    cost = profile(model, frames, (height, width), classes=len(figures["logits"][0]), **options)
    expected = figures["flops_at_input"] / 2e9 / clips
    classifier = cost.layers["classifier"]  # the peers run it on every frame that is left, kinema on their mean
    frames_left = 1 + round((expected - cost.gmacs) / classifier) if name not in OWN_COUNT else frames
    assert 1 <= frames_left <= frames
    assert cost.gmacs + (frames_left - 1) * classifier == pytest.approx(expected, rel=OWN_COUNT.get(name, 1e-9))
    if name != "mm_tsm_nl_r50_dot_product":  # has no bias before the last norm of its attention
        assert cost.parameters == figures["params_total"]


@pytest.mark.slow
def test_every_shared_figure_of_the_zoo_is_here(shared: Path) -> None:
    there = {path.name.removesuffix(".json.gz") for path in (shared / "parity" / "vectors").glob("ibm_*")}
    assert there - {"ibm_blvnet_tam50_f8x2"} == {name for name in NETWORKS if name.startswith("ibm_")}
    for name in NETWORKS:
        vector = json.loads(gzip.decompress((shared / "parity" / "vectors" / f"{name}.json.gz").read_bytes()))
        assert reference(name)["logits_float64"] == vector["logits_float64"]


def test_the_rule_makes_the_published_numbers() -> None:
    figures = reference("ibm_tsn_resnet18_f8")
    assert clip(figures).flatten()[:4].tolist() == pytest.approx(figures["input_first4"], rel=1e-6)
    total = sum(float(value.double().sum()) for value in state_dict(figures).values() if value.is_floating_point())
    assert total == pytest.approx(figures["weights_sum"], rel=1e-8)
