"""What the key maps of vision transformers have in common: the names of a block's parts, and joined projections."""

import re
from collections.abc import Collection
from dataclasses import replace

import torch

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.zoo import Weights

HEADS = {192: 3, 384: 6, 768: 12, 1024: 16, 1280: 16, 1408: 16}  # by width, but for V-JEPA 2's giant
CONVENTIONS = ("readout", "gelu", "norm_eps")
RESIDUAL_3D = ("p3d", "r2plus1d", "ircsn", "ipcsn", "r3d", "mc3")


def parts(norm1: str, qkv: str, out: str, norm2: str, up: str, down: str) -> tuple[tuple[str, str], ...]:
    """Rules for a block, whose parts a zoo names so; where attention is divided, this is the part over space."""
    names = {norm1: "attention.norm", qkv: "attention.attend.qkv", out: "attention.attend.out",
             norm2: "mlp.norm", up: "mlp.up", down: "mlp.down"}
    return tuple((rf"(blocks\.\d+)\.{re.escape(theirs)}\.", rf"\1.{ours}.") for theirs, ours in names.items())


TIMM = parts("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")  # the names most zoos have taken over
TIMM_BIAS = (
    (r"(blocks\.\d+)\.attn\.q_bias$", r"\1.attention.attend.query_bias"),
    (r"(blocks\.\d+)\.attn\.v_bias$", r"\1.attention.attend.value_bias"),
)


def with_heads(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """In a zoo whose code has these widths only, with these heads, a network of another depth leaves no doubt."""
    heads = HEADS.get(candidate.options.get("width", 0))
    if heads is None:
        return candidate
    open_ = tuple(option for option in candidate.open if option != "heads")
    return replace(candidate, options={**candidate.options, "heads": heads}, open=open_)


def unsaid(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """Names of kinema's own say nothing of a transformer's conventions, which zoos differ in, nor of shifts and pools.

    What is a tsn by its weights may be a tsm, and the 3-D residual networks differ in strides and pools; how many fast
    frames make a slow one, only lateral weights may tell.
    """
    if candidate.model.startswith(("tsn", *RESIDUAL_3D)):
        return replace(candidate, open=(*candidate.open, "model"))
    if candidate.model.startswith("slowfast") and candidate.options.get("lateral") != "channels":
        return replace(candidate, open=(*candidate.open, "alpha"))
    if "-vit" not in candidate.model:
        return candidate
    return replace(candidate, open=(*candidate.open, *(o for o in CONVENTIONS if o not in candidate.options)))


def joined(weights: Weights) -> Weights:
    """Queries, keys and values of one layer each (`.q.`, `.k.`, `.v.`) as one, and keys and values (`.k.`, `.v.`) too.

    Where queries and values have a bias and keys have none, theirs are kept apart.
    """
    names = {match[1] for key in weights if (match := re.search(r"^(.*)\.k\.weight$", key))}
    for name in names:
        query = f"{name}.q.weight" in weights
        to = name + (".qkv" if query else ".key_value")
        letters = "qkv" if query else "kv"
        weights[f"{to}.weight"] = torch.cat([weights.pop(f"{name}.{letter}.weight") for letter in letters])
        if all(f"{name}.{letter}.bias" in weights for letter in letters):
            weights[f"{to}.bias"] = torch.cat([weights.pop(f"{name}.{letter}.bias") for letter in letters])
        for letter, ours in (("q", "query_bias"), ("v", "value_bias")):
            if f"{name}.{letter}.bias" in weights:
                weights[f"{name}.{ours}"] = weights.pop(f"{name}.{letter}.bias")
    return weights
