"""The backbones by name: one family a file, this is their table."""

from functools import partial

from kinema.models import cnn
from kinema.models.inception import Inception
from kinema.models.resnet import SIZES, ResNet
from kinema.models.table import Backbone
from kinema.models.twostream import INPUT, TwoStream

HE, SZEGEDY = "He et al., arXiv:1512.03385", "Szegedy et al., arXiv:1409.4842"
KARPATHY = 'Karpathy et al., "Large-scale Video Classification with Convolutional Neural Networks", CVPR 2014'
CHATFIELD, SIMONYAN = "Chatfield et al., arXiv:1405.3531", "Simonyan and Zisserman, arXiv:1406.2199"
OF_2014 = ("tsn", "single", "early", "late", "slow_fusion", "lstm", "transformer", "pooling")

BACKBONES: dict[str, Backbone] = {
    "resnet_tiny": Backbone(partial(ResNet, SIZES["resnet_tiny"]), HE, size=112),
    **{name: Backbone(partial(ResNet, SIZES[name]), HE)
       for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    "inception_v1": Backbone(Inception, SZEGEDY),
    "cnn_2014": Backbone(partial(cnn.CNN, cnn.SIZES["cnn_2014"]), KARPATHY, frames=10, size=170, modules=OF_2014),
    "cnn_m_2048": Backbone(partial(cnn.CNN, cnn.SIZES["cnn_m_2048"]), CHATFIELD, modules=OF_2014),
    "twostream-cnn_m_2048": Backbone(partial(TwoStream, partial(cnn.CNN, cnn.SIZES["cnn_m_2048"])), SIMONYAN,
                                     asks=False, order_aware=False, input=INPUT),
    **{f"twostream-{name}": Backbone(partial(TwoStream, partial(ResNet, SIZES[name])), SIMONYAN, size=size,
                                     asks=False, order_aware=False, input=INPUT)
       for name, size in (("resnet_tiny", 112), ("resnet18", 224), ("resnet50", 224), ("resnet101", 224))},
}
