"""open-mmlab/mmaction2: C3D, r2plus1d and both csn networks."""

from kinema.weights.zoos import c3d
from kinema.weights.zoos.ibm import RESNET
from kinema.weights.zoos.mmaction2 import RULES
from kinema.weights.zoos.resnet3d import meaning
from kinema.weights.zoos.zoo import Zoo

PLAIN = (
    (r"^backbone\.", ""),
    (r"^conv([12])a\.conv\.", r"conv\1."),
    (r"^(conv\d[ab])\.conv\.", r"\1."),
    (r"^cls_head\.fc_cls\.", "fc8."),
)
SPLIT = (
    (r"conv(\d)\.conv\.conv_s\.", r"conv\1.space."),
    (r"conv(\d)\.conv\.bn_s\.", r"conv\1.norm."),
    (r"conv(\d)\.conv\.conv_t\.", r"conv\1.time."),
    (r"\.downsample\.conv\.conv_s\.", ".downsample.0.space."),
    (r"\.downsample\.conv\.bn_s\.", ".downsample.0.norm."),
    (r"\.downsample\.conv\.conv_t\.", ".downsample.0.time."),
)
SEPARATED = (
    (r"\.conv2\.0\.conv\.", ".conv2.point."), (r"\.conv2\.0\.bn\.", ".conv2.norm."),
    (r"\.conv2\.1\.conv\.", ".conv2.depth."), (r"\.conv2\.1\.bn\.", ".bn2."),
)
ALONE = ((r"\.conv2\.0\.", ".conv2."),)
EPS, SPLIT_EPS = 1e-3, 1e-5  # of the norms, and of those between the two parts of a convolution

ZOOS = (
    Zoo("mmaction2 c3d", r"^backbone\.conv5b\.conv\.weight$", PLAIN + c3d.RULES),
    Zoo("mmaction2 r2plus1d", r"^backbone\.layer1\.0\.conv1\.conv\.conv_s\.", SPLIT + RULES + RESNET,
        refine=meaning(norm_eps=EPS, middle_eps=SPLIT_EPS, stem_pool="pixels")),
    Zoo("mmaction2 ip-csn", r"^backbone\.layer1\.0\.conv2\.1\.conv\.", SEPARATED + RULES + RESNET,
        refine=meaning(norm_eps=EPS)),
    Zoo("mmaction2 ir-csn", r"^backbone\.layer1\.0\.conv2\.0\.conv\.", ALONE + RULES + RESNET,
        refine=meaning(norm_eps=EPS)),
)
