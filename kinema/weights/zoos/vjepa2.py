"""facebookresearch/vjepa2 (Assran et al., arXiv:2506.09985): an encoder, and an attentive classifier on top of it."""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.vit import TIMM, with_heads
from kinema.weights.zoos.zoo import Zoo

GIANT, GIANT_HEADS, GIANT_PROBE_HEADS = 1408, 22, 16  # the giant's probe has wider heads than its encoder
RULES = (
    (r"^(encoder|backbone)\.patch_embed\.proj\.", "backbone.stem."),
    (r"^encoder\.blocks\.", "backbone.blocks."),
    (r"^(encoder|backbone)\.norm\.", "backbone.out.norm."),
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


ZOOS = (
    Zoo("vjepa2", r"^classifier\.pooler\.query_tokens$", RULES, options={"readout_eps": 1e-5, "frames": 16},
        refine=probed),
)
ENCODER = Zoo("vjepa2 encoder", r"^(encoder|backbone)\.patch_embed\.proj\.weight$", RULES, options={"frames": 64},
              refine=probed)  # its names mark little: it comes last
