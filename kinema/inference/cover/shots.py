"""Where a video is cut, from very small pictures of it. Axes: S moments, H rows, W columns, C colours."""

import numpy as np

NEIGHBOURS = 6  # moments before and after one, to which its change is compared: half a second
SUDDEN, EVERYWHERE = 2.2, 1.5  # a cut changes a picture so many times as much, and the quieter part of it so many
PART = 0.7  # of the tiles are the quieter part: what moves within a shot is seldom in a third of them
LEAST = 0.025  # of the range of colours that a cut changes
OTHER = 0.1  # the share of what differs in two pictures' variance, from which on they show something else
BLEND, BLENDED = 0.06, 0.3  # of a dissolve: how far its ends differ, and how near its middle is to their mean


def shots(tiles_SHWC: np.ndarray) -> list[tuple[int, int]]:
    """The (first, last + 1) moments of each stretch of a video with no cut and no dissolve inside."""
    pictures_SHWC = tiles_SHWC.astype(np.float32) / 255
    breaks, blended = cuts(pictures_SHWC), dissolves(pictures_SHWC)
    found: list[tuple[int, int]] = []
    first: int | None = None
    for moment in range(len(tiles_SHWC)):
        if first is not None and (breaks[moment] or blended[moment]):
            found.append((first, moment))
            first = None
        if first is None and not blended[moment]:
            first = moment
    return found + ([(first, len(tiles_SHWC))] if first is not None else [])


def cuts(pictures_SHWC: np.ndarray) -> np.ndarray:
    """Whether each moment shows something else than the one before (S): a change much greater than those around it."""
    after, before = pictures_SHWC[1:], pictures_SHWC[:-1]
    if not len(after):
        return np.zeros(1, bool)
    change_S, other_S = difference(after, before), unlike(after, before)
    quiet_S = np.maximum(np.quantile(np.abs(after - before).mean(3), PART, axis=(1, 2)), 1 / 255)
    found = [False]
    for place, change in enumerate(change_S):
        around = np.r_[max(place - NEIGHBOURS, 0) : place, place + 1 : min(place + NEIGHBOURS + 1, len(change_S))]
        usual, quiet = (float(np.quantile(each[around], 0.75)) if len(around) else 0.0 for each in (change_S, quiet_S))
        sudden = change > max(LEAST, SUDDEN * usual) and quiet_S[place] > EVERYWHERE * quiet
        found.append(bool(sudden and other_S[place] > OTHER))
    return np.array(found)


def dissolves(pictures_SHWC: np.ndarray) -> np.ndarray:
    """Whether each moment lies in a dissolve (S): its picture is everywhere the mean of what comes before and after."""
    found, reach = np.zeros(len(pictures_SHWC), bool), NEIGHBOURS
    if len(pictures_SHWC) <= 2 * reach:
        return found
    before, middle, after = pictures_SHWC[: -2 * reach], pictures_SHWC[reach:-reach], pictures_SHWC[2 * reach :]
    apart_S = difference(before, after)
    mixed_S = difference(middle, (before + after) / 2) < BLENDED / 2 * apart_S
    for place in np.flatnonzero(mixed_S & (apart_S > BLEND) & (unlike(before, after) > 2 * OTHER)):
        found[place + 1 : place + 2 * reach] = True
    return found


def difference(one_SHWC: np.ndarray, other_SHWC: np.ndarray) -> np.ndarray:
    """How far pictures differ, in shares of the range of colours (S)."""
    return np.abs(one_SHWC - other_SHWC).mean((1, 2, 3))


def unlike(one_SHWC: np.ndarray, other_SHWC: np.ndarray) -> np.ndarray:
    """The variance of what differs, over that of both pictures (S): 0 where they are the same, 1 where unrelated."""
    differs, both = (one_SHWC - other_SHWC).var((1, 2)), one_SHWC.var((1, 2)) + other_SHWC.var((1, 2))
    shade = (one_SHWC.mean((1, 2)) - other_SHWC.mean((1, 2))) ** 2
    return (differs + shade).sum(1) / (both + shade).sum(1).clip(1e-6)
