"""What changes between two pictures when the camera is held still in thought. Axes: H rows, W columns, P pixels."""

from functools import lru_cache

import numpy as np

MOST_SHIFT = 4  # a camera moves by at most one of so many parts of the picture between two looks
ROUNDS = 3  # of fitting, each of which minds less what does not fit
SLACK = 0.35  # pixels by which the camera's motion may be missed: what a shift by so much would change does not count


def change(before_HW: np.ndarray, after_HW: np.ndarray) -> np.ndarray:
    """By how much each pixel (grey, from 0 to 1) changed beyond what a moving camera and another light explain.

    Whole pixels of the camera's motion are found by phase correlation; the rest of it, its turning and zoom, and the
    light (times a factor, and a sum), by least squares on the picture's gradients (Lucas and Kanade, 1981) in which
    pixels that do not fit, as those of a body that moves by itself, count less and less. Smaller than the pictures by
    the camera's motion. Both should be smooth: at hard edges a gradient tells nothing of a shift.
    """
    before_HW, after_HW = overlapping(before_HW, after_HW, *shift(before_HW, after_HW))
    if min(after_HW.shape) < 3:
        return np.abs(after_HW - before_HW)
    down_HW, across_HW = np.gradient((before_HW + after_HW) / 2)
    y_HW, x_HW = places(*after_HW.shape)
    turned_HW, grown_HW = x_HW * down_HW - y_HW * across_HW, x_HW * across_HW + y_HW * down_HW
    causes = np.stack([down_HW, across_HW, turned_HW, grown_HW, before_HW, np.ones_like(x_HW)]).reshape(6, -1)
    found_P = (after_HW - before_HW).ravel()
    left_P = found_P - np.median(found_P)
    for _ in range(ROUNDS):
        usual = 1.5 * 1.4826 * float(np.median(np.abs(left_P))) + 1 / 255
        weighted = causes * (1 / (1 + (left_P / usual) ** 2))
        how_much = np.linalg.solve((weighted @ causes.T).astype(np.float64) + 1e-6 * np.eye(6), weighted @ found_P)
        left_P = found_P - how_much.astype(np.float32) @ causes
    steep_HW = np.maximum(np.abs(down_HW), np.abs(across_HW))
    return np.maximum(np.abs(left_P).reshape(after_HW.shape) - SLACK * steep_HW, 0)


def smooth(grey_HW: np.ndarray) -> np.ndarray:
    """A picture without its finest detail and noise: each pixel with its neighbours, as 1, 2, 1 parts each way."""
    wide_HW = np.pad(grey_HW, 1, mode="edge")
    tall_HW = (wide_HW[:-2] + 2 * wide_HW[1:-1] + wide_HW[2:]) / 4
    return (tall_HW[:, :-2] + 2 * tall_HW[:, 1:-1] + tall_HW[:, 2:]) / 4


@lru_cache(maxsize=64)
def places(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """How far down and across each pixel is (H W), from -1 to 1."""
    y_HW, x_HW = np.meshgrid(*(np.linspace(-1, 1, side, dtype=np.float32) for side in (height, width)), indexing="ij")
    return y_HW, x_HW


def shift(before_HW: np.ndarray, after_HW: np.ndarray) -> tuple[int, int]:
    """By how many pixels (down, across) the whole picture moved; nothing, where that does not make it fit better."""
    both = np.fft.rfft2(before_HW - before_HW.mean()).conj() * np.fft.rfft2(after_HW - after_HW.mean())
    match_HW = np.fft.irfft2(both / (np.abs(both) + 1e-6), s=before_HW.shape)
    place = np.unravel_index(int(match_HW.argmax()), match_HW.shape)
    down, across = (int(at) - side * (at > side // 2) for at, side in zip(place, match_HW.shape, strict=True))
    height, width = before_HW.shape
    if abs(down) > height // MOST_SHIFT or abs(across) > width // MOST_SHIFT:
        return 0, 0
    one, other = overlapping(before_HW, after_HW, down, across)
    better = np.abs(other - one).mean() < np.abs(after_HW - before_HW).mean()
    return (down, across) if better else (0, 0)


def overlapping(before_HW: np.ndarray, after_HW: np.ndarray, down: int, across: int) -> tuple[np.ndarray, np.ndarray]:
    """The parts of two pictures that show the same, where the second moved by so many pixels."""
    rows, columns = np.s_[max(-down, 0) : before_HW.shape[0] - max(down, 0)], np.s_[
        max(-across, 0) : before_HW.shape[1] - max(across, 0)]
    moved_rows, moved_columns = np.s_[max(down, 0) : before_HW.shape[0] - max(-down, 0)], np.s_[
        max(across, 0) : before_HW.shape[1] - max(-across, 0)]
    return before_HW[rows, columns], after_HW[moved_rows, moved_columns]
