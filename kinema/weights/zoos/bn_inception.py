"""Inception with batch norm, and v3, in the layout of yjxiong/tsn-pytorch: tsn, and gsm of swathikirans/GSM.

In the latter a gated shift stands beside the convolution that it follows, under that one's name (`gsm_`).
"""

from kinema.weights.zoos.mit_tsm import UNWRAP
from kinema.weights.zoos.zoo import Zoo

NORM = r"\.(weight|bias|running_mean|running_var|num_batches_tracked)$"
TOWER = r"_(tower(?:_1)?)"

GATED = (
    (r"^gsm_(\w+?)(_Conv2D)?\.conv3D\.", r"\1.conv.shift.gate."),
    (r"^gsm_(\w+?)(_Conv2D)?\.bn\.", r"\1.conv.shift.norm."),
)
V3 = (
    (r"^((?:conv|mixed)\w*)_Conv2D\.", r"\1.conv."),
    (r"^((?:conv|mixed)\w*)_batchnorm\.", r"\1.bn."),
    (r"^(mixed\w*)_tower_2_conv\.", r"\1.core.tower_2.1."),
    (rf"{TOWER}_mixed_conv\.", r".core.\1.split.0."),
    (rf"{TOWER}_mixed_conv_1\.", r".core.\1.split.1."),
    (rf"{TOWER}_conv_(\d)\.", r".core.\1.\2."),
    (rf"{TOWER}_conv\.", r".core.\1.0."),
    (r"^(mixed(?:_\d+)?)_conv\.", r"\1.core.conv.0."),
    (r"^(conv(?:_\d)?)\.(conv|bn)\.", r"\1.core.0.\2."),
    (r"^(mixed(?:_\d+)?\.core\.|conv(?:_\d)?\.core\.)", r"backbone.blocks.\1"),
)
BN = (
    (rf"^((?:inception_|conv[12]_)\w+)_bn{NORM}", r"\1.bn.\2"),
    (r"^((?:inception_|conv[12]_)\w+)\.(weight|bias)$", r"\1.conv.\2"),
    (r"^conv1_7x7_s2\.", "backbone.blocks.conv1.core.0."),
    (r"^conv2_3x3_reduce\.", "backbone.blocks.conv2.core.0."),
    (r"^conv2_3x3\.", "backbone.blocks.conv2.core.1."),
    (r"^inception_(\d\w)_", r"backbone.blocks.\1.core."),
    (r"\.core\.1x1\.", ".core.1x1.0."),
    (r"\.core\.pool_proj\.", ".core.pool.1."),
    (r"\.core\.double_3x3_reduce\.", ".core.twice.0."),
    (r"\.core\.double_3x3_(\d)\.", r".core.twice.\1."),
    (r"\.core\.3x3_reduce\.", ".core.3x3.0."),
    (r"\.core\.3x3\.(conv|bn)\.", r".core.3x3.1.\1."),
)
INCEPTIONS = (*GATED, *V3, *BN, (r"^(fc|last_linear|top_cls_fc)\.", "classifier."))

ZOO = Zoo("tsn or gsm inception", r"^(base_model\.)?(conv1_7x7_s2|conv_Conv2D)\.weight$", (*UNWRAP[:2], *INCEPTIONS))
