"""A clip changes as a whole, only by the generator's draws, and has the shape that its network expects."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kinema.data.transforms import (
    Augment,
    boxes,
    storage_resize,
    test_transform,
    to_input,
    train_transform,
)
from kinema.data.transforms.augment import CROPS
from kinema.data.transforms.colour import colour_jitter
from kinema.data.transforms.inputs import DIFFERENCE_STD
from kinema.errors import DataError, ModelError
from kinema.models.clip import CHANNELS, ClipSpec

INPUTS = [kind for kind in CHANNELS if "flow" not in kind]  # which are made from pictures
SPECS = st.builds(ClipSpec, height=st.integers(8, 40), width=st.integers(8, 40), input=st.sampled_from(INPUTS))
SIDES = st.integers(1, 90)


def noise(frames: int = 4, height: int = 60, width: int = 80) -> torch.Tensor:
    """Random frames, T H W 3."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (frames, height, width, 3), dtype=torch.uint8, generator=generator)


def seeded(seed: int) -> torch.Generator:
    """A generator."""
    return torch.Generator().manual_seed(seed)


@given(SPECS, st.sampled_from(sorted(CROPS)), SIDES, SIDES, st.integers(0, 2**31))
def test_training_clips_have_the_shape_and_depend_on_the_draws_alone(
    spec: ClipSpec, crop: str, height: int, width: int, seed: int
) -> None:
    transform = train_transform(spec, Augment(crop=crop, brightness=0.2, contrast=0.2, saturation=0.2))
    frames_THWC = noise(3, height, width)
    before = frames_THWC.clone()
    clip_CTHW, label = transform(frames_THWC, 5, seeded(seed))
    torch.manual_seed(seed + 1)
    again_CTHW, _ = transform(frames_THWC, 5, seeded(seed))
    assert clip_CTHW.shape == (spec.channels, 3, spec.height, spec.width)
    assert clip_CTHW.dtype == torch.float32
    assert clip_CTHW.is_contiguous()
    assert label == 5
    assert torch.equal(clip_CTHW, again_CTHW)
    assert torch.equal(frames_THWC, before)


@pytest.mark.parametrize("crop", CROPS)
def test_all_frames_change_alike(crop: str) -> None:
    still_THWC = noise(1).expand(6, -1, -1, -1)
    augment = Augment(crop=crop, brightness=0.3, contrast=0.3, saturation=0.3)
    transform = train_transform(ClipSpec(height=24, width=32), augment)
    for seed in range(10):
        clip_CTHW, _ = transform(still_THWC, 0, seeded(seed))
        assert torch.equal(clip_CTHW, clip_CTHW[:, :1].expand_as(clip_CTHW))


def test_without_a_generator_every_draw_is_its_middle() -> None:
    spec = ClipSpec(height=24, width=32)
    for crop in CROPS:
        transform = train_transform(spec, Augment(crop=crop))
        assert torch.equal(transform(noise(), 0)[0], transform(noise(), 0)[0])
        box = Augment(crop=crop).box((60, 80), (24, 32), None)
        assert abs(2 * box.top + box.height - 60) <= 1  # centred
        assert abs(2 * box.left + box.width - 80) <= 1


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 2**31))
def test_every_box_lies_in_the_picture(height: int, width: int, rows: int, columns: int, seed: int) -> None:
    picture, target = (height, width), (rows, columns)
    found = [Augment(crop=crop).box(picture, target, generator) for crop in CROPS for generator in (None, seeded(seed))]
    for box in [*found, *boxes.three(picture, target), *boxes.five(picture, target)]:
        assert box.height > 0 <= box.top <= height - box.height
        assert box.width > 0 <= box.left <= width - box.width


def test_crops_are_where_they_say() -> None:
    assert boxes.centre((256, 340), (224, 224)) == (16, 58, 224, 224)
    assert boxes.three((256, 340), (256, 256)) == [(0, 0, 256, 256), (0, 42, 256, 256), (0, 84, 256, 256)]
    assert boxes.three((340, 256), (256, 256))[2] == (84, 0, 256, 256)
    assert boxes.five((256, 256), (224, 224)) == [
        (0, 0, 224, 224), (0, 32, 224, 224), (32, 0, 224, 224), (32, 32, 224, 224), (16, 16, 224, 224),
    ]
    assert boxes.centre((72, 96), (36, 48), side=1) == boxes.whole((72, 96))


def test_multiscale_crops_are_the_published_ones() -> None:
    sizes = {boxes.multiscale((256, 340), (224, 224), seeded(seed))[2:] for seed in range(400)}
    sides = [256, 224, 192, 169]
    assert sizes == {(a, b) for i, a in enumerate(sides) for j, b in enumerate(sides) if abs(i - j) < 2}
    places = {boxes.multiscale((256, 256), (224, 224), seeded(seed)) for seed in range(4000)}
    assert len({box[:2] for box in places if box[2:] == (192, 192)}) == 13


def test_scale_jitter_resizes_the_short_side_evenly() -> None:
    drawn = [boxes.jitter((2560, 2560), (224, 224), (0.7, 0.875), seeded(seed)).height for seed in range(500)]
    short_sides = 224 * 2560 / torch.tensor(drawn)
    assert 255.9 <= short_sides.min() < 260
    assert 316 < short_sides.max() <= 320.1
    assert short_sides.mean() == pytest.approx(288, abs=3)


def test_random_resized_crops_cover_the_area_asked_for() -> None:
    augment = Augment(crop="resized", scale=(0.25, 0.5), ratio=(0.75, 1.3333))
    found = [augment.box((1000, 1000), (224, 224), seeded(seed)) for seed in range(300)]
    areas = torch.tensor([box.height * box.width / 1e6 for box in found])
    ratios = torch.tensor([box.width / box.height for box in found])
    assert 0.249 < areas.min() < 0.27 < 0.48 < areas.max() < 0.501
    assert 0.745 < ratios.min() < 0.8 < 1.25 < ratios.max() < 1.34


@pytest.mark.parametrize(("crops", "views"), [(1, 1), (2, 2), (3, 3), (5, 5), (10, 10), ("stretch", 1)])
def test_crops_of_the_test_make_a_stack(crops: int | str, views: int) -> None:
    spec = ClipSpec(height=24, width=32)
    clips_VCTHW = test_transform(spec, crops)(noise())
    assert clips_VCTHW.shape == (views, 3, 4, 24, 32)
    if crops in (2, 10):
        half = views // 2
        assert torch.equal(clips_VCTHW[:half], clips_VCTHW[half:].flip(4))
        assert torch.equal(clips_VCTHW[:half], test_transform(spec, half)(noise()))


def test_a_stretched_test_clip_is_the_training_clip() -> None:
    spec = ClipSpec(height=24, width=32)
    trained_CTHW, _ = train_transform(spec, Augment(crop="stretch", flip=False))(noise(), 0, seeded(0))
    assert torch.equal(test_transform(spec, "stretch")(noise())[0], trained_CTHW)


def test_rgb_is_normalised() -> None:
    spec = ClipSpec(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 0.2))
    frames_THWC = noise()
    expected_THWC = (frames_THWC / 255 - torch.tensor(spec.mean)) / torch.tensor(spec.std)
    assert torch.allclose(to_input(frames_THWC, spec), expected_THWC.permute(3, 0, 1, 2), atol=1e-5)
    assert torch.allclose(to_input(frames_THWC / 255, spec), to_input(frames_THWC, spec), atol=1e-5)


def test_differences_are_those_of_grey_frames() -> None:
    spec = ClipSpec(input="difference")
    frames_THWC = torch.zeros(3, 8, 8, 3, dtype=torch.uint8)
    frames_THWC[1], frames_THWC[2] = 51, 255
    clip_CTHW = to_input(frames_THWC, spec)
    assert clip_CTHW.shape == (1, 3, 8, 8)
    assert torch.allclose(clip_CTHW[0, :, 0, 0], torch.tensor([0.0, 0.2, 0.8]) / DIFFERENCE_STD, atol=1e-4)
    assert not to_input(noise(1).expand(5, -1, -1, -1), spec).any()


def test_normalised_differences_do_not_mind_the_cameras_contrast() -> None:
    spec = ClipSpec(input="normalised_difference")
    clip_CTHW = to_input(noise(6), spec)
    assert clip_CTHW.shape == (1, 6, 60, 80)
    assert not clip_CTHW[:, 0].any()
    assert clip_CTHW[:, 1:].std() == pytest.approx(1, abs=0.1)
    faint_CTHW = to_input(noise(6) / 255 * 0.5, spec)
    assert torch.allclose(faint_CTHW, clip_CTHW, rtol=0.1, atol=0.01)
    assert not to_input(noise(1).expand(5, -1, -1, -1), spec).any()


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("frames", [1, 4])
def test_every_input_has_the_channels_that_networks_are_built_for(kind: str, frames: int) -> None:
    spec = ClipSpec(frames=frames, height=60, width=80, input=kind)
    assert to_input(noise(frames), spec).shape == spec.shape_CTHW


def test_colours_keep_to_their_range_and_change_what_they_say() -> None:
    frames_THWC = noise()
    assert colour_jitter(frames_THWC, 0, 0, 0, seeded(0)) is frames_THWC
    for seed in range(5):
        changed = colour_jitter(frames_THWC, 0.5, 0.5, 0.5, seeded(seed))
        assert 0 <= changed.min() < changed.max() <= 1
    assert torch.allclose(colour_jitter(frames_THWC, 0.5, 0.5, 0.5, None), frames_THWC / 255, atol=1e-5)
    grey_THWC = noise()[..., :1].expand(-1, -1, -1, 3)
    assert torch.allclose(colour_jitter(grey_THWC, 0, 0, 0.9, seeded(0)), grey_THWC / 255, atol=1e-5)


def test_stored_frames_just_cover_the_clip() -> None:
    spec = ClipSpec(height=112, width=112)
    assert storage_resize(noise(2, 360, 640), spec).shape == (2, 129, 229, 3)
    assert storage_resize(noise(2, 640, 360), spec).shape == (2, 229, 129, 3)
    small_THWC = noise(2, 100, 300)
    assert storage_resize(small_THWC, spec) is small_THWC
    assert storage_resize(noise(2, 2160, 3840), ClipSpec(height=72, width=96)).is_contiguous()


def test_what_is_no_augmentation_is_said() -> None:
    with pytest.raises(DataError, match="Nearest: resized"):
        Augment(crop="resize")
    for wrong in ({"scale": (0.0, 1.0)}, {"scale": (0.9, 0.5)}, {"ratio": (-1.0, 1.0)}, {"brightness": 1.5}):
        with pytest.raises(DataError):
            Augment(**wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="4 came"):
        test_transform(ClipSpec(), 4)


def test_a_clip_can_be_cut_from_a_resized_picture_with_its_colours_in_another_order() -> None:
    frames = torch.arange(256)[:, None, None].expand(1, 256, 256, 3).to(torch.uint8).clone()  # row r holds r
    frames[..., 0] = 7
    plain = ClipSpec(1, 112, 112, mean=(0, 0, 0), std=(1 / 255,) * 3)
    rows = test_transform(replace(plain, resize=128))(frames)[0, 1, 0, :, 0]
    assert rows[[0, -1]].tolist() == pytest.approx([16.5, 238.5], abs=1)  # 224 of 256 rows
    squeezed = test_transform(replace(plain, resize=(112, 224)))(frames)[0, 1, 0, :, 0]
    assert squeezed[[0, -1]].tolist() == pytest.approx([0.5, 254.5], abs=1)  # all rows
    assert (test_transform(replace(plain, order="bgr"))(frames)[0, 2] == 7).all()
    with pytest.raises(ModelError, match=r"112 x 112 pixels cannot be cut from a picture resized to 100"):
        replace(plain, resize=100)
