"""Networks of public code that could not be run: figures of a second writing-down of it, made for these tests alone.

It agrees with the figures of the public code itself where there are some (gsm over bn_inception, tsm in residual
places); `origin` in each file names the call that it stands for.
"""

import gzip
import json
from pathlib import Path

import pytest
import torch

from kinema.models import order_aware
from kinema.weights import from_checkpoint
from tests.weights.agreement import difference
from tests.weights.pseudoweights import clip, state_dict

FIGURES = Path(__file__).parents[1] / "reference" / "written_again"
NETWORKS = {
    "tsm_block_resnet18_f4": "tsm-resnet18",
    "gsm_inceptionv3_f4": "gsm-inception_v3",
    "tea_resnet50_f4": "tea-resnet50",
    "gst_resnet50_f4": "gst-resnet50",
    "eco_full_f8": "eco",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_that_of_the_public_code(name: str) -> None:
    figures = json.loads(gzip.decompress((FIGURES / f"{name}.json.gz").read_bytes()))
    network = from_checkpoint(state_dict(figures))
    assert network.name == NETWORKS[name]
    assert sum(part.numel() for part in network.parameters()) == figures["params_total"]
    assert order_aware(network.name) == figures["temporal"]
    with torch.inference_mode():
        logits_NK = network.double()(clip(figures).double())
    assert difference(logits_NK, figures["logits_float64"], figures) < 1e-6
