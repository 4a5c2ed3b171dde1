"""Vision transformers by size: rows of the table of backbones."""

from functools import partial

from kinema.models.table import Backbone
from kinema.models.transformer.uniformerv2 import UniFormerV2
from kinema.models.transformer.vit import ViT

DOSOVITSKIY = "Dosovitskiy et al., arXiv:2010.11929"
LI = "Li et al., arXiv:2211.09552"
ZHAI = "Zhai et al., arXiv:2106.04560"
MODULES = ("tsn", "tsm", "i3d", "s3d", "encoder")
JOINT = ("i3d",)  # what the larger ones were published with, as VideoMAE and V-JEPA 2; any other goes with them too


def row(paper: str, width: int, depth: int, heads: int, hidden: int, patch: int, size: int = 224,
        modules: tuple[str, ...] = MODULES) -> Backbone:
    """A size by its width, depth, number of heads, and the width of its blocks' hidden layers."""
    build = partial(ViT, width=width, depth=depth, heads=heads, hidden=hidden, patch=patch)
    return Backbone(build, paper, size=size, modules=modules)


VITS = {
    "vit_tiny": row(DOSOVITSKIY, 64, 4, 4, 128, 16, size=64),  # for trials; its options make any other size
    "vit_s16": row(DOSOVITSKIY, 384, 12, 6, 1536, 16),
    "vit_b16": row(DOSOVITSKIY, 768, 12, 12, 3072, 16),
    "vit_l16": row(DOSOVITSKIY, 1024, 24, 16, 4096, 16, modules=JOINT),
    "vit_h16": row(DOSOVITSKIY, 1280, 32, 16, 5120, 16, modules=JOINT),
    "vit_g14": row(ZHAI, 1408, 40, 16, 6144, 14, modules=JOINT),
    "vit_g16": row(ZHAI, 1408, 40, 22, 6144, 16, modules=JOINT),
}
UNIFORMERS = {
    "uniformerv2_b16": Backbone(UniFormerV2, LI, asks=False),
    "uniformerv2_l14": Backbone(partial(UniFormerV2, width=1024, depth=24, heads=16, patch=14), LI, asks=False),
}
