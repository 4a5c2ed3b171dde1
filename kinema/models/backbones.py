"""The backbones by name: one family a file, this is their table."""

from functools import partial

from kinema.models.inception import Inception
from kinema.models.mobilenet import MobileNetV2
from kinema.models.movinet import MoViNet
from kinema.models.movinet_sizes import SIZES as MOVINET_SIZES
from kinema.models.resnet import SIZES, ResNet
from kinema.models.table import Backbone
from kinema.models.x3d import SIZES as X3D_SIZES
from kinema.models.x3d import X3D

HE, SZEGEDY = "He et al., arXiv:1512.03385", "Szegedy et al., arXiv:1409.4842"

BACKBONES: dict[str, Backbone] = {
    "resnet_tiny": Backbone(partial(ResNet, SIZES["resnet_tiny"]), HE, size=112),
    **{name: Backbone(partial(ResNet, SIZES[name]), HE)
       for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    "inception_v1": Backbone(Inception, SZEGEDY),
    **{name: Backbone(partial(X3D, size), "Feichtenhofer, arXiv:2004.04730", size.frames, size.pixels,
                      modules=("tsn", "tsm", "tam", "i3d")) for name, size in X3D_SIZES.items()},
    "mobilenet_v2": Backbone(MobileNetV2, "Sandler et al., arXiv:1801.04381",
                             modules=("tsn", "tsm", "online_tsm", "tam", "i3d")),
    **{name: Backbone(partial(MoViNet, size), "Kondratyuk et al., arXiv:2103.11511", size.frames, size.pixels,
                      asks=False) for name, size in MOVINET_SIZES.items()},
}
