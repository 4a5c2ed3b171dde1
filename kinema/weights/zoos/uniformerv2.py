"""UniFormerV2 (Li et al., arXiv:2211.09552) of OpenGVLab/UniFormerV2 and of open-mmlab/mmaction2."""

from kinema.weights.zoos.zoo import Weights, Zoo

RULES = (
    (r"^(transformer|class_embedding|positional_embedding|ln_pre|conv1)\b", r"backbone.\1"),  # without its recogniser
    (r"^cls_head\.fc_cls\.", "classifier."),
    (r"^backbone\.transformer\.proj\.2\.", "classifier."),
    (r"^backbone\.transformer\.(proj\.0|norm)\.", "backbone.out."),
    (r"^backbone\.transformer\.balance$", "backbone.balance"),
    (r"^backbone\.transformer\.temporal_cls_token$", "backbone.clip_token"),
    (r"^backbone\.class_embedding$", "backbone.class_token"),
    (r"^backbone\.positional_embedding$", "backbone.positions.space"),
    (r"^backbone\.ln_pre\.", "backbone.norm."),
    (r"^backbone\.conv1\.", "backbone.stem."),
    (r"^backbone\.transformer\.resblocks\.", "backbone.blocks."),
    (r"^backbone\.transformer\.dpe\.(\d+)\.", r"backbone.globals.\1.positions."),
    (r"^backbone\.transformer\.dec\.", "backbone.globals."),
    (r"(globals\.\d+)\.ln_1\.", r"\1.query_norm."),
    (r"(globals\.\d+)\.ln_3\.", r"\1.norm."),
    (r"(globals\.\d+)\.attn\.in_proj_", r"\1.attend.in_proj."),
    (r"(globals\.\d+)\.attn\.out_proj\.", r"\1.attend.out."),
    (r"(blocks\.\d+)\.ln_1\.", r"\1.attention.norm."),
    (r"(blocks\.\d+)\.attn\.in_proj_", r"\1.attention.attend.qkv."),
    (r"(blocks\.\d+)\.attn\.out_proj\.", r"\1.attention.attend.out."),
    (r"\.ln_2\.", ".mlp.norm."),
    (r"\.mlp\.c_fc\.", ".mlp.up."),
    (r"\.mlp\.c_proj\.", ".mlp.down."),
    (r"\.lmhra1\.pos_embed\.", ".local.0."),
    (r"\.lmhra2\.pos_embed\.", ".local.1."),
    (r"(local\.\d)\.0\.", r"\1.norm."),
    (r"(local\.\d)\.1\.", r"\1.enter."),
    (r"(local\.\d)\.2\.", r"\1.time."),
    (r"(local\.\d)\.3\.", r"\1.leave."),
)


def split(weights: Weights) -> Weights:
    """The query of a global block is a layer of its own, and so are its keys and values."""
    for key in [key for key in weights if ".attend.in_proj." in key]:
        value, name, leaf = weights.pop(key), *key.split(".in_proj.")
        width = len(value) // 3
        weights[f"{name}.query.{leaf}"], weights[f"{name}.key_value.{leaf}"] = value[:width], value[width:]
    return weights


ZOO = Zoo("uniformerv2", r"^(backbone\.)?transformer\.temporal_cls_token$", RULES, finish=split,
          drop=r"\.channel_map$")
