"""Made-up pictures of nothing, shown between clips, so that a network learns what is none of its classes.

Axes: H rows, W columns, C colours.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

Picture = np.ndarray  # H W 3, uint8
Show = Callable[[int], np.ndarray]  # the k-th picture, in numbers of 0 to 255


def noise(seen: Sequence[Picture], rng: np.random.Generator) -> Show:
    """Every pixel for itself, anew in every picture."""
    level, spread = rng.uniform(0, 255, 3), rng.uniform(10, 90)
    return lambda _: level + spread * rng.standard_normal(seen[-1].shape, np.float32)


def snow(seen: Sequence[Picture], rng: np.random.Generator) -> Show:
    """Any value in any pixel, with colour or without."""
    channels = int(rng.choice([1, 3]))
    return lambda _: np.broadcast_to(rng.integers(0, 256, (*seen[-1].shape[:2], channels)), seen[-1].shape)


def still(seen: Sequence[Picture], rng: np.random.Generator) -> Show:
    """A pattern that does not move."""
    pattern_HWC = rng.uniform(0, 255, 3) + rng.uniform(5, 90) * rng.standard_normal(seen[-1].shape, np.float32)
    return lambda _: pattern_HWC


def colour(seen: Sequence[Picture], rng: np.random.Generator) -> Show:
    """One colour, with a camera's slight noise."""
    level, spread = rng.choice([0.0, 1.0]) * rng.uniform(0, 255, 3), rng.uniform(0, 8)
    return lambda _: level + spread * rng.standard_normal(seen[-1].shape, np.float32)


def clouds(seen: Sequence[Picture], rng: np.random.Generator) -> Show:
    """Soft shapes of colour that drift."""
    height, width = seen[-1].shape[:2]
    coarse = torch.from_numpy(rng.uniform(0, 255, (1, 3, int(rng.integers(3, 9)), int(rng.integers(6, 18)))))
    wide = torch.nn.functional.interpolate(coarse, (height, 2 * width), mode="bilinear")[0].permute(1, 2, 0).numpy()
    speed = rng.uniform(-0.01, 0.01) * width
    return lambda k: np.roll(wide, round(speed * k), 1)[:, :width]


def tiles(seen: Sequence[Picture], rng: np.random.Generator) -> Show:
    """What was just seen, cut into tiles that are laid out anew: its colours and motions, but nothing that happens."""
    rows, columns = (max(side // int(rng.integers(3, 6)), 1) for side in seen[-1].shape[:2])
    corners = [(y, x) for y in range(0, seen[-1].shape[0] - rows + 1, rows)
               for x in range(0, seen[-1].shape[1] - columns + 1, columns)]
    order = rng.permutation(len(corners))

    def show(k: int) -> np.ndarray:
        turn = k % max(2 * len(seen) - 2, 1)  # forwards and backwards, without a jump
        picture = seen[min(turn, 2 * len(seen) - 2 - turn)]
        laid = picture.copy()
        for (y, x), other in zip(corners, order, strict=True):
            v, u = corners[other]
            laid[y:y + rows, x:x + columns] = picture[v:v + rows, u:u + columns]
        return laid

    return show


def place(seen: Sequence[Picture], rng: np.random.Generator) -> Show:
    """The place of what was just seen without what moved in it (the middle value of each pixel), by a noisy camera."""
    middle_HWC, spread = np.median(np.stack(seen), axis=0), rng.uniform(0, 8)
    return lambda _: middle_HWC + spread * rng.standard_normal((*seen[-1].shape[:2], 1), np.float32)


GAPS: tuple[Callable[[Sequence[Picture], np.random.Generator], Show], ...] = (
    noise, snow, still, colour, clouds, tiles, place, place)


def gap(seen: Sequence[Picture], count: int, rng: np.random.Generator) -> Iterator[Picture]:
    """So many pictures of nothing, of a kind that is drawn; `seen` are the last pictures before them."""
    show = GAPS[int(rng.integers(len(GAPS)))](seen, rng)
    for k in range(count):
        yield np.clip(show(k), 0, 255).astype(np.uint8)
