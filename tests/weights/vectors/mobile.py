"""Efficient and streaming networks (zoos pytorchvideo, pyslowfast, mmaction2, co3d, movinet, mit-tsm)."""

from tests.weights.vectors.row import Row

VECTORS = {
    "ptv_x3d_m": Row("x3d_m"),
    "ptv_x3d_xs": Row("x3d_m"),
    "pysf_x3d_s": Row("x3d_m"),
    "mm_x3d_s": Row("x3d_m"),
    "cox3d_s_stream": Row("cox3d_m", {"head_frames": 4}, gmacs=0.1,
                          why="a step of theirs also counts what its convolutions add to steps to come"),
    "mit_tsm_mobilenetv2_f8": Row("tsm-mobilenet_v2"),
    "mit_tsm_mobilenetv2_online": Row("online_tsm-mobilenet_v2"),
    "mm_tsm_mobilenetv2": Row("tsm-mobilenet_v2"),
    "movinet_a0_base": Row("movinet_a0_base"),
    "movinet_a0_stream": Row("movinet_a0_stream", gmacs=0.02,
                             why="theirs was fed three pieces of the clip, and answered after each"),
}
