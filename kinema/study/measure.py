"""Accuracies out of a table of results, as numbers by seed beside their resamples by source."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from kinema.study.claims import Measured, MissingError, mean
from kinema.study.results import Result, short

RESAMPLES = 1000
AS_TRAINED = {"classes": "", "protocol": "1x1", "where": "all", "options": "", "input": "rgb", "tp": False}


class Table:
    """The rows of a study, and what is measured in them.

    Where nothing else is said, networks stand on the backbone that most rows have, are as they come, see clips of the
    number of frames that most rows have, sampled uniformly, and are judged on one of each video, on all classes.
    `names` are what the data sets of the claims are called in the rows.
    """

    def __init__(self, results: Sequence[Result], names: dict[str, str] | None = None) -> None:
        self.results, self.names = list(results), names or {}
        plain = [one for one in results if one.module in ("tam", "i3d", "s3d", "tsn")]
        self.usual: dict[str, Any] = {
            name: Counter(getattr(one, name) for one in plain).most_common(1)[0][0] if plain else None
            for name in ("backbone", "frames")}

    def rows(self, data: str, module: str, **facts: Any) -> list[Result]:
        """The rows of a network on a data set; MissingError where there are none."""
        wanted = {**self.usual, **AS_TRAINED, "sampling": "uniform", "module": module, **facts}
        wanted["backbone"] = module if facts.get("backbone") == "own" else wanted["backbone"]
        name = self.names.get(data, data)
        found = [one for one in self.results if short(one.data) == name and all(
            same(getattr(one, key), value) for key, value in wanted.items())]
        if not found:
            said = ", ".join(f"{key} {value}" for key, value in facts.items() if not callable(value))
            raise MissingError(f"no {module} on {name}{' with ' if said else ''}{said}")
        return found

    def accuracy(self, data: str, module: str | Sequence[str], **facts: Any) -> Measured:
        """The top-1 of a network, or the mean of that of several, in percent."""
        if not isinstance(module, str):
            return mean([self.accuracy(data, one, **facts) for one in module])
        return self.by_seed(self.rows(data, module, **facts), resampled)

    def figure(self, name: str, data: str, module: str, **facts: Any) -> Measured:
        """Another column, such as gmacs or milliseconds."""
        rows = [row for row in self.rows(data, module, **facts) if getattr(row, name) is not None]
        if not rows:
            raise MissingError(f"the table has no {name} of {module}")
        return self.by_seed(rows, lambda row: np.array([float(getattr(row, name))]))

    @staticmethod
    def by_seed(rows: Sequence[Result], measure: Callable[[Result], np.ndarray]) -> Measured:
        """A number of each row; rows of one seed are averaged."""
        found: dict[int, list[np.ndarray]] = defaultdict(list)
        for row in rows:
            found[row.seed or 0].append(measure(row))
        return Measured({seed: np.mean([each[: min(map(len, several))] for each in several], axis=0)
                         for seed, several in found.items()})


def same(found: Any, wanted: Any) -> bool:
    """Is a value what is wanted, or one of several?"""
    return wanted(found) if callable(wanted) else found in wanted if isinstance(wanted, tuple) else found == wanted


def resampled(row: Result) -> np.ndarray:
    """A row's top-1, and that of resamples of the sources, where the answers are kept."""
    answers = answered(row)
    if answers is None:
        return np.array([row.top1])
    hits_N, sources = answers
    return np.concatenate([[row.top1], 100 * means(hits_N, sources)])


@lru_cache(maxsize=4096)
def answered(row: Result) -> tuple[np.ndarray, tuple[str, ...]] | None:
    """Which clips a row's network was right about, and the source of each; None where that is not kept."""
    from kinema.evaluation.metrics import hits_N
    from kinema.evaluation.predictions import Predictions
    from kinema.evaluation.protocols import find_protocol
    from kinema.study.rows import of_clips

    if not row.run:
        return None
    asked = find_protocol(row.protocol)
    kept = None
    for clips in range(asked.clips, 31):  # the answers to fewer clips are among those to more
        more = replace(asked, clips=clips)
        path = Path(row.run) / "evaluation" / f"test{more.suffix}.npz"
        if path.is_file():
            kept = of_clips(Predictions.load(path), more, asked.clips)
            break
    if kept is None:
        return None
    right_N = hits_N(kept.scores_NK(), kept.targets).astype(np.float64)
    sources = kept.sources or kept.paths
    if row.classes:
        from kinema.study.rows import labels_of

        labels = labels_of(row.run).get(row.classes)
        if labels is None:
            return None
        of_group = np.isin(kept.targets, [kept.labels.index(one) for one in labels if one in kept.labels])
        return right_N[of_group], tuple(np.asarray(sources)[of_group].tolist())
    return right_N, tuple(sources)


@lru_cache(maxsize=64)
def draws(sources: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The group of each clip, and how often each group is in each resample: the same for all networks."""
    from kinema.evaluation.intervals import groups_of, resample_weights

    groups_N = groups_of(len(sources), sources)
    seed = int.from_bytes(blake2b("\n".join(sources).encode(), digest_size=4).digest())
    return groups_N, np.concatenate(list(resample_weights(int(groups_N.max()) + 1, RESAMPLES, seed)))


def means(values_N: np.ndarray, sources: tuple[str, ...]) -> np.ndarray:
    """The mean of values in each resample of the sources."""
    from kinema.evaluation.intervals import sums_by_group

    groups_N, weights_BG = draws(sources)
    sums_G2 = sums_by_group(np.stack([values_N, np.ones(len(values_N))], 1), groups_N)
    sums_B2 = weights_BG @ sums_G2
    return sums_B2[:, 0] / sums_B2[:, 1]
