"""The backbones by name: one family a file, this is their table."""

from dataclasses import replace
from functools import partial

from kinema.models.assemblenet import SIZES as ASSEMBLED
from kinema.models.assemblenet import AssembleNet
from kinema.models.biglittle import COUNTS, blresnet, blvnet_tam
from kinema.models.inception import Inception
from kinema.models.resnet import SIZES, ResNet
from kinema.models.table import Backbone
from kinema.models.tdn import TDN
from kinema.models.tea import TEABlock

HE, SZEGEDY = "He et al., arXiv:1512.03385", "Szegedy et al., arXiv:1409.4842"

BACKBONES: dict[str, Backbone] = {
    "resnet_tiny": Backbone(partial(ResNet, SIZES["resnet_tiny"]), HE, size=112),
    **{name: Backbone(partial(ResNet, SIZES[name]), HE)
       for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    "inception_v1": Backbone(Inception, SZEGEDY),
    **{f"tdn-{name}": Backbone(partial(TDN, name), "Wang et al., arXiv:2012.10071", frames=40, asks=False)
       for name in ("resnet50", "resnet101")},
    **{name: Backbone(partial(AssembleNet, size), "Ryoo et al., arXiv:1905.13209", frames=32, asks=False,
                      input="rgb+flow") for name, size in ASSEMBLED.items()},
    **{f"tea-{name}": Backbone(partial(ResNet, replace(SIZES[name], block=TEABlock)), "Li et al., arXiv:2004.01398",
                               asks=False) for name in ("resnet50", "resnet101")},
    **{f"bl{name}": Backbone(partial(blresnet, counts), "Chen et al., arXiv:1807.03848",
                             modules=("tsn", "tam")) for name, counts in COUNTS.items()},
    **{f"blvnet_tam-{name}": Backbone(partial(blvnet_tam, counts), "Fan et al., arXiv:1912.00869", frames=16,
                                      asks=False) for name, counts in COUNTS.items()},
}
