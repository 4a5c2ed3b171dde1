"""Hierarchical video transformers: MViT (arXiv:2104.11227, arXiv:2112.01526)."""

from kinema.models.table import Published

FAN, LI = "Fan et al., arXiv:2104.11227", "Li et al., arXiv:2112.01526"

PUBLISHED = {
    "mvit_b_16x4": Published("mvit_b", FAN, 16, 4),
    "mvit_b_32x3": Published("mvit_b", FAN, 32, 3),
    "mvitv2_s_16x4": Published("mvitv2_s", LI, 16, 4),
    "mvitv2_b_32x3": Published("mvitv2_b", LI, 32, 3),
    "mvitv2_l_40x3": Published("mvitv2_l", LI, 40, 3, 312),
}
