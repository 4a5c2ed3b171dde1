"""Vision transformers of several forms are told by the names that their zoos give them."""

import re

import pytest
import torch

from kinema.models import create_model
from kinema.weights import from_checkpoint

TIMM = (
    (r"^backbone\.stem\.", "patch_embed.proj."), (r"\.attention\.norm\.", ".norm1."),
    (r"\.attention\.attend\.qkv\.", ".attn.qkv."), (r"\.attention\.attend\.out\.", ".attn.proj."),
    (r"\.mlp\.norm\.", ".norm2."), (r"\.mlp\.up\.", ".mlp.fc1."), (r"\.mlp\.down\.", ".mlp.fc2."),
    (r"^classifier\.", "head."), (r"^backbone\.", ""),
)
VIDEOMAE = (
    (r"\.attention\.attend\.query_bias", ".attn.q_bias"), (r"\.attention\.attend\.value_bias", ".attn.v_bias"),
    (r"\.attention\.scale\.weight", ".gamma_1"), (r"\.mlp\.scale\.weight", ".gamma_2"),
    (r"^backbone\.positions\.table", "pos_embed"), (r"^backbone\.out\.norm\.", "fc_norm."), *TIMM,
)
TIMESFORMER = (
    (r"\.attention\.time\.norm\.", ".temporal_norm1."), (r"\.attention\.time\.attend\.qkv\.", ".temporal_attn.qkv."),
    (r"\.attention\.time\.attend\.out\.", ".temporal_attn.proj."), (r"\.attention\.time\.out\.", ".temporal_fc."),
    (r"^backbone\.class_token", "cls_token"), (r"^backbone\.positions\.space", "pos_embed"),
    (r"^backbone\.positions\.time", "time_embed"), (r"^backbone\.out\.norm\.", "norm."), *TIMM,
)
MAE = {"tubelet": 2, "bias": "qv", "readout": "mean", "positions": "sine"}
CASES = {
    "videomae": ("i3d-vit_tiny", MAE, VIDEOMAE),
    "videomae, scaled branches": ("i3d-vit_tiny", {**MAE, "layer_scale": 0.5}, VIDEOMAE),
    "videomae, learnt positions": ("i3d-vit_tiny", {**MAE, "positions": "learned"}, VIDEOMAE),
    "timesformer": ("s3d-vit_tiny", {}, (*TIMESFORMER, ("^", "model."))),
    "timesformer, without its recogniser": ("s3d-vit_tiny", {}, TIMESFORMER),
    "timesformer of joint attention, without": ("i3d-vit_tiny", {}, TIMESFORMER),
}


@pytest.mark.parametrize("case", CASES)
def test_a_transformer_is_told_by_its_zoos_names(case: str) -> None:
    model, options, names = CASES[case]
    network = create_model(model, 5, frames=4, width=192, hidden=768, heads=3, depth=2, **options).eval()
    weights = {}
    for key, value in network.state_dict().items():
        for ours, theirs in names:
            key = re.sub(ours, theirs, key)
        weights[key] = value
    x_NCTHW = torch.randn(1, 3, 4, *[network.clip.height] * 2, generator=torch.Generator().manual_seed(0))
    told = from_checkpoint(weights)
    with torch.inference_mode():
        assert torch.allclose(told(x_NCTHW), network(x_NCTHW), atol=1e-5)
    assert ("layer_scale" in options) == any(key.endswith("scale.weight") for key in told.state_dict())
