"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import (
    action,
    blvnet,
    bn_inception,
    c3d,
    eco,
    gluoncv,
    gluoncv_i3d,
    gst,
    hara,
    hf,
    ibm,
    inception_3d,
    mit_tsm,
    mmaction2,
    mmaction2_3d,
    mmaction2_others,
    mobilenet,
    movinet,
    mvit,
    p3d,
    pyslowfast,
    pyslowfast_vit,
    pytorchvideo,
    pytorchvideo_2plus1d,
    swin,
    tanet,
    tdn,
    tea,
    timesformer,
    tin,
    torchvision_video,
    tpn,
    trn,
    uniformer,
    uniformerv2,
    videomae,
    vit,
    vjepa2,
    vmz,
    x3d,
)
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$", open=("tp", "pool"), refine=vit.unsaid)  # a pool has no weights
RESNETS_3D = (
    *hara.ZOOS, mmaction2_others.DENSENET, *torchvision_video.ZOOS, *mmaction2_3d.ZOOS, *pytorchvideo_2plus1d.ZOOS,
    *gluoncv.ZOOS, *vmz.ZOOS, p3d.ZOO, c3d.ZOO,
)
MOBILE = (action.MOBILENET, mmaction2_others.MOBILEONE, *mobilenet.ZOOS, *x3d.ZOOS, movinet.ZOO)
FAIR = (mmaction2.SLOWFAST, *pyslowfast.ZOOS, *pytorchvideo.ZOOS, *gluoncv_i3d.ZOOS, *tpn.ZOOS)
MODULES = (
    tdn.ZOO, blvnet.ZOO, tea.ZOO, gst.ZOO, action.ZOO, trn.MMACTION2, mmaction2.TANET, tin.MMACTION2,
    mmaction2.ZOO, tin.ZOO, tanet.ZOO, mit_tsm.ZOO,
)
INCEPTION = (eco.ZOO, trn.ZOO, bn_inception.ZOO, *inception_3d.ZOOS)  # a relation stands over bn_inception too
TRANSFORMERS = (
    uniformerv2.ZOO, *timesformer.ZOOS, *videomae.ZOOS, *vjepa2.ZOOS, *mvit.ZOOS, pyslowfast_vit.ZOO,
    *swin.ZOOS, *uniformer.ZOOS,
)
ZOOS = (
    mobilenet.ONLINE, *hf.ZOOS, *RESNETS_3D, OWN, *MOBILE, *INCEPTION, *TRANSFORMERS, *FAIR, *MODULES, *ibm.ZOOS,
    vjepa2.ENCODER,
)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
