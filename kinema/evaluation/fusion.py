"""Streams that were trained apart, judged together: their scores averaged, or put through a linear layer.

Axes: N clips, S streams, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kinema.errors import DataError, KinemaError, RunError
from kinema.evaluation.calibration import Calibration
from kinema.evaluation.compare import Difference, difference
from kinema.evaluation.evaluate import clips_of, evaluate, trained_on
from kinema.evaluation.predict import predict
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.protocols import Protocol, find_protocol
from kinema.evaluation.result import Evaluation
from kinema.machine import Machine
from kinema.runs import Run

LEAST = 1e-12  # a score that is as good as none
STRENGTH = 10.0  # inverse of the linear layer's regularisation, of scores whose norm is 1


@dataclass(frozen=True)
class Fusion:
    """Streams alone, their average, and the linear layer over them; None and why where there could be none."""

    streams: tuple[Evaluation, ...]
    average: Evaluation
    linear: Evaluation | None
    why_not: str = ""

    @property
    def gains(self) -> dict[str, Difference]:
        """How much higher each fusion's top-1 accuracy is than that of the best stream."""
        best = max(self.streams, key=lambda stream: stream.top1)
        fused = {"average": self.average, "linear": self.linear}
        return {how: difference(one.predictions, best.predictions) for how, one in fused.items() if one is not None}


def fuse(
    runs: Sequence[str | Path | Run], weights: Sequence[float] | None = None, data: str | Path | None = None,
    split: str | None = None, protocol: Protocol | str = "1x1", which: str = "best", machine: Machine | None = None,
    format: str | None = None, root: str | Path | None = None,
) -> Fusion:
    """Judge runs on the same clips, each alone and fused as two-stream networks are (Simonyan, arXiv:1406.2199).

    "average": the mean of the streams' scores, with `weights` if they are given, one a run. "linear": a linear layer
    over the streams' scores side by side, fitted on one view of each of the first run's validation clips, which no
    stream may have learnt from. Each stream's views are averaged first, as `protocol` says. The other arguments are
    those of `evaluate`. Writes the results into the first run's evaluation folder.
    """
    opened = [run if isinstance(run, Run) else Run.open(run) for run in runs]
    shares_S = check(opened, weights)
    tables = [clips_of(run, data, split, format, root)[0] for run in opened]
    for run, table in zip(opened[1:], tables[1:], strict=True):
        if [replace(row, split=None) for row in table.rows] != [replace(row, split=None) for row in tables[0].rows]:
            raise DataError(f"{opened[0].path} and {run.path} have different clips to be judged on, so they cannot be "
                            "fused. Train both on the same data with the same --split, --seed and --validation, or "
                            "name clips with --data.")
    machine, way = machine or Machine(), find_protocol(protocol) if isinstance(protocol, str) else protocol
    streams = tuple(evaluate(run, data, split, 1, which, machine, format, root, way) for run in opened)
    judged = [stream.predictions for stream in streams]
    same_clips(opened, judged)
    average, linear = fused(streams, averaged(judged, shares_S), "average"), None
    why_not = hindrance(opened)
    if not why_not:
        device, validation = machine.device(), opened[0].split().validation
        learnt = [predict(run.model(which).to(device), validation, replace(way, clips=1, crops=1), machine,
                          machine.cache(way.clip(run.recipe.clip))).predictions for run in opened]
        same_clips(opened, learnt)
        linear = fused(streams, through_layer(learnt, judged), "linear")
    for evaluation in (average, linear):
        if evaluation is not None:
            evaluation.save(opened[0].path / "evaluation")
    return Fusion(streams, average, linear, why_not)


def same_clips(runs: Sequence[Run], streams: Sequence[Predictions]) -> None:
    """Raise DataError where streams have answered different clips: some could be read for one of them alone."""
    for run, stream in zip(runs[1:], streams[1:], strict=True):
        if lost := set(stream.clips) ^ set(streams[0].clips):
            path, part = min(lost)
            which = f"{'a part of ' if part.strip('- ') else ''}{path}"
            raise DataError(f"{runs[0].path} and {run.path} could not read the same clips: {len(lost)} could be "
                            f"read for one of them alone, such as {which}. `kinema data check` tells why.")


def check(runs: Sequence[Run], weights: Sequence[float] | None) -> np.ndarray:
    """Each run's share of the average; RunError where they cannot be fused."""
    if len(runs) < 2:
        raise RunError(f"{len(runs)} run came; expected two or more to fuse.")
    for run in runs[1:]:
        if run.labels != runs[0].labels:
            raise RunError(f"{run.path} knows other classes than {runs[0].path}, or in another order.")
    given = np.ones(len(runs)) if weights is None else np.array(weights, dtype=np.float64)
    if len(given) != len(runs) or not (given >= 0).all() or not given.sum() > 0:
        raise RunError(f"Weights {list(weights or ())} came for {len(runs)} runs; expected one for each, 0 or more.")
    return given / given.sum()


def hindrance(runs: Sequence[Run]) -> str:
    """Why no linear layer can be fitted on the first run's validation clips; empty where one can."""
    validation = runs[0].split().validation
    if runs[0].adopted:
        return f"{runs[0].clipless}, and a layer is fitted on the first run's validation clips"
    if not validation.rows:
        return (f"{runs[0].path} kept no clips for validation, which it could be fitted on; train the runs with "
                "--validation 0.2 for that")
    seen = next((run for run in runs[1:] if trained_on(run, validation)), None)
    return f"{seen.path} was trained on clips that {runs[0].path} keeps for validation" if seen else ""


def averaged(streams: Sequence[Predictions], shares_S: np.ndarray) -> np.ndarray:
    """The mean of the streams' scores (N K)."""
    return np.einsum("s,snk->nk", shares_S, np.stack([stream.scores_NK() for stream in streams]))


def through_layer(learnt: Sequence[Predictions], judged: Sequence[Predictions]) -> np.ndarray:
    """Scores (N K) of the clips judged, by a logistic regression fitted on the clips learnt from.

    It sees the scores of each stream, scaled to a norm of 1, side by side.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise KinemaError("A linear layer over streams needs scikit-learn: pip install 'kinema[flow]'.") from error

    def side_by_side(streams: Sequence[Predictions]) -> np.ndarray:
        scores = [stream.scores_NK() for stream in streams]
        return np.concatenate([each / np.linalg.norm(each, axis=1, keepdims=True) for each in scores], axis=1)

    known, asked, targets = side_by_side(learnt), side_by_side(judged), learnt[0].targets
    columns = targets.T if learnt[0].multi_label else [targets]
    found = []
    for column in columns:
        values = np.unique(column)
        scores = np.zeros((len(asked), 2 if learnt[0].multi_label else len(learnt[0].labels)))
        if len(values) == 1:  # all clips are of one class, so there is nothing to fit
            scores[:, int(values[0])] = 1
        else:
            layer = LogisticRegression(C=STRENGTH, max_iter=1000).fit(known, column)
            scores[:, values.astype(int)] = layer.predict_proba(asked)
        found.append(scores[:, 1] if learnt[0].multi_label else scores)
    return np.stack(found, axis=1) if learnt[0].multi_label else found[0]


def fused(streams: Sequence[Evaluation], scores_NK: np.ndarray, how: str) -> Evaluation:
    """The evaluation that these scores are of the streams' clips; it costs what all streams cost together."""
    first, kept = streams[0], np.clip(scores_NK, LEAST, 1 - LEAST)
    others = ", ".join(stream.about.run.name for stream in streams[1:])
    logits_NK = np.log(kept) - np.log1p(-kept) if first.predictions.multi_label else np.log(kept)
    about = replace(
        first.about, model=f"{' + '.join(stream.about.model for stream in streams)} ({how})",
        gmacs=sum(stream.about.gmacs for stream in streams),
        parameters=sum(stream.about.parameters for stream in streams),
        seconds=sum(stream.about.seconds for stream in streams),
        flow_seconds=sum(stream.about.flow_seconds for stream in streams),
        seen=max(stream.about.seen for stream in streams),
    )
    predictions = replace(first.predictions, logits_NVK=logits_NK[:, None].astype(np.float32))
    name = f"{first.name}-with-{others.replace(', ', '-')}-{how}"
    calibration = Calibration(how="not calibrated: the scores of several streams")
    return Evaluation(name, about, first.table, predictions, calibration)
