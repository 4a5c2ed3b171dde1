"""open-mmlab/mmaction2: tsn over backbones of other libraries, torchvision's DenseNet and timm's Swin transformer."""

from collections.abc import Collection
from dataclasses import replace

from kinema.weights.candidate import Candidate
from kinema.weights.zoos.hara import DENSE
from kinema.weights.zoos.zoo import Zoo

HEAD = ((r"^cls_head\.fc_cls\.", "classifier."), (r"^backbone\.features\.", "features."))


def unrectified(candidate: Candidate, keys: Collection[str]) -> Candidate:
    """What torchvision does after its last norm is no part of the layers that MMAction2 takes."""
    return replace(candidate, options={**candidate.options, "last_relu": False})


DENSENET = Zoo("mmaction2 densenet", r"^backbone\.features\.denseblock1\.denselayer1\.", HEAD + DENSE,
               refine=unrectified)
