"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import ibm, mit_tsm, mmaction2, mvit, swin, tanet, tin, uniformer
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$")
ZOOS = (OWN, mmaction2.TANET, mmaction2.ZOO, tin.ZOO, tanet.ZOO, mit_tsm.ZOO, *ibm.ZOOS,
        *mvit.ZOOS, *swin.ZOOS, *uniformer.ZOOS)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
