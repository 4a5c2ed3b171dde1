"""UniFormer of Sense-X/UniFormer (video_classification) and of mmaction2.

mmaction2 adds 1e-5 to the variance of the blocks' layer norms, the first authors 1e-6.
"""

from kinema.weights.zoos.zoo import Zoo

RULES = (
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

LIGHT = (
    (r"^cls_token$", "backbone.token"),
    (r"^cls_upsample\.", "backbone.token_up."),
    (r"^patch_embed1\.proj\.", "backbone.local.1.patches."),
    (r"^patch_embed2\.proj\.", "backbone.local.2.patches.conv."),
    (r"^patch_embed2\.norm\.", "backbone.local.2.patches.norm."),
    (r"^patch_embed(\d)\.proj\.", r"backbone.patches.\1.conv."),
    (r"^patch_embed(\d)\.norm\.", r"backbone.patches.\1.norm."),
    (r"^blocks([12])\.", r"backbone.local.\1.blocks."),
    (r"^blocks3\.", "backbone.third."),
    (r"^blocks4\.", "backbone.fourth."),
    (r"\.gamma_([12])$", r".scale\1.weight"),
)

ZOOS = (
    Zoo("uniformer, light", r"^patch_embed1\.proj\.0\.weight$", LIGHT + RULES,
        drop=r"^(norm_cls|head_cls)\."),  # of the class token, which is read in training alone
    Zoo("mmaction2 uniformer", r"^backbone\.blocks1\.0\.pos_embed\.", ((r"^backbone\.", ""), *RULES),
        options={"norm_eps": 1e-5}),
    Zoo("uniformer", r"^blocks1\.0\.pos_embed\.", RULES),
)
