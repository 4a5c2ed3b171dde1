"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import bn_inception, ibm, inception_3d, mit_tsm, mmaction2, tanet, tin, trn
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$")
ZOOS = (
    OWN, trn.MMACTION2, trn.ZOO, bn_inception.ZOO,
    mmaction2.TANET, mmaction2.ZOO, tin.ZOO, tanet.ZOO, mit_tsm.ZOO,
    *inception_3d.ZOOS, *ibm.ZOOS,
)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
