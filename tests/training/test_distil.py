"""A teacher is shown the same frames, made for it, and its answers are weighed as published."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kinema.data.transforms import to_input
from kinema.errors import RunError
from kinema.models import ClipSpec, create_model
from kinema.recipe import Recipe
from kinema.training.distil import Teacher, check_taught, distilled, shown_to, spread, teacher_of
from kinema.weights import save_network

MINE = ClipSpec(6, 16, 16)


@pytest.mark.parametrize(
    "theirs",
    [MINE, replace(MINE, mean=(0.1, 0.2, 0.3), std=(0.5, 0.4, 0.3), order="bgr"), replace(MINE, input="difference"),
     replace(MINE, input="normalised_difference")],
)  # fmt: skip
def test_a_teacher_sees_what_it_would_of_the_frames_themselves(theirs: ClipSpec) -> None:
    frames_NTHWC = torch.randint(0, 256, (2, 6, 16, 16, 3), dtype=torch.uint8)
    clips = torch.stack([to_input(frames_THWC, MINE) for frames_THWC in frames_NTHWC])
    wanted = torch.stack([to_input(frames_THWC, theirs) for frames_THWC in frames_NTHWC])
    torch.testing.assert_close(shown_to(theirs, clips, MINE), wanted, rtol=0, atol=1e-5)


def test_a_teacher_sees_its_own_size_and_number_of_frames() -> None:
    clips = torch.randn(2, 3, 6, 16, 16)
    assert shown_to(replace(MINE, height=24, width=32), clips, MINE).shape == (2, 3, 6, 24, 32)
    assert spread(torch.arange(6.0).view(1, 1, 6, 1, 1), 3).flatten().tolist() == [0, 2, 5]
    fixed = create_model("trn-resnet_tiny", ("a", "b"), frames=3, clip=replace(MINE, height=32, width=32)).eval()
    assert Teacher(fixed, MINE, (0, 1))(clips).shape == (2, 2)


def test_an_image_network_teaches_frame_by_frame(tmp_path: Path) -> None:
    clip = ClipSpec(1, 32, 32)
    network = create_model("tsn-resnet_tiny", ("walk", "jump", "run"), clip=clip).eval()
    teacher = teacher_of(Recipe("clips", model="tam-resnet_tiny", frames=6, size=32,
                                distil=str(save_network(network, tmp_path / "image.safetensors"))), ("run", "walk"))
    clips = torch.randn(2, 3, 6, 32, 32)
    frames = torch.stack([network(clips[:, :, [t]]) for t in range(6)]).mean(0)
    torch.testing.assert_close(teacher(clips), frames[:, [2, 0]])


def test_a_teacher_that_cannot_see_the_clips_is_refused(tmp_path: Path) -> None:
    network = create_model("tsn-resnet_tiny", ("a", "b"), clip=replace(MINE, height=32, width=32))
    path = str(save_network(network, tmp_path / "rgb.safetensors"))
    with pytest.raises(RunError, match="it sees rgb, which cannot be made from clips of difference"):
        teacher_of(Recipe("clips", input="difference", distil=path), ("a", "b"))


@pytest.mark.parametrize(
    ("clip", "input", "told"),
    [(ClipSpec(4, 32, 32, input="flow", flow_unit=(9.0, 9.0)), "flow", "flow_unit"),
     (ClipSpec(10, 32, 32, neighbours=5), "rgb", "5 neighbouring frames")],
    ids=["another unit of flow", "neighbours"],
)  # fmt: skip
def test_a_teacher_whose_clips_are_made_otherwise_is_refused(
    tmp_path: Path, clip: ClipSpec, input: str, told: str
) -> None:
    network = create_model("tsn-resnet_tiny", ("a", "b"), clip=clip)
    path = str(save_network(network, tmp_path / "other.safetensors"))
    with pytest.raises(RunError, match=told):
        teacher_of(Recipe("clips", input=input, distil=path), ("a", "b"))


@pytest.mark.slow
def test_a_teacher_that_cannot_see_multigrids_clips_is_told_before_any_training(tmp_path: Path) -> None:
    network = create_model("tdn-resnet50", ("a", "b"), clip=ClipSpec(10, 32, 32, neighbours=5))
    recipe = Recipe("clips", model="tsn-resnet_tiny", frames=10, neighbours=5, size=32,
                    distil=str(save_network(network, tmp_path / "tdn.safetensors")))
    check_taught(recipe, ("a", "b"), [(10, 32, 32), (5, 22, 22)])
    with pytest.raises(RunError, match="cannot see this training's clips of 4 x 22 x 22 frames, rows and columns"):
        check_taught(recipe, ("a", "b"), [(10, 32, 32), (4, 22, 22)])


def test_the_loss_is_the_published_one() -> None:
    """Its gradient with many degrees tends to the difference of centred logits (equation 4 of the paper)."""
    logits, taught = torch.tensor([[1.0, -2.0, 0.5]], requires_grad=True), torch.tensor([[0.0, 1.0, -1.0]])
    loss = distilled(torch.tensor(7.0), logits, taught, 1.0, 1000.0, False)
    loss.backward()
    assert logits.grad is not None
    centred = [row - row.mean() for row in (logits.detach(), taught)]
    torch.testing.assert_close(logits.grad, (centred[0] - centred[1]) / 3, rtol=1e-2, atol=1e-3)
    for several in (False, True):
        assert distilled(torch.tensor(7.0), taught, taught, 1.0, 2.0, several).item() == pytest.approx(0, abs=1e-6)
    assert distilled(torch.tensor(7.0), logits, taught, 0.0001, 1.0, True).item() == pytest.approx(7.0, abs=1e-2)
