"""The head: what it takes of which network."""

from dataclasses import replace

import pytest
import torch

from kinema.detection.detector import Detector, make_detector
from kinema.detection.roi_align import roi_align
from kinema.errors import ModelError
from kinema.models import ClipSpec, create_model

LABELS = ("sit", "stand", "walk")
CLIP = ClipSpec(4, 64, 64, "dense")


@pytest.mark.parametrize(
    ("name", "options", "stride"),
    [
        ("tam-resnet_tiny", {}, 32), ("i3d-resnet_tiny", {"dilated": True}, 16), ("tsn-vit_tiny", {}, 16),
        ("i3d-vit_tiny", {"readout": "mean"}, 16), ("s3d-vit_tiny", {"patch": 14}, 14), ("tam-inception_v1", {}, 32),
        ("slowfast-resnet50", {"counts": (1, 1, 1, 1), "width_factor": 0.25, "dilated": True, "head_size": 224}, 16),
    ],
)  # fmt: skip
def test_networks_become_detectors(name: str, options: dict, stride: int) -> None:
    detector = make_detector(name, LABELS, CLIP, options).eval()
    assert detector.stride == (stride, stride)
    rois = torch.tensor([[1, 0.1, 0.1, 0.5, 0.9], [0, 0.5, 0.1, 0.9, 0.9], [1, 0.5, 0.1, 0.9, 0.9]])
    clips = torch.rand(2, 3, 4, 64, 96)
    logits = detector(clips, rois)
    assert logits.shape == (3, 3)
    alone = detector(clips[1:], torch.tensor([[0, 0.1, 0.1, 0.5, 0.9]]))
    torch.testing.assert_close(alone[0], logits[0], rtol=1e-4, atol=1e-5)
    logits.sum().backward()


def test_the_head_is_mean_over_time_then_boxes_then_the_greatest() -> None:
    detector = make_detector("tam-resnet_tiny", LABELS, CLIP, {}, resolution=3).eval()
    clips = torch.rand(1, 3, 4, 64, 96)
    map_NCHW = detector.network.feature_map(clips).mean(2)
    assert map_NCHW.shape[2:] == (2, 3)
    boxes = roi_align(map_NCHW, torch.tensor([[0, 0.3, 0.4, 2.7, 1.6]]), (3, 3))
    expected = detector.network.classifier(boxes.flatten(2).max(2).values)
    found = detector(clips, torch.tensor([[0, 0.1, 0.2, 0.9, 0.8]]))
    torch.testing.assert_close(found, expected)


def test_a_box_sees_its_own_place() -> None:
    """What lies far from a box changes nothing but what the network's own sight brings there."""
    detector = make_detector("tsn-vit_tiny", LABELS, CLIP, {"depth": 1}).eval()
    torch.nn.init.zeros_(detector.network.backbone.blocks[0].attention.attend.out.weight)  # nothing meets
    clips = torch.rand(1, 3, 4, 64, 64)
    other = clips.clone()
    other[..., 40:] = 0
    left, right = torch.tensor([[0, 0.0, 0.2, 0.4, 0.8]]), torch.tensor([[0, 0.7, 0.2, 1.0, 0.8]])
    torch.testing.assert_close(detector(clips, left), detector(other, left))
    assert not torch.allclose(detector(clips, right), detector(other, right))


@pytest.mark.parametrize("name", ["i3d-resnet_tiny", "tsn-resnet50"])
def test_a_dilated_stage_keeps_weights_and_doubles_places(name: str) -> None:
    plain = create_model(name, 3, clip=CLIP).eval()
    dilated = create_model(name, 3, clip=CLIP, dilated=True).eval()
    for key, value in plain.state_dict().items():
        if key.startswith("backbone.stages.4") and value.dim() == 5 and value.shape[-1] == 3:
            middle = value[..., 1, 1].clone()
            value.zero_()[..., 1, 1] = middle  # kernels that see one place alone: how far they reach does not count
    dilated.load_state_dict(plain.state_dict())
    clip = torch.rand(1, 3, 4, 64, 64)
    with torch.no_grad():
        coarse, fine = plain.feature_map(clip), dilated.feature_map(clip)
    assert (coarse.shape[3:], fine.shape[3:]) == ((2, 2), (4, 4))
    torch.testing.assert_close(fine[..., ::2, ::2], coarse, rtol=1e-4, atol=1e-5)


def test_dilated_kernels_see_every_second_place() -> None:
    stage = create_model("tsn-resnet_tiny", 3, clip=CLIP, dilated=True).backbone.stages[-1]
    across = {conv.dilation[1] for conv in stage.modules()
              if isinstance(conv, torch.nn.Conv3d) and conv.kernel_size[1] == 3}
    assert across == {2}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x3d_xs", "c3d", "mvit_b_16x4"])
def test_a_network_without_places_is_told(name: str) -> None:
    with pytest.raises(ModelError, match="keeps no places"):
        make_detector(name, LABELS, replace(CLIP, frames=16), {})


def test_a_network_that_reads_frames_is_told() -> None:
    with pytest.raises(ModelError, match="does not end in a mean over frames"):
        Detector(create_model("lstm-resnet_tiny", 3, clip=CLIP), (32, 32))
