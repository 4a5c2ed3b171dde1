"""Efficient and streaming networks."""

from tests.models.costs.row import Cost

ROUNDED = "published with one figure: it is 0.605"
STEP = ("the published step, given to two figures, is 9 to 11 % dearer at the crop of its size; what else it counts "
        "(norms, activations) could not be confirmed")
NORMS = ("the published figure is ours and one operation for each value that a norm or a gate gives out, which makes "
         "{} of it; the official code's README confirms it to two figures, and the size of its checkpoint ({} MB) our "
         "parameters")
REVISED = (NORMS + ". The published count of parameters could not be confirmed: the blocks are the official code's, "
           "which its authors revised after the paper")

COSTS: dict[tuple[str, int, int | None], Cost] = {
    ("X3D-XS", 4, 160): Cost("x3d_xs", note=ROUNDED),
    ("X3D-S", 13, 160): Cost("x3d_s"),
    ("X3D-M", 16, 224): Cost("x3d_m"),
    ("X3D-L", 16, 312): Cost("x3d_l"),
    ("X3D-XL", 16, 312): Cost("x3d_xl"),
    ("TSM-MobileNetV2", 8, 224): Cost(
        "tsm_mobilenet_v2", crop=256,
        note="the published figure holds at 256 pixels and counts two operations for each value that a norm gives out: "
             "3.130 and 0.140 make 3.269"),
    ("MoViNet-A0", 50, 172): Cost("movinet_a0_base", classes=600, note=NORMS.format("2.71", 12)),
    ("MoViNet-A1", 50, 172): Cost("movinet_a1_base", classes=600, note=REVISED.format("6.02", 18)),
    ("MoViNet-A2", 50, 224): Cost(
        "movinet_a2_base", classes=600,
        note="the blocks are the official code's, which its authors revised after the paper, and the size of its "
             "checkpoint (20 MB) confirms our parameters; its README repeats the paper's figure (10) all the same"),
    ("MoViNet-A3", 120, 256): Cost("movinet_a3_base", classes=600, note=REVISED.format("56.9", 29)),
    ("MoViNet-A4", 80, 290): Cost("movinet_a4_base", classes=600, note=REVISED.format("105", 44)),
    ("MoViNet-A5", 120, 320): Cost("movinet_a5_base", classes=600, note=REVISED.format("281", 72)),
    ("CoX3D-S (per frame step)", 1, None): Cost("cox3d_s", crop=160, note=STEP),
    ("CoX3D-M (per frame step)", 1, None): Cost("cox3d_m", crop=224, note=STEP),
    ("CoX3D-L (per frame step)", 1, None): Cost("cox3d_l", crop=312, note=STEP),
}
