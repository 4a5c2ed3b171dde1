"""The 3-D ResNets of FAIR, SlowFast and TPN (zoos mmaction2, pytorchvideo, pyslowfast)."""

from tests.weights.vectors.row import Row

HEAD = "mmaction2 has a second classifier, used in training alone"

VECTORS = {
    "mm_c2d_r50": Row("c2d-resnet50", {"model": "c2d-resnet50"}),
    "mm_i3d_r50": Row("i3d_fair-resnet50"),
    "mm_slowonly_r50_4x16": Row("slow-resnet50"),
    "mm_slowfast_r50_4x16": Row("slowfast-resnet50"),
    "ptv_i3d_r50": Row("i3d_fair-resnet50"),
    "ptv_slow_r50": Row("slow-resnet50"),
    "ptv_slowfast_r50_8x8": Row("slowfast-resnet50"),
    "pysf_c2d_nln_8x8_r50": Row("c2d+nonlocal-resnet50"),
    "pysf_i3d_8x8_r50": Row("i3d_fair-resnet50"),
    "pysf_slow_8x8_r50": Row("slow-resnet50"),
    "pysf_slowfast_4x16_r50": Row("slowfast-resnet50"),
    "mm_tpn_slowonly_r50": Row("slow-tpn_resnet50", parameters=-19698064, why=HEAD),
}
