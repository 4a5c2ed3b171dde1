"""The backbones by name: one family a file, this is their table."""

from functools import partial

from kinema.models.corrnet import CorrNet
from kinema.models.inception import Inception
from kinema.models.resnet import SIZES, ResNet
from kinema.models.slowfast import SlowFast
from kinema.models.table import Backbone
from kinema.models.tpn import TPN

FEICHTENHOFER, YANG = "Feichtenhofer et al., arXiv:1812.03982", "Yang et al., arXiv:2004.03548"
WANG = "Wang et al., arXiv:1906.03349"
HE, SZEGEDY = "He et al., arXiv:1512.03385", "Szegedy et al., arXiv:1409.4842"

BACKBONES: dict[str, Backbone] = {
    "resnet_tiny": Backbone(partial(ResNet, SIZES["resnet_tiny"]), HE, size=112),
    **{name: Backbone(partial(ResNet, SIZES[name]), HE)
       for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    "inception_v1": Backbone(Inception, SZEGEDY),
    **{f"slowfast-{name}": Backbone(partial(SlowFast, SIZES[name]), FEICHTENHOFER, frames=32, asks=False)
       for name in ("resnet50", "resnet101", "resnet152")},
    **{f"corrnet-{name}": Backbone(partial(CorrNet, SIZES[name]), WANG, frames=32, asks=False, sized=("frames",))
       for name in ("resnet50", "resnet101")},
    **{f"tpn_{name}": Backbone(partial(TPN, SIZES[name]), YANG, modules=("tsn", "tsm", "slow"), looks=True)
       for name in ("resnet50", "resnet101")},
}
