"""RandAugment and random erasing: each frame changes as all others do, and each change is what it is called."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from kinema.data.transforms import Augment, train_transform
from kinema.data.transforms.erase import erase
from kinema.data.transforms.randaugment import CHANGES, randaugment
from kinema.errors import DataError, RunError
from kinema.models.clip import ClipSpec
from kinema.recipe import Recipe
from tests.data.test_transforms import noise, seeded

NAMED = {change.__name__: change for change, _ in CHANGES}
AS_PILLOW = {  # the same change of one picture, by another library
    "autocontrast": (1.0, ImageOps.autocontrast), "equalize": (1.0, ImageOps.equalize),
    "solarize": (0.5, lambda picture: ImageOps.solarize(picture, 128)),
    "posterize": (0.5, lambda picture: ImageOps.posterize(picture, 6)),
    "brightness": (-0.5, lambda picture: ImageEnhance.Brightness(picture).enhance(0.55)),
    "contrast": (0.5, lambda picture: ImageEnhance.Contrast(picture).enhance(1.45)),
    "colour": (-1.0, lambda picture: ImageEnhance.Color(picture).enhance(0.1)),
    "sharpness": (1.0, lambda picture: ImageEnhance.Sharpness(picture).enhance(1.9)),
}


def picture(height: int = 40, width: int = 60) -> torch.Tensor:
    """One frame of smooth colours that do not reach black or white, T H W 3 from 0 to 1."""
    down, right = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    colours = torch.stack([down, right, (down * 9).sin() * right], dim=-1)
    return ((0.2 + 0.6 * colours.abs()) * 255).round()[None] / 255


@pytest.mark.parametrize("name", AS_PILLOW)
def test_a_change_of_colour_is_the_usual_one(name: str) -> None:
    strength, theirs = AS_PILLOW[name]
    frames_THWC = picture(160, 240)
    ours = NAMED[name](frames_THWC, strength)[0]
    image = Image.fromarray((frames_THWC[0] * 255).round().to(torch.uint8).numpy())
    inside = (ours - torch.from_numpy(np.array(theirs(image))) / 255)[1:-1, 1:-1]  # Pillow leaves edges unsharpened
    assert inside.abs().max() < 0.012  # three levels of 255


@pytest.mark.parametrize("name", NAMED)
def test_all_frames_change_alike_and_stay_colours(name: str) -> None:
    still_THWC = picture().expand(4, -1, -1, -1)
    for strength in (0.0, 0.4, 1.0):
        changed = NAMED[name](still_THWC, strength)
        assert changed.shape == still_THWC.shape
        assert torch.equal(changed, changed[:1].expand_as(changed))
        assert 0 <= changed.min() < changed.max() <= 1
    if name not in ("autocontrast", "equalize"):  # which know no strength
        assert torch.allclose(NAMED[name](still_THWC, 0.0), still_THWC, atol=1e-4)


@pytest.mark.parametrize(("name", "place"), [
    ("translate_x", (20, 22)), ("translate_y", (2, 40)), ("shear_x", (20, 43)), ("shear_y", (20, 40)),
    ("rotate", (20.5, 35)),
])
def test_pictures_are_moved_as_far_as_they_should(name: str, place: tuple[int, int]) -> None:
    frames = torch.full((1, 80, 80, 3), 0.5)
    frames[:, 18:23, 38:43] = 1.0
    changed = NAMED[name](frames, 0.5)
    assert (changed[0, :, :, 0] > 0.9).nonzero().float().mean(0).tolist() == pytest.approx(place, abs=1)


def test_every_change_is_drawn_both_ways_and_nothing_else() -> None:
    signed = [(change, sign) for change, both_ways in CHANGES for sign in ((1, -1) if both_ways else (1,))]
    possible = [change(picture(), sign * 0.7) for change, sign in signed]
    drawn = set()
    for seed in range(220):
        found = randaugment(picture(), 1, 7.0, seeded(seed))
        drawn.add(next(number for number, one in enumerate(possible) if torch.equal(one, found)))
    assert drawn == set(range(len(possible)))
    frames_THWC = noise()
    assert randaugment(frames_THWC, 0, 7.0, seeded(0)) is frames_THWC
    assert randaugment(frames_THWC, 2, 7.0, None) is frames_THWC


def test_an_erased_box_is_noise_that_does_not_move() -> None:
    areas = []
    for seed in range(200):
        clip_CTHW = erase(torch.full((5, 6, 40, 50), 7.0), 0.5, 1.0, 3, seeded(seed))
        hidden_THW = clip_CTHW[4] == 0
        assert torch.equal(hidden_THW, hidden_THW[:1].expand_as(hidden_THW))
        assert torch.equal(clip_CTHW, clip_CTHW[:, :1].expand_as(clip_CTHW))
        areas.append(float(hidden_THW.float().mean()))
        rows, columns = hidden_THW[0].any(1).sum(), hidden_THW[0].any(0).sum()
        assert int(rows * columns) == int(hidden_THW[0].sum())  # a box
    erased = [area for area in areas if area]
    assert 0.4 < len(erased) / len(areas) < 0.6
    assert 0.01 < min(erased) < 0.05 < 0.25 < max(erased) < 0.36
    assert clip_CTHW.shape == (5, 6, 40, 50)
    noise_CHW = erase(torch.full((3, 2, 90, 90), 7.0), 1.0, 1.0, 3, seeded(1))[:, 0]
    assert noise_CHW[noise_CHW != 7].std() == pytest.approx(1, abs=0.15)


def test_a_box_may_be_erased_for_a_while() -> None:
    lengths = set()
    for seed in range(40):
        clip_CTHW = erase(torch.full((1, 8, 20, 20), 7.0), 1.0, 0.25, 0, seeded(seed))
        seen = (clip_CTHW == 0).any(-1).any(-1)[0].int()
        assert int(torch.diff(seen, prepend=seen.new_zeros(1)).eq(1).sum()) == 1  # frames in a row
        lengths.add(int(seen.sum()))
    assert lengths <= set(range(2, 9))
    assert len(lengths) > 3


@pytest.mark.parametrize("kind", ["difference", "normalised_difference"])
def test_nothing_moves_in_a_still_clip_however_it_is_augmented(kind: str) -> None:
    augment = Augment(randaugment=3, magnitude=9, erase=1.0)
    transform = train_transform(ClipSpec(height=24, width=32, input=kind), augment)
    for seed in range(10):
        assert not transform(noise(1).expand(5, -1, -1, -1), 0, seeded(seed))[0].any()


def test_clips_are_erased_and_changed_by_the_draws_alone() -> None:
    plain = Augment(crop="centre", flip=False)
    spec, frames_THWC = ClipSpec(height=24, width=32), noise()
    without = train_transform(spec, plain)(frames_THWC, 0, seeded(3))[0]
    for switch in ({"randaugment": 2}, {"erase": 1.0}, {"erase": 1.0, "erase_span": 0.5}):
        augment = replace(plain, **switch)  # type: ignore[arg-type]
        changed = train_transform(spec, augment)(frames_THWC, 0, seeded(3))[0]
        assert not torch.equal(changed, without)
        assert torch.equal(changed, train_transform(spec, augment)(frames_THWC, 0, seeded(3))[0])
        assert torch.equal(train_transform(spec, augment)(frames_THWC, 0)[0], without)  # nothing is drawn


@pytest.mark.parametrize(("wrong", "words"), [
    ({"randaugment": -1}, "0 or more"), ({"randaugment": 1.5}, "whole number"), ({"magnitude": 11}, "at most 10"),
    ({"erase": 2}, "at most 1"), ({"erase_span": 0}, "above 0"), ({"erase": "often"}, "expected a number"),
])
def test_what_is_no_augmentation_is_refused(wrong: dict, words: str) -> None:
    with pytest.raises(DataError, match=words):
        Augment(**wrong)


def test_flow_is_no_picture() -> None:
    with pytest.raises(RunError, match="not the flow in 'rgb\\+flow'"):
        Recipe("clips", input="rgb+flow", augment=Augment(randaugment=2))
    assert Recipe("clips", input="difference", augment=Augment(randaugment=2, erase=0.5))
