"""Figures made by the same rule, of networks that no shared vector is of (torchvision, VMZ, PyTorchVideo)."""

from tests.weights.vectors.row import Row

VECTORS = {
    "own_tv_mc3_18": Row("mc3-resnet18"),
    "own_tv_mvit_v2_s": Row("mvitv2_s_16x4"),
    "own_vmz_r2plus1d_34": Row("r2plus1d-resnet34-tp"),
    "own_ptv_efficient_x3d_s": Row("x3d_m"),
}
