"""The backbones by name: one family a file, this is their table."""

from functools import partial

from kinema.models.inception import Inception
from kinema.models.resnet import SIZES, ResNet
from kinema.models.table import Backbone
from kinema.models.transformer.sizes import UNIFORMERS, VITS

HE, SZEGEDY = "He et al., arXiv:1512.03385", "Szegedy et al., arXiv:1409.4842"

BACKBONES: dict[str, Backbone] = {
    "resnet_tiny": Backbone(partial(ResNet, SIZES["resnet_tiny"]), HE, size=112),
    **{name: Backbone(partial(ResNet, SIZES[name]), HE)
       for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    "inception_v1": Backbone(Inception, SZEGEDY),
    **VITS,
    **UNIFORMERS,
}
