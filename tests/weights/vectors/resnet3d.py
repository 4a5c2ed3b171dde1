"""3-D residual networks, their factorisations and C3D (zoos torchvision, 3d-resnets, vmz, pytorchvideo, mmaction2)."""

from tests.weights.vectors.row import Row

VECTORS = {
    "tv_r3d_18": Row("r3d-resnet18-tp"),
    "tv_r2plus1d_18": Row("r2plus1d-resnet18-tp"),
    "hara_resnet3d_50": Row("r3d-resnet50-tp"),
    "hara_r2p1d_34": Row("r2plus1d-resnet34-tp"),
    "vmz_ip_csn_152": Row("ipcsn-resnet152-tp"),
    "ptv_csn_r50": Row("ircsn-resnet50-tp"),
    "mm_ircsn_r50": Row("ircsn-resnet50-tp"),
    "mm_r2plus1d_r34": Row("r2plus1d-resnet34-tp"),
    "ptv_r2plus1d_r50": Row("r2plus1d-resnet50-tp"),
    "p3d199_rgb": Row("p3d-resnet152-tp"),
    "c3d_davidea": Row("c3d"),
    "mm_c3d": Row("c3d"),
}
