"""Plain video transformers under the names they were published with."""

from kinema.models.table import Published

BERTASIUS = "Bertasius et al., arXiv:2102.05095"
ARNAB = "Arnab et al., arXiv:2103.15691"
TONG, WANG = "Tong et al., arXiv:2203.12602", "Wang et al., arXiv:2303.16727"
LI = "Li et al., arXiv:2211.09552"
ASSRAN = "Assran et al., arXiv:2506.09985"

VIVIT = {"tubelet": 2, "gelu": "tanh"}
JOINT = {**VIVIT, "positions": "learned"}
PATCHES = {**JOINT, "readout": "patches"}
MAE = {"tubelet": 2, "positions": "sine", "bias": "qv", "readout": "mean"}
MOTION = {"local": 2, "halve": True}  # UniFormerV2 where motion matters: local attention, over pairs of frames
JEPA = {"tubelet": 2, "positions": "rotary", "readout": "probe", "readout_eps": 1e-5}


def vivit(model: str, options: dict[str, object]) -> Published:
    """ViViT sees 32 frames, 2 apart."""
    return Published(model, ARNAB, 32, 2, options=options)


def videomae(model: str, paper: str) -> Published:
    """VideoMAE sees 16 frames, 4 apart."""
    return Published(model, paper, 16, 4, options=MAE)


PUBLISHED: dict[str, Published] = {
    "timesformer": Published("s3d-vit_b16", BERTASIUS, 8, 32),
    "timesformer_space": Published("tsn-vit_b16", BERTASIUS, 8, 32, options={"readout": "class_mean"}),
    "timesformer_joint": Published("i3d-vit_b16", BERTASIUS, 8, 32),
    "timesformer_hr": Published("s3d-vit_b16", BERTASIUS, 16, 16, 448),
    "timesformer_l": Published("s3d-vit_b16", BERTASIUS, 96, 4),
    "vivit": vivit("i3d-vit_b16", JOINT),
    "vivit_b16x2": vivit("i3d-vit_b16", JOINT),  # model 1: attention over all of a clip
    "vivit_b16x2_fe": vivit("encoder-vit_b16", VIVIT),  # model 2: a second transformer over the frames
    "vivit_b16x2_fsa": vivit("s3d-vit_b16", {**PATCHES, "split": "space_time"}),  # model 3
    "vivit_b16x2_fdp": vivit("s3d-vit_b16", {**PATCHES, "split": "heads"}),  # model 4
    "vivit_l16x2": vivit("i3d-vit_l16", JOINT),
    "vivit_l16x2_fe": vivit("encoder-vit_l16", VIVIT),
    "videomae_s": videomae("i3d-vit_s16", TONG),
    "videomae_b": videomae("i3d-vit_b16", TONG),
    "videomae_l": videomae("i3d-vit_l16", TONG),
    "videomae_h": videomae("i3d-vit_h16", TONG),
    "videomae_v2_s": videomae("i3d-vit_s16", WANG),
    "videomae_v2_b": videomae("i3d-vit_b16", WANG),
    "videomae_v2_g": videomae("i3d-vit_g14", WANG),
    "vjepa2_l": Published("i3d-vit_l16", ASSRAN, 16, 4, 256, options=JEPA),
    "vjepa2_h": Published("i3d-vit_h16", ASSRAN, 16, 4, 256, options=JEPA),
    "vjepa2_g": Published("i3d-vit_g16", ASSRAN, 64, 2, 384, options={**JEPA, "probe_heads": 16}),
    "uniformerv2_l14_336": Published("uniformerv2_l14", LI, 32, 1, 336, "uniform"),
    "uniformerv2_b16_ssv2": Published("uniformerv2_b16", LI, 16, 1, 224, "uniform", {**MOTION, "globals": 8}),
    "uniformerv2_l14_ssv2": Published(
        "uniformerv2_l14", LI, 16, 1, 224, "uniform", {**MOTION, "globals": 16, "narrow": 682}),
}
