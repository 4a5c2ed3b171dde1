"""The hierarchical transformers' rows of the table of backbones."""

from functools import partial

from kinema.models.table import Backbone
from kinema.models.transformer.mvit import mvit, mvitv2
from kinema.models.transformer.rev_mvit import RevMViT
from kinema.models.transformer.swin import Swin
from kinema.models.transformer.uniformer import UniFormer
from kinema.models.transformer.uniformer_light import LightUniFormer

FAN, LI, LIU = "Fan et al., arXiv:2104.11227", "Li et al., arXiv:2112.01526", "Liu et al., arXiv:2106.13230"
UNI, LIGHT = "Li et al., arXiv:2201.04676", "Li et al., arXiv:2201.09450"
DEEP, BASE, LARGE = (2, 2, 18, 2), (4, 8, 16, 32), (6, 12, 24, 48)  # depths, and heads

BACKBONES = {
    "mvit_b": Backbone(mvit, FAN, 16, asks=False),
    "mvitv2_s": Backbone(mvitv2, LI, 16, asks=False),
    "mvitv2_b": Backbone(partial(mvitv2, depth=24, steps=(2, 5, 21)), LI, 32, asks=False),
    "mvitv2_l": Backbone(partial(mvitv2, width=144, heads=2, depth=48, steps=(2, 8, 44)), LI, 40, 312, asks=False),
    "rev_mvit_b": Backbone(RevMViT, "Mangalam et al., arXiv:2302.04869", 16, asks=False),
    "swin3d_t": Backbone(Swin, LIU, 32, asks=False),
    "swin3d_s": Backbone(partial(Swin, depths=DEEP), LIU, 32, asks=False),
    "swin3d_b": Backbone(partial(Swin, width=128, depths=DEEP, heads=BASE), LIU, 32, asks=False),
    "swin3d_l": Backbone(partial(Swin, width=192, depths=DEEP, heads=LARGE), LIU, 32, asks=False),
    "uniformer_xxs": Backbone(LightUniFormer, LIGHT, 16, 160, asks=False),
    "uniformer_xs": Backbone(partial(LightUniFormer, widths=(64, 128, 256, 512), depths=(3, 5, 9, 3), head=32), LIGHT,
                             32, 192, asks=False),
    "uniformer_s": Backbone(UniFormer, UNI, 16, asks=False),
    "uniformer_b": Backbone(partial(UniFormer, depths=(5, 8, 20, 7)), UNI, 16, asks=False),
}
