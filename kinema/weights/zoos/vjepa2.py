"""facebookresearch/vjepa2 (Assran et al., arXiv:2506.09985): an encoder, and an attentive classifier on top of it.

They are published as two files, whose names are one network's when both are read. An encoder's file also has a table of
positions, which its rotary attention does not use.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.errors import ModelError
from kinema.weights.candidate import Candidate
from kinema.weights.zoos.vit import TIMM, with_heads
from kinema.weights.zoos.zoo import Weights, Zoo

GIANT, GIANT_HEADS, GIANT_PROBE_HEADS = 1408, 22, 16  # the giant's probe has wider heads than its encoder
UNUSED = r"^((encoder|backbone)\.)?pos_embed$"
RULES = (
    (r"^((encoder|backbone)\.)?patch_embed\.proj\.", "backbone.stem."),
    (r"^((encoder|backbone)\.)?blocks\.", "backbone.blocks."),
    (r"^((encoder|backbone)\.)?norm\.", "backbone.out.norm."),
    (r"^(pooler|linear)\.", r"classifier.\1."),
    (r"^classifier\.linear\.", "classifier."),
    (r"^classifier\.pooler\.query_tokens$", "backbone.out.query"),
    (r"^classifier\.pooler\.blocks\.", "backbone.out.blocks."),
    (r"^classifier\.pooler\.cross_attention_block\.norm1\.", "backbone.out.attend_norm."),
    (r"^classifier\.pooler\.cross_attention_block\.xattn\.q\.", "backbone.out.attend.query."),
    (r"^classifier\.pooler\.cross_attention_block\.xattn\.kv\.", "backbone.out.attend.key_value."),
    (r"^classifier\.pooler\.cross_attention_block\.norm2\.", "backbone.out.mlp.norm."),
    (r"^classifier\.pooler\.cross_attention_block\.mlp\.fc1\.", "backbone.out.mlp.up."),
    (r"^classifier\.pooler\.cross_attention_block\.mlp\.fc2\.", "backbone.out.mlp.down."),
    *TIMM,
)


def probed(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """The giant's heads are as wide as the others'; an encoder without a probe gives all its patches."""
    candidate = with_heads(candidate, keys)
    options = {"positions": "rotary", **candidate.options}
    if options["width"] == GIANT:
        options |= {"heads": GIANT_HEADS, "probe_heads": GIANT_PROBE_HEADS}
    options.setdefault("readout", "patches")
    return replace(candidate, options=options)


def whole(weights: Weights) -> Weights:
    """The weights, unless the encoder's are not among them."""
    if "backbone.stem.weight" not in weights:
        raise ModelError("These are the weights of V-JEPA 2's attentive probe alone. Give its encoder's file too, both "
                         "as a list: [encoder, probe].")
    return weights


ZOOS = (
    Zoo("vjepa2", r"^(classifier\.)?pooler\.query_tokens$", RULES, options={"readout_eps": 1e-5, "frames": 16},
        refine=probed, finish=whole, drop=UNUSED),
)
ENCODER = Zoo("vjepa2 encoder", r"^((encoder|backbone)\.)?patch_embed\.proj\.weight$", RULES, options={"frames": 64},
              refine=probed, drop=UNUSED)  # its names mark little: it comes last
