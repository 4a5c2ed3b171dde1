"""On a network that knows `motion`, Grad-CAM lies on the moving object, whose masks are known.

Axes in names: N clips, C channels, T frames, H rows, W columns.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from kinema.data.synthetic import synthetic_spec
from kinema.data.synthetic.make import draw, plan
from kinema.data.transforms.inputs import to_input
from kinema.explain.cam import grad_cam
from kinema.models import ClipSpec, Network, create_model

WAYS = ("right", "left", "down", "up")  # the classes whose object moves along
STEPS, BATCH, RATE = 200, 16, 0.006
SIDES = {"train": slice(0, 320), "test": slice(320, 400)}

Drawn = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # clips N C T H W, classes N, masks N T H W


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    """Clips of `motion` at its usual difficulty, of a hundred backdrops: those of the last twenty are for tests."""
    spec = synthetic_spec("motion", clips=1200, frames=8, height=48, width=48)
    chosen = [clip for clip in plan(spec) if clip.label in WAYS]
    made = [draw(spec, clip) for clip in chosen]
    clips = torch.stack([to_input(torch.from_numpy(np.ascontiguousarray(one.frames_THWC)), ClipSpec(8, 48, 48))
                         for one in made])
    masks = torch.stack([torch.from_numpy(np.ascontiguousarray(one.masks["object"])) for one in made]).float()
    return clips, torch.tensor([WAYS.index(clip.label) for clip in chosen]), masks


@pytest.fixture(scope="module")
def trained(drawn: Drawn) -> Network:
    torch.manual_seed(0)
    clips, classes, _ = (part[SIDES["train"]] for part in drawn)
    network = create_model("slow_fusion-resnet_tiny", WAYS, clip=ClipSpec(8, 48, 48), dropout=0.0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.1)
    for _ in range(STEPS):
        batch = torch.randint(len(clips), (BATCH,))
        loss = F.cross_entropy(network(clips[batch]), classes[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def gain(network: Network, drawn: Drawn) -> float:
    """How many times its share of the area the object has of the heat, in the mean of the test clips."""
    clips, _, masks = (part[SIDES["test"]] for part in drawn)
    heat_NTHW = grad_cam(network, clips).heat_NTHW
    inside_N = (heat_NTHW * masks).sum((1, 2, 3)) / heat_NTHW.sum((1, 2, 3)).clamp_min(1e-12)
    return float(inside_N.mean() / masks.mean())


@pytest.mark.slow
def test_grad_cam_lies_on_the_moving_object(trained: Network, drawn: Drawn) -> None:
    """As `kinema explain cam` draws it; before training it lies on the object little more than elsewhere."""
    clips, classes, _ = (part[SIDES["test"]] for part in drawn)
    with torch.inference_mode():
        assert (trained(clips).argmax(1) == classes).float().mean() > 0.85
    torch.manual_seed(0)
    untrained = create_model(trained.name, WAYS, clip=trained.clip)
    assert gain(untrained, drawn) < 2
    assert gain(trained, drawn) >= 3
