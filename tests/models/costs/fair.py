"""C2D, I3D, Slow, SlowFast and CorrNet. SlowFast's rows count the frames of both pathways; ours are the fast one's."""

from tests.models.costs.row import Cost

OTHER = "PyTorchVideo counts other operations than products too; without them its code costs what ours does"
MORE = "MMAction2 counts batch norm and ReLU too, half a percent here; its own code has our products"
TWICE = "16x8 is 8x8 on clips twice as long, so it costs twice 65.7; the 124.5 of the study could not be confirmed"
NO_CODE = ("There is no code, and the study's figure does not follow from what is known of the paper: with 32 groups "
           "ours costs 176 and 252, with 4 groups 119 and 190 (open choices: kinema/models/backbones/corrnet.py)")

COSTS: dict[tuple[str, int | str, int], Cost] = {
    ("C2D-R50 8x8 (pool)", 8, 256): Cost("c2d_r50_8x8", note=OTHER),
    ("I3D-R50 8x8 (FAIR 3x1x1, pool)", 8, 256): Cost("i3d_r50_8x8", note=OTHER),
    ("I3D-R50 32x2 (MMAction2)", 32, 224): Cost("i3d_r50_32x2", crop=256, note=MORE),
    ("I3D-R50-NL dot 32x2 (MMAction2)", 32, 224): Cost("i3d_nl_r50_32x2_dot", crop=256),
    ("I3D-R50 heavy 32x2 (MMAction2)", 32, 224): Cost("i3d_r50_32x2_heavy", crop=256),
    ("Slow-R50 4x16", 4, 256): Cost("slow_r50_4x16", note=OTHER),
    ("Slow-R50 8x8", 8, 256): Cost("slow_r50_8x8"),
    ("Slow-R101 8x8", 8, 256): Cost("slow_r101_8x8"),
    ("SlowFast-R50 4x16", "4+32", 256): Cost("slowfast_r50_4x16"),
    ("SlowFast-R50 8x8", "8+32", 256): Cost("slowfast_r50_8x8"),
    ("SlowFast-R101 8x8", "8+32", 256): Cost("slowfast_r101_8x8"),
    ("SlowFast-R101 16x8 (50-50)", "16+64", 256): Cost("slowfast_r101_16x8"),
    ("SlowFast-R50 16x8", "16+64", 256): Cost("slowfast_r50_16x8", note=TWICE),
    ("CorrNet-50", 32, 224): Cost("corrnet_r50", note=NO_CODE),
    ("CorrNet-101", 32, 224): Cost("corrnet_r101", note=NO_CODE),
    ("TSM-R50-NL dot", 8, 224): Cost("tsm+nonlocal-resnet50", {"attention": "dot_product"}),
}
