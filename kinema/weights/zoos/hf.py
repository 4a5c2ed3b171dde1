"""huggingface/transformers: TimeSformer, ViViT, VideoMAE and V-JEPA 2."""

import re
from collections.abc import Collection
from dataclasses import replace

import torch

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.vit import joined, parts
from kinema.weights.zoos.vjepa2 import GIANT, GIANT_HEADS
from kinema.weights.zoos.zoo import Weights, Zoo

SPLIT = (  # queries, keys and values are layers of their own, of several names
    (r"\.attention\.attention\.(query|key|value)\.", r".attention.\1."),
    (r"\.attention\.attention\.(q|v)_bias$", r".attention.\1.bias"),
    (r"\.attention\.(q|k|v)(_proj|uery|ey|alue)\.", r".attention.attend.\1."),
    (r"\.attention\.(q|v)\.bias$", r".attention.attend.\1.bias"),
    (r"\.attention\.output\.dense\.", ".attention.o_proj."),
    (r"\.attention\.(o_proj|proj)\.", ".attention.attend.out."),
)
LAYERS = (
    (r"^(timesformer|vivit|videomae)\.", ""),  # which an encoder alone does not have
    (r"^(?:encoder\.)?layers?\.(\d+)\.", r"backbone.blocks.\1."),
    (r"^embeddings\.patch_embeddings\.projection\.", "backbone.stem."),
    (r"^embeddings\.cls_token$", "backbone.class_token"),
    (r"^(layernorm|fc_norm)\.", "backbone.out.norm."),
    (r"(blocks\.\d+)\.layernorm_before\.", r"\1.attention.norm."),
    (r"(blocks\.\d+)\.layernorm_after\.", r"\1.mlp.norm."),
    (r"(blocks\.\d+)\.(intermediate\.dense|mlp\.fc1)\.", r"\1.mlp.up."),
    (r"(blocks\.\d+)\.(output\.dense|mlp\.fc2)\.", r"\1.mlp.down."),
)
TIMESFORMER = (
    *LAYERS,
    (r"\.temporal_layernorm\.", ".attention.time.norm."),
    (r"\.temporal_attention\.attention\.qkv\.", ".attention.time.attend.qkv."),
    (r"\.temporal_attention\.output\.dense\.", ".attention.time.attend.out."),
    (r"\.temporal_dense\.", ".attention.time.out."),
    (r"\.attention\.attention\.qkv\.", ".attention.attend.qkv."),
    (r"\.attention\.output\.dense\.", ".attention.attend.out."),
    (r"^embeddings\.position_embeddings$", "backbone.positions.space"),
    (r"^embeddings\.time_embeddings$", "backbone.positions.time"),
)
VIVIT = (*LAYERS, *SPLIT, (r"^embeddings\.position_embeddings$", "backbone.positions.table"))
VIDEOMAE = (*LAYERS, *SPLIT)
VJEPA2 = (
    (r"^(?:vjepa2\.)?encoder\.embeddings\.patch_embeddings\.proj\.", "backbone.stem."),
    (r"^(?:vjepa2\.)?encoder\.layernorm\.", "backbone.out.norm."),
    (r"^(?:vjepa2\.)?encoder\.layer\.", "backbone.blocks."),
    (r"^pooler\.query_tokens$", "backbone.out.query"),
    (r"^pooler\.self_attention_layers\.", "backbone.out.blocks."),
    (r"^pooler\.cross_attention_layer\.layer_norm1\.", "backbone.out.attend_norm."),
    (r"^pooler\.cross_attention_layer\.cross_attn\.q_proj\.", "backbone.out.attend.query."),
    (r"^pooler\.cross_attention_layer\.cross_attn\.(k|v)_proj\.", r"backbone.out.attend.\1."),
    (r"^pooler\.cross_attention_layer\.layer_norm2\.", "backbone.out.mlp.norm."),
    (r"^pooler\.cross_attention_layer\.mlp\.fc1\.", "backbone.out.mlp.up."),
    (r"^pooler\.cross_attention_layer\.mlp\.fc2\.", "backbone.out.mlp.down."),
    (r"\.self_attn\.(q|k|v)_proj\.", r".attention.attend.\1."),
    (r"\.self_attn\.out_proj\.", ".attention.attend.out."),
    (r"(blocks\.\d+)\.layer_norm", r"\1.norm"),
    *SPLIT,
    *parts("norm1", "qkv", "proj", "norm2", "mlp.fc1", "mlp.fc2"),
)


def pooled(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """Without a mean of all patches, the first is taken, after a norm of the encoder's own."""
    first = any(re.search(r"^(videomae\.)?layernorm\.", key) for key in keys)
    return replace(candidate, options={**candidate.options, "readout": "first" if first else "mean"})


def with_norm(weights: Weights) -> Weights:
    """The joined weights; an encoder that has no norm after it gets one as it begins, to be trained."""
    weights = joined(weights)
    if not any(key.startswith(("backbone.out.norm.", "classifier.")) for key in weights):
        like = weights["backbone.stem.bias"]
        weights |= {"backbone.out.norm.weight": torch.ones_like(like), "backbone.out.norm.bias": torch.zeros_like(like)}
    return weights


def probed(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """Positions are turns, an encoder alone gives all its patches, the giant's heads are as wide as others'."""
    options = {"readout": "patches", **candidate.options, "positions": "rotary"}
    if options["width"] == GIANT:
        options["heads"] = GIANT_HEADS
    return replace(candidate, options=options)


ZOOS = (
    Zoo("transformers timesformer", r"^(timesformer\.)?encoder\.layer\.0\.attention\.attention\.qkv\.", TIMESFORMER),
    Zoo("transformers vivit", r"^(vivit\.)?embeddings\.cls_token$", VIVIT, finish=joined,
        options={"gelu": "tanh", "readout": "class"}, drop=r"^(vivit\.)?pooler\."),
    Zoo("transformers videomae", r"^(videomae\.)?embeddings\.patch_embeddings\.projection\.", VIDEOMAE,
        finish=with_norm, refine=pooled,
        options={"positions": "sine", "norm_eps": 1e-12, "readout_eps": 1e-5, "frames": 16},
        drop=r"^decoder\.|^encoder_to_decoder\.|^mask_token$|embeddings\.position_embeddings$"),
    Zoo("transformers vjepa2", r"^(vjepa2\.)?encoder\.embeddings\.patch_embeddings\.proj\.", VJEPA2, finish=joined,
        drop=r"^(vjepa2\.)?predictor\.", refine=probed, options={"frames": 16}),
)
