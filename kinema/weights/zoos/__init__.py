"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import (
    hf,
    ibm,
    mit_tsm,
    mmaction2,
    tanet,
    timesformer,
    tin,
    uniformerv2,
    videomae,
    vit,
    vjepa2,
)
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$", refine=vit.unsaid)
ZOOS = (
    *hf.ZOOS, OWN, uniformerv2.ZOO, *timesformer.ZOOS, *videomae.ZOOS, *vjepa2.ZOOS,
    mmaction2.TANET, mmaction2.ZOO, tin.ZOO, tanet.ZOO, mit_tsm.ZOO, *ibm.ZOOS, vjepa2.ENCODER,
)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
