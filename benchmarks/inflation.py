"""What an image network's weights give in the video networks made of it, on a still video: writes docs/inflation.csv.

One row for each temporal module on each kind of backbone, the smallest of its kind. The image network is the same
backbone with tsn (its answers are those of torchvision's and timm's: tests/weights/test_images.py).

python -m benchmarks.inflation
"""

import csv
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks import checks
from kinema.errors import ModelError
from kinema.models import Network, create_model, list_models
from kinema.models.backbones import BACKBONES
from kinema.models.names import expected_clip, parse
from kinema.models.options import usual_values
from kinema.models.published import PUBLISHED
from kinema.weights.inflation.inflate import inflate
from kinema.weights.inflation.networks import image_backbone, parts_of

CLASSES, FRAMES, SIDES = 5, 8, (64, 112, 224, 256)
OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (  # with which a network does what its image network does
    (r"^(r3d|mc3)-", {"stem_pool": "pixels"}),
    (r"^[is]3d(\+\w+)?-inception", {"far_pools": True}),
    (r"^i3d-vit", {"readout": "mean"}),
)
COLUMNS = ("network", "options", "centre", "centre, edges repeated", "mean, edges repeated", "note")
OWN = r"tea-|swin3d_|mvitv2_|uniformer_[sb]$"  # networks that have image networks of their own
NEW_READOUTS = ("trn", "trn_multiscale", "stnet", "lstm", "encoder")  # what reads the frames begins anew
CHANGED = {  # what always changes a still video, and why
    "tin": "channels move by half a frame at first, and those that come from beyond the edges are nothing",
    "teinet": "all frames but the last are weighed",
    "tam-mobilenet_v2": "tam's ReLU cuts off what is below zero between blocks that end without one",
    "tdn": "what a second network sees in no difference at all is added",
    "tpn": "the pyramid over the network begins anew",
    "twostream": "half of the answer is that of a stream of flow",
    "rgb_flow": "half of the answer is that of a stream of flow",
}


def rows() -> list[str]:
    """The names of the table: the smallest of each kind, with -tp on the smallest of all."""
    found: dict[object, str] = {}
    for name in list_models():
        if name in PUBLISHED:
            continue
        modules, backbone, tp = parse(name)
        build = BACKBONES[backbone].build
        while isinstance(build, partial):
            build = build.func
        if not tp or backbone in ("resnet_tiny", "vit_tiny"):
            found.setdefault((*modules, build, tp), name)
    return [*found.values(), "i3d-resnet50", "s3d-resnet50", "p3d-resnet50", "tsm-resnet50", "i3d-inception_3d"]


def options_of(name: str) -> dict[str, Any]:
    """The options with which a network does to a picture what its image network does."""
    return next((options for pattern, options in OPTIONS if re.search(pattern, name)), {})


def clip_of(name: str, side: int) -> Any:
    """A small clip for a network."""
    spec = expected_clip(name)
    return replace(spec, frames=40 if name.startswith("tdn") else 16 if name == "c3d" else FRAMES,
                   height=side, width=side)


def video_network(name: str, side: int, edges: str) -> Network:
    """A network as it is created, ready for use."""
    torch.manual_seed(0)
    return create_model(name, CLASSES, clip=clip_of(name, side), edges=edges, **options_of(name)).eval()


def image_network(video: Network) -> Network | None:
    """Its image network with random weights; None where it has no name here."""
    _, name, options = parts_of(video)
    backbone = image_backbone(name)
    if backbone is None:
        return None
    known = usual_values(BACKBONES[backbone].build)
    kept = {key: value for key, value in options.items() if key in known}
    with checks.quick_start():
        image = create_model(f"tsn-{backbone}", CLASSES, clip=replace(video.clip, input="rgb"), **kept).eval()
    checks.fill(image, seed=1)
    draw = torch.Generator().manual_seed(2)
    for layer in image.modules():
        if isinstance(layer, nn.BatchNorm3d) and layer.running_mean is not None and layer.running_var is not None:
            layer.running_mean.copy_(0.1 * torch.randn(layer.running_mean.shape, generator=draw))
            layer.running_var.copy_(0.5 + torch.rand(layer.running_var.shape, generator=draw))
    return image


@torch.inference_mode()
def difference(name: str, how: str, edges: str, side: int = SIDES[0], features: bool = False) -> float:
    """How far a still video's logits (or features) are from the image network's, over their standard deviation.

    Raises ModelError where the network refuses the weights.
    """
    video = video_network(name, side, edges)
    image = image_network(video)
    if image is None:
        inflate(video, create_model("tsn-resnet18", CLASSES).state_dict(), how)
        return float("nan")
    inflate(video, image.state_dict(), how)
    picture = torch.randn(1, image.clip.channels, 1, side, side, generator=torch.Generator().manual_seed(3))
    still = picture.expand(-1, -1, video.clip.frames, -1, -1)
    if video.clip.channels > image.clip.channels:
        still = torch.cat([still, still[:, :1].expand(-1, video.clip.channels - 3, -1, -1, -1)], dim=1)
    if features:
        answer, seen = image.feature_map(picture), video.feature_map(still)[:, :, :1]
    else:
        answer, seen = image(picture), video(still)
    return float((seen - answer).abs().max() / answer.std())


def smallest(name: str) -> int:
    """The side of the smallest pictures that a network takes."""
    for side in SIDES:
        try:
            with torch.no_grad():
                spec = clip_of(name, side)
                build = create_model(name, CLASSES, clip=spec, **options_of(name)).eval()
                build(torch.zeros(1, spec.channels, spec.frames, side, side))
        except (ModelError, RuntimeError, ValueError):
            continue
        return side
    return SIDES[-1]


def row(name: str) -> dict[str, str]:
    """A row of the table."""
    options = " ".join(f"{key}={value}" for key, value in options_of(name).items())
    found = {**dict.fromkeys(COLUMNS, ""), "network": name, "options": options}
    if re.match(OWN, name):
        return found | {"note": "its image network is no network here: see tests/weights/test_images.py"}
    side = smallest(name)
    try:
        found["centre"] = f"{difference(name, 'centre', 'zeros', side):.0e}"
        found["centre, edges repeated"] = f"{difference(name, 'centre', 'repeat', side):.0e}"
        found["mean, edges repeated"] = f"{difference(name, 'mean', 'repeat', side):.0e}"
    except ModelError as error:
        return found | {"note": str(error)}
    if name.split("-")[0] in NEW_READOUTS:
        features = difference(name, "mean", "repeat", side, features=True)
        return found | {"note": f"what reads the frames begins anew; features of frames, mean: {features:.0e}"}
    return found | {"note": why_changed(name)}


def why_changed(name: str) -> str:
    """Why a network always changes a still video; nothing where it does not."""
    return next((why for part, why in CHANGED.items() if re.search(rf"(^|[-_]){part}([-_]|$)", name)), "")


if __name__ == "__main__":
    with (Path(__file__).parents[1] / "docs" / "inflation.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for name in dict.fromkeys(rows()):
            line = row(name)
            writer.writerow(line)
            file.flush()
            print(*line.values(), flush=True)
