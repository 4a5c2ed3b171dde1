"""Hierarchical video transformers (zoos pyslowfast, pytorchvideo, torchvision, mmaction2 and uniformer)."""

from tests.weights.vectors.row import Row

VECTORS = {
    "pysf_mvit_b_16x4": Row("mvit_b_16x4"),
    "ptv_mvit_base_16x4": Row("mvit_b_16x4"),
    "tv_mvit_v1_b": Row("mvit_b_16x4"),
    "pysf_mvitv2_s_16x4": Row("mvitv2_s_16x4"),
    "mm_mvit_s": Row("mvitv2_s_16x4"),
    "mm_swin_t": Row("swin3d_t_32x2"),
    "tv_swin3d_t": Row("swin3d_t_32x2"),
    "mm_uniformer_s": Row("uniformer_s_16x4"),
    "uniformer_s_16x112": Row("uniformer_s_16x4"),
    "uniformer_s_split_16x112": Row("uniformer_s_16x4"),
}
