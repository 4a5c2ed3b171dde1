"""2-D networks with a temporal module of their own, and networks of several 2-D paths."""

from kinema.models.table import Published

TDN, BLVNET = "Wang et al., arXiv:2012.10071", "Fan et al., arXiv:1912.00869"
TEA, TEINET, ACTION = "Li et al., arXiv:2004.01398", "Liu et al., arXiv:1911.09435", "Wang et al., arXiv:2103.07372"
GST, STM = "Luo and Yuille, arXiv:1909.13130", "Jiang et al., arXiv:1908.02486"
MODULES = {"teinet": TEINET, "stm": STM, "gst": GST, "action": ACTION, "tea": TEA}

PUBLISHED = {
    **{f"tdn_r{depth}_{parts}x5": Published(
        f"tdn-resnet{depth}", TDN, frames=5 * parts, sampling="uniform", neighbours=5)
       for depth in (50, 101) for parts in (8, 16)},
    **{f"blvnet_tam_{depth}_{pairs}x2": Published(
        f"blvnet_tam-resnet{depth}", BLVNET, frames=2 * pairs, sampling="uniform")
       for depth, sizes in ((50, (8, 16)), (101, (8, 16, 24, 32))) for pairs in sizes},
    **{f"{module}_r50_{frames}f": Published(f"{module}-resnet50", paper, frames=frames, sampling="uniform")
       for module, paper in MODULES.items() for frames in (8, 16)},
    "gst_large_r50_8f": Published("gst-resnet50", GST, sampling="uniform", options={"split": False}),
}
