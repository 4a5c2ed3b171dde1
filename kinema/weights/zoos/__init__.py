"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import (
    action,
    blvnet,
    bn_inception,
    c3d,
    gluoncv,
    gst,
    hara,
    ibm,
    inception_3d,
    mit_tsm,
    mmaction2,
    mmaction2_3d,
    mobilenet,
    movinet,
    p3d,
    pyslowfast,
    pytorchvideo,
    pytorchvideo_csn,
    tanet,
    tdn,
    tea,
    tin,
    torchvision_video,
    trn,
    vmz,
    x3d,
)
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$")
RESNETS_3D = (
    *hara.ZOOS, *torchvision_video.ZOOS, *mmaction2_3d.ZOOS, *pytorchvideo_csn.ZOOS, *gluoncv.ZOOS, *vmz.ZOOS, p3d.ZOO,
    c3d.ZOO,
)
MOBILE = (*mobilenet.ZOOS, *x3d.ZOOS, movinet.ZOO)
FAIR = (mmaction2.SLOWFAST, *pyslowfast.ZOOS, *pytorchvideo.ZOOS)
MODULES = (
    tdn.ZOO, blvnet.ZOO, tea.ZOO, gst.ZOO, action.ZOO, trn.MMACTION2, mmaction2.TANET, mmaction2.ZOO, tin.ZOO,
    tanet.ZOO, mit_tsm.ZOO,
)
INCEPTION = (trn.ZOO, bn_inception.ZOO, *inception_3d.ZOOS)  # a relation stands over bn_inception too
ZOOS = (mobilenet.ONLINE, *RESNETS_3D, OWN, *MOBILE, *INCEPTION, *FAIR, *MODULES, *ibm.ZOOS)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
