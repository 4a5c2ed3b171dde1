"""The confusion matrix, from 2 classes to hundreds."""

from collections.abc import Sequence

import numpy as np

from kinema.evaluation.report.svg import figure, tag, tip, words

MOST = 30  # classes that can be told apart on a page


def shown_classes(confusion_KK: np.ndarray, most: int = MOST) -> np.ndarray:
    """All classes with clips, or the `most` that take part in most mistakes; confused ones stand together."""
    wrong = confusion_KK.copy()
    np.fill_diagonal(wrong, 0)
    both = wrong + wrong.T
    present = np.flatnonzero(confusion_KK.sum(axis=0) + confusion_KK.sum(axis=1))
    left = np.sort(present[np.argsort(-both.sum(axis=0)[present], kind="stable")][:most]).tolist()
    order: list[int] = []
    while left:
        after = order[-1] if order else -1
        near = max(left, key=lambda k: both[after, k]) if order and both[after, left].max() else left[0]
        left.remove(near)
        order.append(near)
    return np.array(order, dtype=int)


def confusion_chart(confusion_KK: np.ndarray, labels: Sequence[str]) -> str:
    """True classes down, answers across; each row's shares as depth of colour, right and wrong in two colours."""
    classes = shown_classes(confusion_KK)
    size = len(classes)
    names = [labels[k] if len(labels[k]) <= 26 else f"{labels[k][:25]}…" for k in classes]
    longest = max(map(len, names))
    cell = max(22, min(64, 620 // size))
    slanted = cell < 7 * longest
    left = 26 + min(190, 7 * longest)
    top = 26 + (min(150, round(5.2 * longest)) if slanted else 14)
    right = min(110, round(5 * longest)) if slanted else 8
    drawn = [words("answer →", left, 12, "axis"), words("truth ↓", left - 8, top - 8, "axis", "end")]
    for row, k in enumerate(classes):
        middle = cell * (row + 0.5)
        drawn.append(words(names[row], left - 8, top + middle + 4, "name", "end"))
        if slanted:
            turn = f"rotate(-45 {left + middle:.0f} {top - 7})"
            drawn.append(words(names[row], left + middle, top - 7, "name", transform=turn))
        else:
            drawn.append(words(names[row], left + middle, top - 7, "name", "middle"))
        for column, j in enumerate(classes):
            says = f"{labels[k]} → {labels[j]}" if k != j else f"{labels[k]}, recognised"
            number, of = int(confusion_KK[k, j]), int(confusion_KK[k].sum())
            style = "right" if k == j else "wrong"
            drawn += square(left + column * cell, top + row * cell, cell, number, of, style, says)
    says = f"Confusion matrix of {size} classes: true classes in rows, answers in columns"
    return figure(drawn, says, left + size * cell + right, top + size * cell + 8)


def square(x: float, y: float, side: float, number: int, of: int, style: str, says: str) -> list[str]:
    """One cell, as deep in colour as its share of its row."""
    place = {"x": x + 1, "y": y + 1, "width": side - 2, "height": side - 2, "rx": 3}
    drawn = [tag("rect", style="cell", **place)]
    if number:
        share = number / of
        tone = "number strong" if share > 0.45 else "number"
        drawn.append(tag("rect", tip(f"{says}: {number} of {of} ({share:.0%})"), style=style,
                         fill_opacity=0.12 + 0.88 * share**0.7, **place))
        drawn.append(words(str(number), x + side / 2, y + side / 2 + 4, tone, "middle"))
    return drawn
