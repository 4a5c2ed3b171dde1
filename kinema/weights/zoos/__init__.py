"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import ibm, mit_tsm, mmaction2, pytorchvideo_csn, resnets_3d, tanet, tin
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$")
ZOOS = (*resnets_3d.ZOOS, OWN, mmaction2.TANET, mmaction2.ZOO, tin.ZOO, tanet.ZOO, mit_tsm.ZOO, *ibm.ZOOS,
        pytorchvideo_csn.PLAIN)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
