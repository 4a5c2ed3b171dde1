"""MViT of facebookresearch/SlowFast, PyTorchVideo, torchvision and mmaction2 (both versions, and the reversible one).

PyTorchVideo lists the weights of its pools twice, and keeps queries, keys and values apart.
"""

import re
from collections.abc import Collection
from dataclasses import replace

import torch

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.zoo import Weights, Zoo

POOLS = {"q": "query", "k": "key", "v": "value"}
PARTS = ("q", "k", "v")  # in the order in which they are joined

REVERSIBLE = (
    (r"^rev_backbone\.layers\.", "blocks."),
    (r"\.F\.norm\.", ".norm1."),
    (r"\.F\.attn\.", ".attn."),
    (r"\.G\.norm\.", ".norm2."),
    (r"\.G\.mlp\.", ".mlp."),
    (r"\.res_proj\.", ".proj."),
)
RULES = (
    (r"^(backbone\.)?cls_token$|^(cls_positional_encoding|pos_encoding)\.(cls|class)_token$", "backbone.token"),
    (r"^(cls_positional_encoding\.)?pos_embed_spatial$|^pos_encoding\.spatial_pos$", "backbone.positions.space"),
    (r"^(cls_positional_encoding\.)?pos_embed_temporal$|^pos_encoding\.temporal_pos$", "backbone.positions.time"),
    (r"^(cls_positional_encoding\.)?pos_embed_class$|^pos_encoding\.class_pos$", "backbone.positions.token"),
    (r"^(cls_positional_encoding\.|backbone\.)?pos_embed$", "backbone.positions.joint"),
    (r"^((backbone\.)?patch_embed\.(proj|projection|patch_model)|conv_proj)\.", "backbone.patches."),
    (r"^blocks\.", "backbone.blocks."),
    (r"\.attn\.", ".attention."),
    *((rf"\.attention\._?(attention_)?pool_{part}\.(pool\.)?weight$", rf".attention.{pool}.conv.weight")
      for part, pool in POOLS.items()),
    *((rf"\.attention\.(norm_{part}|_?(attention_)?pool_{part}\.norm(_act\.0)?)\.", rf".attention.{pool}.norm.")
      for part, pool in POOLS.items()),
    (r"\.attention\.rel_pos_t$", ".attention.positions.frames"),
    (r"\.attention\.rel_pos_h$", ".attention.positions.rows"),
    (r"\.attention\.rel_pos_w$", ".attention.positions.columns"),
    (r"\.attention\.(proj|project\.0)\.", ".attention.out."),
    (r"(blocks\.\d+)\.(proj|project)\.", r"\1.widen."),
    (r"\.mlp\.0\.", ".mlp.fc1."),
    (r"\.mlp\.3\.", ".mlp.fc2."),
    (r"^(backbone\.)?norm(_embed|\d)?\.", "backbone.norm."),
    (r"^(head\.(projection|proj|1)|cls_head\.fc_cls)\.", "classifier."),
)


def join(weights: Weights) -> Weights:
    """Queries, keys and values in one layer; the class token's own place in a joint table of positions."""
    joined = dict(weights)
    for key in weights:
        if found := re.fullmatch(r"(.*\.attention)\.q\.(weight|bias)", key):
            parts = [joined.pop(f"{found[1]}.{part}.{found[2]}") for part in PARTS]
            joined[f"{found[1]}.qkv.{found[2]}"] = torch.cat(parts)
    if "backbone.positions.joint" in joined and "backbone.token" in joined:
        both = joined["backbone.positions.joint"]
        joined |= {"backbone.positions.token": both[:, :1], "backbone.positions.joint": both[:, 1:]}
    return joined


def token_is_read(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """mmaction2's head reads the class token in all its networks."""
    return replace(candidate, options={key: value for key, value in candidate.options.items() if key != "average"})


ZOOS = (
    Zoo("pyslowfast reversible mvit", r"^rev_backbone\.layers\.", REVERSIBLE + RULES, finish=join),
    Zoo("mmaction2 mvit", r"^backbone\.blocks\.\d+\.attn\.pool_k\.weight$", RULES, finish=join, refine=token_is_read),
    Zoo("torchvision mvit", r"^blocks\.\d+\.attn\.pool_k\.pool\.weight$", RULES, finish=join),
    Zoo("pytorchvideo mvit", r"^cls_positional_encoding\.", RULES, finish=join),
    Zoo("pyslowfast mvit", r"^blocks\.\d+\.attn\.pool_k\.weight$", RULES, finish=join),
)
