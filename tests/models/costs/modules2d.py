"""2-D networks with a temporal module of their own, and networks of several 2-D paths.

All figures of these rows were given from memory. What confirms them stands in docs/networks-open.md, and here where
ours differ: the papers count batch norms (two operations for each value), ReLUs and pools too.
"""

from tests.models.costs.row import Cost

COUNTED = "with batch norms, ReLUs and pools counted too, ours are {} GMACs"
SAME_CODE = "a network written down once more from the public code gives the same logits"

COSTS = {
    ("TEINet-R50", 8, 224): Cost("teinet_r50_8f"),
    ("TEINet-R50", 16, 224): Cost("teinet_r50_16f"),
    ("TEA-R50", 8, 224): Cost("tea_r50_8f", classes=174, note=f"{COUNTED.format(34.83)}; {SAME_CODE}, so that 24.3 M "
                              "parameters could not be confirmed (with 101 classes there are as many)"),
    ("TDN-R50", 8, 224): Cost("tdn_r50_8x5", classes=174, frames=40, note=f"{COUNTED.format(35.97)}; the public code "
                              "has 24.42 M parameters, so that 26.6 M could not be confirmed"),
    ("STM-R50", 8, 224): Cost("stm_r50_8f", classes=174, note=COUNTED.format(33.21)),
    ("GST-R50", 8, 224): Cost("gst_r50_8f", classes=174, note=f"{COUNTED.format(29.25)}; {SAME_CODE}"),
}
