"""The hierarchical transformers' rows of the table of backbones."""

from functools import partial

from kinema.models.table import Backbone
from kinema.models.transformer.mvit import mvit, mvitv2

FAN, LI = "Fan et al., arXiv:2104.11227", "Li et al., arXiv:2112.01526"

BACKBONES = {
    "mvit_b": Backbone(mvit, FAN, 16, asks=False),
    "mvitv2_s": Backbone(mvitv2, LI, 16, asks=False),
    "mvitv2_b": Backbone(partial(mvitv2, depth=24, steps=(2, 5, 21)), LI, 32, asks=False),
    "mvitv2_l": Backbone(partial(mvitv2, width=144, heads=2, depth=48, steps=(2, 8, 44)), LI, 40, 312, asks=False),
}
