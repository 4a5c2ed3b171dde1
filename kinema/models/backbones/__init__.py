"""The backbones by name: one family a file, this is their table."""

from dataclasses import replace
from functools import partial

from kinema.models.backbones import biglittle, cnn
from kinema.models.backbones.assemblenet import SIZES as ASSEMBLED
from kinema.models.backbones.assemblenet import AssembleNet
from kinema.models.backbones.bn_inception import KINDS, BranchedInception, inception_v3
from kinema.models.backbones.c3d import C3D
from kinema.models.backbones.corrnet import CorrNet
from kinema.models.backbones.densenet import COUNTS, GROWTH, DenseNet
from kinema.models.backbones.eco import ECO
from kinema.models.backbones.hog3d import HOG3D
from kinema.models.backbones.inception import FORMS, Inception
from kinema.models.backbones.mobilenet import MobileNetV2
from kinema.models.backbones.mobileone import MobileOne
from kinema.models.backbones.movinet import MoViNet
from kinema.models.backbones.movinet_sizes import SIZES as MOVINET_SIZES
from kinema.models.backbones.resnet import SIZES, ResNet
from kinema.models.backbones.resnet_forms import FORMS as RESNET_FORMS
from kinema.models.backbones.rgb_flow import RGBFlow
from kinema.models.backbones.slowfast import SlowFast
from kinema.models.backbones.tdn import TDN
from kinema.models.backbones.tea import TEABlock
from kinema.models.backbones.tpn import TPN
from kinema.models.backbones.twostream import INPUT, TwoStream
from kinema.models.backbones.x3d import SIZES as X3D_SIZES
from kinema.models.backbones.x3d import X3D
from kinema.models.table import Backbone
from kinema.models.transformer import hierarchical
from kinema.models.transformer.sizes import UNIFORMERS, VITS

WANG = "Wang et al., arXiv:1906.03349"
HE, SZEGEDY = "He et al., arXiv:1512.03385", "Szegedy et al., arXiv:1409.4842"
FEICHTENHOFER, YANG = "Feichtenhofer et al., arXiv:1812.03982", "Yang et al., arXiv:2004.03548"
BN, V3 = "Ioffe and Szegedy, arXiv:1502.03167", "Szegedy et al., arXiv:1512.00567"
ZOLFAGHARI, HUANG = "Zolfaghari et al., arXiv:1804.09066", "Huang et al., arXiv:1608.06993"
KARPATHY = 'Karpathy et al., "Large-scale Video Classification with Convolutional Neural Networks", CVPR 2014'
CHATFIELD, SIMONYAN = "Chatfield et al., arXiv:1405.3531", "Simonyan and Zisserman, arXiv:1406.2199"
OF_2014 = ("tsn", "single", "early", "late", "slow_fusion", "lstm", "encoder", "pooling")
FORM_PAPERS = {"wide_resnet": "Zagoruyko and Komodakis, arXiv:1605.07146", "resnext": "Xie et al., arXiv:1611.05431",
               "preact_resnet": "He et al., arXiv:1603.05027"}
IN_3D = ("r3d",)  # what the networks that were published in 3-D alone are listed with
STUDY = ("tsn", "tsm", "tin", "tam", "tanet", "i3d", "s3d")  # of arXiv:2010.11757, and two of their kind
LISTED = {  # with what sizes other than 50 were published; any other module goes with them too
    "resnet18": (*STUDY, "r3d", "mc3", "r2plus1d", "lstm"),
    "resnet34": (*STUDY, "r3d", "r2plus1d"),
    "resnet101": (*STUDY, "c2d", "i3d_fair", "slow", "r3d", "r2plus1d", "ircsn", "ipcsn"),
    "resnet152": ("tsn", "tam", "i3d", "s3d", "r3d", "r2plus1d", "ircsn", "ipcsn", "p3d"),
}
PIXELS_ALONE = ("tsn", "tsm", "gsm", "trn", "trn_multiscale")  # the modules that go with frame by frame convolutions

RESNETS = {
    "resnet_tiny": Backbone(partial(ResNet, SIZES["resnet_tiny"]), HE, size=112),
    "resnet50": Backbone(partial(ResNet, SIZES["resnet50"]), HE),
    **{name: Backbone(partial(ResNet, SIZES[name]), HE, modules=modules) for name, modules in LISTED.items()},
    **{name: Backbone(partial(ResNet, SIZES[name]), HE, modules=IN_3D) for name in ("resnet10", "resnet200")},
    **{name: Backbone(partial(ResNet, form), FORM_PAPERS[name.rstrip("0123456789")], 16, 112, modules=IN_3D)
       for name, form in RESNET_FORMS.items()},
    **{f"bl{name}": Backbone(partial(biglittle.blresnet, counts), "Chen et al., arXiv:1807.03848",
                             modules=("tsn", "tam")) for name, counts in biglittle.COUNTS.items()},
    **{f"blvnet_tam-{name}": Backbone(partial(biglittle.blvnet_tam, counts), "Fan et al., arXiv:1912.00869", frames=16,
                                      asks=False) for name, counts in biglittle.COUNTS.items()},
    **{f"tdn-{name}": Backbone(partial(TDN, name), "Wang et al., arXiv:2012.10071", frames=40, asks=False,
                               neighbours=5) for name in ("resnet50", "resnet101")},
    **{f"slowfast-{name}": Backbone(partial(SlowFast, SIZES[name]), FEICHTENHOFER, frames=32, asks=False)
       for name in ("resnet50", "resnet101", "resnet152")},
    **{f"corrnet-{name}": Backbone(partial(CorrNet, SIZES[name]), WANG, frames=32, asks=False, sized=("frames",))
       for name in ("resnet50", "resnet101")},
    **{f"tpn_{name}": Backbone(partial(TPN, SIZES[name]), YANG, modules=("tsn", "tsm", "slow"), looks=True)
       for name in ("resnet50", "resnet101")},
    **{f"tea-{name}": Backbone(partial(ResNet, replace(SIZES[name], block=TEABlock)), "Li et al., arXiv:2004.01398",
                               asks=False) for name in ("resnet50", "resnet101")},
}
INCEPTIONS = {
    "inception_v1": Backbone(partial(Inception, FORMS["inception_v1"]), SZEGEDY,
                             modules=(*STUDY, "gsm", "lstm", "pooling")),
    "inception_3d": Backbone(partial(Inception, FORMS["inception_3d"]), SZEGEDY, frames=64, modules=("i3d", "s3d"),
                             looks=True),
    "inception_3d_rgb_flow": Backbone(partial(RGBFlow, FORMS["inception_3d"]), SZEGEDY, frames=64,
                                      modules=("i3d", "s3d"), input="rgb+flow", looks=True),
    "bn_inception": Backbone(partial(BranchedInception, KINDS["bn_inception"]), BN, modules=PIXELS_ALONE),
    "inception_v3": Backbone(inception_v3, V3, size=299, modules=PIXELS_ALONE),
    "eco_lite": Backbone(partial(ECO, False), ZOLFAGHARI, frames=16, asks=False),
    "eco": Backbone(partial(ECO, True), ZOLFAGHARI, frames=16, asks=False),
}
MOBILE = {
    **{name: Backbone(partial(X3D, size), "Feichtenhofer, arXiv:2004.04730", size.frames, size.pixels,
                      modules=("tsn", "i3d")) for name, size in X3D_SIZES.items()},
    "mobileone_s4": Backbone(MobileOne, "Vasu et al., arXiv:2206.04040", modules=("tsn", "tsm")),
    "mobilenet_v2": Backbone(MobileNetV2, "Sandler et al., arXiv:1801.04381",
                             modules=("tsn", "tsm", "online_tsm", "tam", "i3d")),
    **{name: Backbone(partial(MoViNet, size), "Kondratyuk et al., arXiv:2103.11511", size.frames, size.pixels,
                      asks=False) for name, size in MOVINET_SIZES.items()},
}
OF_2014_AND_15 = {
    "cnn_2014": Backbone(partial(cnn.CNN, cnn.SIZES["cnn_2014"]), KARPATHY, frames=10, size=170, modules=OF_2014),
    "cnn_m_2048": Backbone(partial(cnn.CNN, cnn.SIZES["cnn_m_2048"]), CHATFIELD, modules=OF_2014),
    "twostream-cnn_m_2048": Backbone(partial(TwoStream, partial(cnn.CNN, cnn.SIZES["cnn_m_2048"])), SIMONYAN,
                                     asks=False, order_aware=False, input=INPUT),
    **{f"twostream-{name}": Backbone(partial(TwoStream, partial(ResNet, SIZES[name])), SIMONYAN, size=size,
                                     asks=False, order_aware=False, input=INPUT)
       for name, size in (("resnet_tiny", 112), ("resnet18", 224), ("resnet50", 224), ("resnet101", 224))},
}
OTHERS = {
    **{name: Backbone(partial(AssembleNet, size), "Ryoo et al., arXiv:1905.13209", frames=32, asks=False,
                      input="rgb+flow") for name, size in ASSEMBLED.items()},
    **{name: Backbone(partial(DenseNet, counts, GROWTH[name]), HUANG, 16, 112, modules=IN_3D)
       for name, counts in COUNTS.items() if name != "densenet161"},
    "densenet161": Backbone(partial(DenseNet, COUNTS["densenet161"], GROWTH["densenet161"]), HUANG, modules=("tsn",)),
    "hog3d": Backbone(HOG3D, 'Klaser et al., "A Spatio-Temporal Descriptor Based on 3D-Gradients", BMVC 2008', 32, 112,
                      asks=False, fitted=True),
    "c3d": Backbone(C3D, "Tran et al., arXiv:1412.0767", 16, 112, asks=False, sized=("frames", "size")),
}
BACKBONES: dict[str, Backbone] = {
    **RESNETS, **INCEPTIONS, **MOBILE, **OTHERS, **OF_2014_AND_15, **VITS, **hierarchical.BACKBONES, **UNIFORMERS,
}
