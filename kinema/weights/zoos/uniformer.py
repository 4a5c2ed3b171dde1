"""UniFormer of Sense-X/UniFormer (video_classification) and of mmaction2.

mmaction2 adds 1e-5 to the variance of the blocks' layer norms, the first authors 1e-6.
"""

from kinema.weights.zoos.zoo import Zoo

RULES = (
    (r"^backbone\.", ""),
    (r"^patch_embed(\d)\.proj\.", r"backbone.stages.\1.patches.conv."),
    (r"^patch_embed(\d)\.norm\.", r"backbone.stages.\1.patches.norm."),
    (r"^blocks(\d)\.", r"backbone.stages.\1.blocks."),
    (r"\.pos_embed\.", ".position."),
    (r"\.(conv\d)\.(weight|bias)$", r".mix.\1.\2"),
    (r"\.attn\.(weight|bias)$", r".mix.near.\1"),
    (r"\.t_norm\.", ".time_norm."),
    (r"\.t_attn\.", ".time_attention."),
    (r"\.attn\.", ".attention."),
    (r"attention\.proj\.", "attention.out."),
    (r"^norm\.", "backbone.norm."),
    (r"^(head|cls_head\.fc_cls)\.", "classifier."),
)

ZOOS = (
    Zoo("mmaction2 uniformer", r"^backbone\.blocks1\.0\.pos_embed\.", RULES, options={"norm_eps": 1e-5}),
    Zoo("uniformer", r"^blocks1\.0\.pos_embed\.", RULES),
)
