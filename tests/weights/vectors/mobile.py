"""Efficient and streaming networks (zoos pytorchvideo, pyslowfast, mmaction2, co3d, movinet, mit-tsm)."""

from tests.weights.vectors.row import Row

VECTORS = {
    "ptv_x3d_m": Row("x3d_m"),
    "ptv_x3d_xs": Row("x3d_m"),
    "pysf_x3d_s": Row("x3d_m"),
    "mm_x3d_s": Row("x3d_m"),
    "cox3d_s_stream": Row("cox3d_m", {"head_frames": 4}, gmacs=0.1,
                          why="a step of theirs also counts what its convolutions add to steps to come"),
}
