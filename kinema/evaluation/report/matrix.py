"""The confusion matrix, from 2 classes to hundreds."""

from collections.abc import Sequence
from html import escape

import numpy as np

from kinema.evaluation.report.figures import figure

MOST = 30  # classes that can be told apart on a page


def shown_classes(confusion_KK: np.ndarray, most: int = MOST) -> np.ndarray:
    """All classes that have clips, or the `most` of them that take part in most mistakes, in their own order."""
    wrong = confusion_KK.copy()
    np.fill_diagonal(wrong, 0)
    mistakes = wrong.sum(axis=0) + wrong.sum(axis=1)
    present = np.flatnonzero(confusion_KK.sum(axis=0) + confusion_KK.sum(axis=1))
    return np.sort(present[np.argsort(-mistakes[present], kind="stable")][:most])


def confusion_chart(confusion_KK: np.ndarray, labels: Sequence[str]) -> str:
    """True classes down, answers across; each row's shares as depth of colour, right and wrong in two colours."""
    classes = shown_classes(confusion_KK)
    size = len(classes)
    names = [labels[k] if len(labels[k]) <= 26 else f"{labels[k][:25]}…" for k in classes]
    cell = max(22, min(64, 620 // size))
    longest = max(map(len, names))
    left = 26 + min(190, 7 * longest)
    slanted = cell < 7 * longest
    top = 26 + (min(150, round(5.2 * longest)) if slanted else 14)
    clips_K = confusion_KK.sum(axis=1)
    right = 90 if slanted else 8
    drawn = [f'<text class="axis" x="{left}" y="12">answer →</text>',
             f'<text class="axis" x="{left - 8}" y="{top - 8}" text-anchor="end">truth ↓</text>']
    for place, (k, name) in enumerate(zip(classes, names, strict=True)):
        x, y = left + place * cell + cell / 2, top + place * cell + cell / 2
        turn = f' transform="rotate(-45 {x:.0f} {top - 7})" text-anchor="start"' if slanted else ' text-anchor="middle"'
        drawn.append(f'<text class="name" x="{x:.0f}" y="{top - 7}"{turn}>{escape(name)}</text>'
                     f'<text class="name" x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{escape(name)}</text>')
        for column, j in enumerate(classes):
            number, of = int(confusion_KK[k, j]), int(clips_K[k])
            share = number / of if of else 0.0
            at = f'x="{left + column * cell + 1}" y="{top + place * cell + 1}" width="{cell - 2}" height="{cell - 2}" rx="3"'
            drawn.append(f'<rect class="cell" {at}/>')
            if not number:
                continue
            kind = "right" if j == k else "wrong"
            drawn.append(f'<rect class="{kind}" {at} fill-opacity="{0.12 + 0.88 * share ** 0.7:.2f}"><title>{escape(labels[k])} '
                         f"→ {escape(labels[j])}: {number} of {of} ({share:.0%})</title></rect>")
            if cell >= 20:
                tone = "strong" if share > 0.45 else ""
                drawn.append(f'<text class="number {tone}" x="{left + column * cell + cell / 2:.0f}" '
                             f'y="{y + 4:.0f}" text-anchor="middle">{number}</text>')
    says = f"Confusion matrix of {size} classes: true classes in rows, answers in columns"
    return figure("".join(drawn), says, left + size * cell + right, top + size * cell + 8)
