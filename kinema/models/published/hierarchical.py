"""Hierarchical video transformers: MViT, Video Swin and UniFormer."""

from kinema.models.table import Published

FAN, LI, LIU = "Fan et al., arXiv:2104.11227", "Li et al., arXiv:2112.01526", "Liu et al., arXiv:2106.13230"
UNI = "Li et al., arXiv:2201.04676"

PUBLISHED = {
    "mvit_b_16x4": Published("mvit_b", FAN, 16, 4),
    "mvit_b_32x3": Published("mvit_b", FAN, 32, 3),
    "mvitv2_s_16x4": Published("mvitv2_s", LI, 16, 4),
    "mvitv2_b_32x3": Published("mvitv2_b", LI, 32, 3),
    "mvitv2_l_40x3": Published("mvitv2_l", LI, 40, 3, 312),
    "rev_mvit_b_16x4": Published("rev_mvit_b", "Mangalam et al., arXiv:2302.04869", 16, 4),
    **{f"swin2d_{size}": Published(f"swin3d_{size}", "Liu et al., arXiv:2103.14030", sampling="uniform",
                                   options={"patch": (1, 4, 4), "window": (1, 7, 7)}, order_aware=False)
       for size in "tsbl"},
    "swin3d_t_32x2": Published("swin3d_t", LIU, 32, 2),
    "swin3d_s_32x2": Published("swin3d_s", LIU, 32, 2),
    "swin3d_b_32x2": Published("swin3d_b", LIU, 32, 2),
    "swin3d_l_32x2": Published("swin3d_l", LIU, 32, 2),
    **{f"{name}_{frames}x{stride}": Published(name, UNI, frames, stride)
       for name in ("uniformer_s", "uniformer_b") for frames, stride in ((8, 8), (16, 4), (16, 8), (32, 4))},
}
