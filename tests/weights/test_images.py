"""torchvision's and timm's image networks in video networks: a clip of one picture gets their answer.

The figures in tests/reference/images are of those packages' own networks, under weights that follow from the names of
their state_dict.
"""

import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import Network, create_model
from kinema.models.names import expected_clip
from kinema.weights.inflation.inflate import inflate
from kinema.weights.load import load_weights
from tests.weights.pseudoweights import normal, state_dict

FOLDER = Path(__file__).parents[1] / "reference" / "images"
PIXELS, FAR = {"stem_pool": "pixels"}, {"far_pools": True}  # pools as in the image network
SWIN: dict[str, Any] = {"width": 24, "depths": (2, 2, 2, 2), "heads": (1, 2, 4, 8)}
MVIT: dict[str, Any] = {"width": 24, "depth": 5, "steps": (1, 2, 4), "token": False, "key_stride": 4}
TUBELETS: dict[str, Any] = {"tubelet": 2, "positions": "learned", "readout": "mean", "bias": "qv"}
SAME = [  # figures, video network, its options
    ("tv_resnet10", "r3d-resnet10", PIXELS), ("tv_resnet10", "r3d-resnet10-tp", PIXELS),
    ("tv_googlenet", "tsn-inception_v1", {}), ("tv_googlenet", "i3d-inception_v1", FAR),
    ("tv_googlenet", "s3d-inception_v1-tp", FAR), ("tv_googlenet", "i3d", {"same": False, **FAR}),
    ("tv_googlenet", "s3d_g", FAR), ("tv_googlenet", "gsm-inception_v1", {}),
    ("tv_mobilenet_v2", "i3d-mobilenet_v2", {}), ("timm_mobilenet_v2", "i3d-mobilenet_v2-tp", {}),
    ("tv_vit", "tsn-vit_tiny", {}), ("tv_vit", "s3d-vit_tiny", {}), ("timm_vit", "s3d-vit_tiny", {}),
    ("timm_vit", "s3d-vit_tiny", {"positions": "learned", "split": "space_time"}),
    ("timm_vit", "s3d-vit_tiny", {"tubelet": 2}), ("timm_vit_mean", "i3d-vit_tiny", TUBELETS),
    ("timm_vit_mean", "i3d-vit_tiny", {"readout": "mean"}),
    ("tv_swin", "swin3d_t", SWIN), ("timm_swin", "swin3d_t", SWIN), ("timm_mvitv2", "mvitv2_s", MVIT),
]
DEEP = [
    ("tv_resnet18", "r3d_18", PIXELS), ("tv_resnet18", "mc3_18", PIXELS), ("tv_resnet18", "tam-resnet18", {}),
    ("tv_resnet50", "i3d-resnet50", {}), ("tv_resnet50", "s3d-resnet50", {}), ("tv_resnet50", "p3d-resnet50", {}),
    ("tv_resnet50", "slow_r50_8x8", {}), ("tv_resnet50", "i3d_nln_r50_8x8", {}),
    ("timm_seresnet50", "i3d+se-resnet50", {}), ("timm_res2net50", "tea-resnet50", {}),
    ("tv_resnext50", "r3d-resnext50", PIXELS), ("tv_densenet121", "r3d-densenet121", PIXELS),
    ("tv_inception_v3", "tsn-inception_v3", {"torchvision": True}),
    ("tv_inception_v3", "gsm-inception_v3", {"torchvision": True}),
]
SHIFT = ("tea-resnet50",)  # which brings zeros from beyond a clip's edges
REFUSED = [  # figures, video network, what the error says of it
    ("tv_resnet18", "slowfast-resnet50", r"have no place in it.*those of resnet18\. Nearest: i3d-resnet18"),
    ("tv_resnet18", "ircsn-resnet18", r"have no place in it.*Nearest: i3d-resnet18, tsn-resnet18"),
    ("tv_resnet18", "i3d-resnet10", r"have no place in it.*Nearest: i3d-resnet18"),
    ("tv_resnet10", "i3d-resnet18", r"are not among them.*Nearest: i3d-resnet10"),
    ("tv_wide_resnet50", "r3d-wide_resnet50", r"another shape than its image network's"),
    ("tv_resnet18", "x3d_s", r"Nearest: i3d-resnet18"), ("tv_resnet18", "movinet_a0", "Nearest: i3d-resnet18"),
    ("tv_mobilenet_v2", "i3d-resnet18", r"those of mobilenet_v2\. Nearest: i3d-mobilenet_v2"),
    ("timm_seresnet50", "i3d-resnet50", r"those of resnet50\. Nearest: i3d\+se-resnet50"),
    ("tv_vit", "videomae_s", "it makes the positions of its patches itself.*positions='learned'"),
    ("timm_vit_mean", "s3d-vit_tiny", "are not among them .backbone.class_token"),
    ("tv_inception_v3", "tsn-inception_v3", r"another shape.*Nearest: tsn-inception_v3"),
]


@cache
def figures(name: str) -> dict[str, Any]:
    return {"aliases": {}, **json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))}


@cache
def weights(name: str) -> dict[str, torch.Tensor]:
    return state_dict(figures(name))


def made(name: str, side: int, **options: Any) -> Network:
    """A network for few frames of such pictures, ready for use."""
    torch.manual_seed(0)
    clip = replace(expected_clip(name), frames=8, height=side, width=side)
    return create_model(name, 1000, clip=clip, **options).eval()


@pytest.mark.parametrize(("image", "name", "options", "how"), [
    *((*row, how) for row in SAME for how in ("centre", "mean")),
    *(pytest.param(*row, "mean" if row[1] in SHIFT else "centre", marks=pytest.mark.slow) for row in DEEP)])
def test_a_still_video_gets_the_image_networks_answer(
    image: str, name: str, options: dict[str, Any], how: str
) -> None:
    side, edges = figures(image)["side"], "repeat" if how == "mean" or name in SHIFT else "zeros"
    video = inflate(made(name, side, edges=edges, **options), weights(image), how)
    picture_NCHW = torch.from_numpy(normal(f"picture:{image}", (1, 3, side, side))[0])
    with torch.inference_mode():
        still = video(picture_NCHW[:, :, None].expand(-1, -1, video.clip.frames, -1, -1))[0]
    answer = torch.tensor(figures(image)["logits"])
    torch.testing.assert_close(still, answer, rtol=0, atol=1e-5 * float(answer.std()))


@pytest.mark.slow
@pytest.mark.parametrize(("image", "name", "says"), REFUSED)
def test_networks_without_those_kernels_say_why_and_which_have_them(image: str, name: str, says: str) -> None:
    with torch.device("meta"):
        network = made(name, figures(image)["side"] if "vit" in name else 64)
    with pytest.raises(ModelError, match=f"^{name} cannot be inflated from.*{says}"):
        inflate(network, {key: torch.zeros(shape) for key, shape in figures(image)["keys"].items()})


@pytest.mark.parametrize(("how", "share"), [("mean", 0.5), ("centre", 1.0), ("repeat", 1.0)])
def test_tubelets_take_the_central_frame_or_share_the_filter(how: str, share: float) -> None:
    video = inflate(made("i3d-vit_tiny", 64, tubelet=2, positions="learned"), weights("timm_vit"), how)
    deep, flat = video.state_dict()["backbone.stem.weight"], weights("timm_vit")["patch_embed.proj.weight"]
    torch.testing.assert_close(deep[:, :, 1], share * flat)
    torch.testing.assert_close(deep[:, :, 0], torch.zeros_like(flat) if how == "centre" else share * flat)


def test_tables_of_positions_are_resized_for_another_crop_and_repeated_for_every_frame() -> None:
    video = inflate(made("i3d-vit_tiny", 96, positions="learned"), weights("timm_vit"))
    own, image = video.state_dict()["backbone.positions.table"], weights("timm_vit")["pos_embed"]
    frames = own[:, 1:].unflatten(1, (8, 36))
    assert torch.equal(own[:, 0], image[:, 0])
    assert torch.equal(frames[:, 0], frames[:, 7])
    torch.testing.assert_close(frames.mean((1, 2)), image[:, 1:].mean(1), rtol=0, atol=0.1)


def test_other_classes_keep_their_classifier() -> None:
    torch.manual_seed(0)
    network = create_model("i3d-mobilenet_v2", 7)
    before = network.classifier.weight.clone()
    assert torch.equal(inflate(network, weights("tv_mobilenet_v2")).classifier.weight, before)


def test_weights_of_a_video_network_are_not_inflated() -> None:
    video = create_model("i3d-resnet_tiny", 7)
    with pytest.raises(ModelError, match=r"a video network's weights.*kinema.load_weights takes them"):
        inflate(create_model("i3d-resnet_tiny", 7), video.state_dict())


def test_weights_of_an_unknown_image_network_are_told_what_is_known() -> None:
    strange = {"stem.0.weight": torch.zeros(40, 3, 4, 4), "head.fc.bias": torch.zeros(9)}
    with pytest.raises(ModelError, match=r"2 weights \(stem.0.weight, head.fc.bias\) are of no image network known"):
        inflate(create_model("i3d-resnet_tiny", 7), strange)


def test_loading_image_weights_into_a_video_network_says_what_takes_them() -> None:
    with pytest.raises(ModelError, match=r"an image network's weights go into a video network by kinema.inflate"):
        load_weights(create_model("i3d-resnet10", 7), weights("tv_resnet10"))
