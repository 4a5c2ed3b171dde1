"""facebookresearch/SlowFast: vision transformers of masked autoencoders (Feichtenhofer et al., arXiv:2205.09113).

Positions are a table of places and one of frames, and a row of its own for the class token. Files of the pretraining
keep queries, keys and values apart, and hold a decoder too.
"""

from collections.abc import Collection
from dataclasses import replace

import torch

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.vit import TIMM, joined, with_heads
from kinema.weights.zoos.zoo import Weights, Zoo

RULES = (
    (r"^cls_token$", "backbone.class_token"),
    (r"^pos_embed_spatial$", "backbone.positions.space"),
    (r"^pos_embed_temporal$", "backbone.positions.time"),
    (r"^pos_embed_class$", "backbone.positions.token"),
    (r"^patch_embed\.proj\.", "backbone.stem."),
    (r"^norm\.", "backbone.out.norm."),
    (r"^head\.projection\.", "classifier."),
    (r"^blocks\.", "backbone.blocks."),
    (r"\.attn\.(q|k|v)\.", r".attention.attend.\1."),
    *TIMM,
)
DECODER = r"^(decoder_embed|dec_pos_embed_\w+|mask_token|pred_head)(\.|$)"


def in_one_table(weights: Weights) -> Weights:
    """Queries, keys and values in one layer, and the class token's position before those of the places."""
    weights = joined(dict(weights))
    if token := [weights.pop("backbone.positions.token")] if "backbone.positions.token" in weights else []:
        weights["backbone.positions.space"] = torch.cat([*token, weights["backbone.positions.space"]], dim=1)
    return weights


def averaged(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """All read the mean of their patches, beside a class token where they have one."""
    readout = "class_patches" if "cls_token" in keys else "mean"
    candidate = with_heads(candidate, keys)
    return replace(candidate, options={**candidate.options, "readout": readout})


ZOO = Zoo("pyslowfast vit", r"^pos_embed_temporal$", RULES, drop=DECODER, finish=in_one_table, refine=averaged)
