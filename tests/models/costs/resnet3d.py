"""3-D residual networks, their factorisations and C3D."""

from tests.models.costs.row import Cost

FVCORE = "published with fvcore's count, which has other operations than multiply-adds in it; measured here: {}"

COSTS = {
    ("C3D (VGG-style, 2 FC4096)", 16, 112): Cost("c3d", classes=101),
    ("CSN ir-152", 32, 256): Cost("ir_csn_152"),
    ("CSN ip-152", 32, 256): Cost("ip_csn_152", note="VMZ rounds to 32.8 M parameters; MMAction2 counts 33.02 M, as "
                                                     "ours, in the weights converted from VMZ's"),
    ("CSN ir-50", 32, 224): Cost("ir_csn_50", crop=256, note="MMAction2's figures are 1 % above the multiply-adds for "
                                                             "the 152-layer networks too; measured there: 55.26"),
    ("CSN-R101 (PyTorchVideo)", 32, 256): Cost("csn_r101", note=FVCORE.format("73.76")),
    ("CSN-R101", 32, 256): Cost("ip_csn_101", note="the figure of the paper's ip-CSN-101, confirmed by computing it; "
                                                   "its ir-CSN-101 has 73.8"),
    ("R(2+1)D-18", 16, 112): Cost("r2plus1d_18"),
    ("R3D-18", 16, 112): Cost("r3d_18"),
    ("MC3-18", 16, 112): Cost("mc3_18"),
    ("R(2+1)D-34", 8, 128): Cost("r2plus1d_34"),
    ("R(2+1)D-34", 32, 128): Cost("r2plus1d_34"),
    ("R(2+1)D-152", 32, 112): Cost(
        "r2plus1d_152", crop=128,
        note="listed for 112, as VMZ's others that are measured at 128; 335.1 there, 1.8 % more than published, "
             "and 256.6 at 112 (64.66 with VMZ's pool for torch after the stem); the parameters agree"),
    ("R(2+1)D-R50 16x4 (PyTorchVideo)", 16, 256): Cost("r2plus1d_r50", note=FVCORE.format("75.15")),
}
