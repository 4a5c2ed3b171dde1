"""VideoMAE (Tong et al., arXiv:2203.12602) and VideoMAE V2 (Wang et al., arXiv:2303.16727), as MCG-NJU/VideoMAE,
OpenGVLab/VideoMAEv2 and open-mmlab/mmaction2 have them.

Their table of sines is fixed; mmaction2 keeps it with the weights.
"""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.vit import TIMM, TIMM_BIAS, with_heads
from kinema.weights.zoos.zoo import Zoo

CLIP = {"frames": 16}
RULES = (
    (r"^encoder\.", ""),  # of a network that was trained to fill in what was masked
    (r"^patch_embed\.proj\.", "backbone.stem."),
    (r"^pos_embed$", "backbone.positions.table"),
    (r"^cls_token$", "backbone.class_token"),
    (r"^blocks\.", "backbone.blocks."),
    (r"^(fc_)?norm\.", "backbone.out.norm."),
    (r"^head\.", "classifier."),
    (r"(blocks\.\d+)\.gamma_1$", r"\1.attention.scale.weight"),
    (r"(blocks\.\d+)\.gamma_2$", r"\1.mlp.scale.weight"),
    *TIMM_BIAS, *TIMM,
)
MMACTION2 = (
    (r"^backbone\.", ""),
    (r"^cls_head\.fc_cls\.", "head."),
    (r"^pos_embed$", "backbone.positions.fixed"),
    (r"^patch_embed\.projection\.", "patch_embed.proj."),
    (r"\.mlp\.layers\.0\.0\.", ".mlp.fc1."),
    (r"\.mlp\.layers\.1\.", ".mlp.fc2."),
    *RULES,
)


def pooled(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """A norm called fc_norm stands after the mean of all patches; one called norm, before the first is taken."""
    candidate = with_heads(candidate, keys)
    mean = any(key.endswith("fc_norm.weight") for key in keys)
    options = {**candidate.options, "readout": "mean" if mean else "first"}
    if not {"positions"} & {*options}:
        options["positions"] = "sine"
    if options["positions"] == "learned":  # whose number says how many frames the clip has
        options.pop("frames", None)
    return replace(candidate, options=options)


ZOOS = (
    Zoo("videomae", r"^(encoder\.)?blocks\.0\.attn\.q_bias$", RULES, options=CLIP, refine=pooled,
        drop=r"^decoder\.|^encoder_to_decoder\.|^mask_token$"),
    Zoo("mmaction2 videomae", r"^backbone\.blocks\.0\.mlp\.layers\.0\.0\.", MMACTION2, options=CLIP, refine=pooled),
)
