"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import gluoncv, ibm, mit_tsm, mmaction2, pyslowfast, pytorchvideo, tanet, tin, tpn
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$")
ZOOS = (OWN, mmaction2.TANET, mmaction2.SLOWFAST, mmaction2.ZOO, tin.ZOO, tanet.ZOO, mit_tsm.ZOO,
        *pyslowfast.ZOOS, *pytorchvideo.ZOOS, *gluoncv.ZOOS, *tpn.ZOOS, *ibm.ZOOS)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
