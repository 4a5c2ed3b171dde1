"""What the numbers say, in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinema.errors import counted
from kinema.evaluation.compare import Difference
from kinema.evaluation.intervals import Estimate, trust
from kinema.evaluation.result import Evaluation

THIN = "\u202f"  # a narrow space that never breaks a line


def percent(value: float | None, digits: int = 1) -> str:
    """A share as a percentage: 0.978 is '97.8 %', 1 is '100 %', nothing is a dash."""
    if value is None or value != value:
        return "–"
    text = f"{100 * value:.{digits}f}"
    whole = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{whole if whole in ('0', '100') else text}{THIN}%"


def between(estimate: Estimate, word: str = "to") -> str:
    """An interval's ends: '96.4 to 98.9 %'."""
    return f"{percent(estimate.low).removesuffix(f'{THIN}%')} {word} {percent(estimate.high)}"


def count(number: int, noun: str) -> str:
    """A number with its noun: '1 clip', '3,200 clips', '12 classes'."""
    return f"{number:,}{THIN}{counted(number, noun).partition(' ')[2]}"


def big(number: float) -> str:
    """A large number in few digits: 11,180,000 is '11.2 M'."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{THIN}{letter}"
    return f"{number:g}"


def majority(evaluation: Evaluation) -> float:
    """The share of clips that always answering the most frequent class would get right."""
    return float(evaluation.metrics.counts_K.max() / len(evaluation.predictions))


def main_estimate(evaluation: Evaluation) -> Estimate:
    """The one number that stands for an evaluation: top-1 or, with several labels a clip, mean average precision."""
    return evaluation.metrics.mean_ap or evaluation.metrics.top1


def headline(evaluation: Evaluation) -> str:
    """The result in one sentence."""
    model, measured = evaluation.about.model, evaluation.metrics
    if measured.mean_ap is not None:
        return f"{model} finds the actions with a mean average precision of {percent(measured.mean_ap.value)}."
    if measured.top1.low <= majority(evaluation):
        return f"{model} is no better than guessing: {percent(measured.top1.value)} of the clips are right."
    return f"{model} recognises {percent(measured.top1.value)} of the clips."


def explanation(evaluation: Evaluation) -> str:
    """How far the headline can be trusted, and what it is to be compared with."""
    measured, estimate = evaluation.metrics, main_estimate(evaluation)
    whence = f" from {count(measured.groups, 'source')}" if measured.groups < measured.n else ""
    said = (f"With 95{THIN}% confidence the true figure lies between {between(estimate, 'and')}: it was measured on "
            f"{count(measured.n, 'clip')}{whence} of {count(int((measured.counts_K > 0).sum()), 'class')}.")
    if few := trust(measured.groups):
        said += f" {few}"
    if not evaluation.predictions.multi_label:
        said += f" Always answering the most frequent class would be right {percent(majority(evaluation))} of the time."
    if evaluation.about.seen:
        said += (f" Careful: the network was trained on {evaluation.about.seen:,} of these clips, so this says "
                 "little about clips that it has not seen.")
    return said


def comparison(better: Evaluation, worse: Evaluation, difference: Difference) -> str:
    """Two results against each other, in one sentence."""
    first, second = (percent(main_estimate(each).value) for each in (better, worse))
    if difference.estimate.low <= 0:
        return f"No clear winner: {better.about.model} {first}, {worse.about.model} {second}."
    what = "reaches a mean average precision of" if better.predictions.multi_label else "recognises"
    of = "" if better.predictions.multi_label else " of the clips"
    return f"{better.about.model} {what} {first}{of}, {worse.about.model} {second}."


def comparison_explained(better: Evaluation, worse: Evaluation, difference: Difference) -> str:
    """How large the difference between two results is, and whether it can be chance."""
    points, low, high = (f"{100 * value:.1f}" for value in (
        difference.estimate.value, difference.estimate.low, difference.estimate.high))
    how = "on the same clips" if difference.paired else "on different clips, so the comparison is a loose one"
    said = (f"{better.about.model} is ahead of {worse.about.model} by {points} points of top-1 (95{THIN}% interval "
            f"{low} to {high}), measured {how}.")
    if difference.estimate.low <= 0:
        said += " The interval includes zero: such a gap can be chance."
    return said


@dataclass(frozen=True)
class Pair:
    """Two classes of which one is taken for the other: `mistaken` of the `clips` of `truth` were called `answer`."""

    truth: str
    answer: str
    mistaken: int
    clips: int
    back: int = 0
    clips_back: int = 0

    @property
    def mutual(self) -> bool:
        """Whether the mistake is made in both directions about as often."""
        return self.back >= max(1, self.mistaken // 3)


def confused_pairs(confusion_KK: np.ndarray, labels: Sequence[str], most: int = 6) -> list[Pair]:
    """The pairs of classes most often confused, each pair once, the direction with more mistakes first."""
    wrong = confusion_KK.copy()
    np.fill_diagonal(wrong, 0)
    both = np.triu(wrong + wrong.T)
    clips = confusion_KK.sum(axis=1)
    pairs = []
    for flat in np.argsort(-both, axis=None, kind="stable")[:most]:
        one, other = np.unravel_index(flat, both.shape)
        if not both[one, other]:
            break
        if wrong[other, one] > wrong[one, other]:
            one, other = other, one
        pairs.append(Pair(labels[one], labels[other], int(wrong[one, other]), int(clips[one]),
                          int(wrong[other, one]), int(clips[other])))
    return pairs


def calibration_words(evaluation: Evaluation) -> str:
    """What its scores are worth, in sentences."""
    learnt, error = evaluation.calibration, evaluation.ece
    verdict = "can be taken at their word" if error < 0.03 else "are roughly right" if error < 0.1 else \
        "must not be taken at their word"
    said = (f"Its scores {verdict}: on average a score and how often it is right lie {100 * error:.1f} points apart "
            "(ECE).")
    if learnt.clips:
        said += f" The scores are tempered: {learnt.how}."
    else:
        said += f" The scores are as the network gives them ({learnt.how})."
    return said
