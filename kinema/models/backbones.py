"""The backbones by name: one family a file, this is their table."""

from functools import partial

from kinema.models.bn_inception import KINDS, BranchedInception
from kinema.models.eco import ECO
from kinema.models.inception import FORMS, Inception
from kinema.models.resnet import SIZES, ResNet
from kinema.models.rgb_flow import RGBFlow
from kinema.models.table import Backbone

HE, SZEGEDY = "He et al., arXiv:1512.03385", "Szegedy et al., arXiv:1409.4842"
BN, V3 = "Ioffe and Szegedy, arXiv:1502.03167", "Szegedy et al., arXiv:1512.00567"
ZOLFAGHARI = "Zolfaghari et al., arXiv:1804.09066"
PIXELS_ALONE = ("tsn", "tsm", "gsm", "trn", "trn_multiscale")  # the modules that go with frame by frame convolutions

BACKBONES: dict[str, Backbone] = {
    "resnet_tiny": Backbone(partial(ResNet, SIZES["resnet_tiny"]), HE, size=112),
    **{name: Backbone(partial(ResNet, SIZES[name]), HE)
       for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    "inception_v1": Backbone(partial(Inception, FORMS["inception_v1"]), SZEGEDY),
    "inception_3d": Backbone(partial(Inception, FORMS["inception_3d"]), SZEGEDY, frames=64, modules=("i3d", "s3d")),
    "inception_3d_rgb_flow": Backbone(partial(RGBFlow, FORMS["inception_3d"]), SZEGEDY, frames=64,
                                      modules=("i3d", "s3d"), input="rgb+flow"),
    "bn_inception": Backbone(partial(BranchedInception, KINDS["bn_inception"]), BN, modules=PIXELS_ALONE),
    "inception_v3": Backbone(partial(BranchedInception, KINDS["inception_v3"]), V3, size=299, modules=PIXELS_ALONE),
    "eco_lite": Backbone(partial(ECO, False), ZOLFAGHARI, frames=16, asks=False),
    "eco": Backbone(partial(ECO, True), ZOLFAGHARI, frames=16, asks=False),
}
