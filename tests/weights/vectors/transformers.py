"""Plain video transformers (zoos transformers, timesformer, videomae, vjepa2, mmaction2)."""

from tests.weights.vectors.row import Row

HEADS = {"heads": 4}
PREDICTOR = "the predictor that the encoder was trained with takes no part in recognition"
FUSED = "the published count leaves out the attention inside the probe, whose products are fused there"

VECTORS = {
    "hf_timesformer_small": Row("s3d-vit_tiny", HEADS, quick=True),
    "timesformer_fb_divided_space_time": Row("s3d-vit_b16"),
    "mm_timesformer_divst": Row("s3d-vit_b16"),
    "hf_vivit_small": Row("i3d-vit_tiny", HEADS, quick=True),
    "hf_videomae_small": Row("i3d-vit_tiny", HEADS, quick=True),
    "videomae_vit_s_ft": Row("i3d-vit_s16"),
    "mm_vit_b_videomae": Row("i3d-vit_b16"),
    "hf_vjepa2_small": Row("i3d-vit_tiny", HEADS, quick=True, parameters=-66480, why=PREDICTOR),
    "vjepa2_fb_vits_attentive": Row("i3d-vit_s16", gmacs=8e-3, why=FUSED),
}
