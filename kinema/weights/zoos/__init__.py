"""One key map a zoo. The first zoo in ZOOS whose mark is found in the keys is the one."""

from kinema.weights.zoos import action, blvnet, gst, ibm, mit_tsm, mmaction2, tanet, tdn, tea, tin
from kinema.weights.zoos.zoo import Weights, Zoo

OWN = Zoo("kinema", r"^classifier\.weight$")
ZOOS = (
    OWN, tdn.ZOO, blvnet.ZOO, tea.ZOO, gst.ZOO, action.ZOO,
    mmaction2.TANET, mmaction2.ZOO, tin.ZOO, tanet.ZOO, mit_tsm.ZOO, *ibm.ZOOS,
)

__all__ = ["OWN", "ZOOS", "Weights", "Zoo"]
