"""Plain video transformers."""

from tests.models.costs.row import Cost

MEMORY = ("the published figures are from memory and could not be confirmed; computed from the paper's description, "
          "parameters agree to a tenth of a percent")
WIDE = "the published parameters are those for 224 pixels: the table of 28 x 28 places has 0.45 M more"
ROUNDED = "86.5 M parameters are published as 87 M"

COSTS = {
    ("TimeSformer divST", 8, 224): Cost("timesformer"),
    ("TimeSformer jointST", 8, 224): Cost("timesformer_joint"),
    ("TimeSformer spaceOnly", 8, 224): Cost("timesformer_space"),
    ("TimeSformer-HR", 16, 448): Cost("timesformer_hr", note=WIDE),
    ("TimeSformer-L", 96, 224): Cost("timesformer_l"),
    ("ViViT-B/16x2 (model 1, unfactorised)", 32, 224): Cost(
        "vivit_b16x2", note=MEMORY + ", and multiply-adds are 0.8 % fewer: convolutions and matrix products alone"),
    ("ViViT-B/16x2 FE (model 2)", 32, 224): Cost("vivit_b16x2_fe", note=MEMORY),
    ("ViViT-B/16x2 F-SA (model 3)", 32, 224): Cost("vivit_b16x2_fsa", note=MEMORY),
    ("ViViT-B/16x2 F-DPA (model 4)", 32, 224): Cost("vivit_b16x2_fdp", note=MEMORY),
    ("ViViT-L/16x2 FE", 32, 224): Cost("vivit_l16x2_fe", note="nothing is published; the row was computed"),
    ("VideoMAE ViT-S", 16, 224): Cost("videomae_s"),
    ("VideoMAE ViT-B", 16, 224): Cost("videomae_b", note=ROUNDED),
    ("VideoMAE ViT-L", 16, 224): Cost("videomae_l"),
    ("VideoMAE ViT-H", 16, 224): Cost("videomae_h"),
}
