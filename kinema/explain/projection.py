"""Features of clips laid out on a plane: which clips a network takes for alike.

Axes in names: N clips, V views, D features, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from kinema.data.cache import ClipCache
from kinema.data.clips import ClipTable
from kinema.data.transforms import test_transform
from kinema.errors import DataError, KinemaError, nearest
from kinema.evaluation.predict import EvaluationClips, at_once, evaluation_loader
from kinema.machine import Machine
from kinema.models import Network
from kinema.progress import Progress

METHODS = {"tsne": "t-SNE", "umap": "UMAP"}
LEAST = 5  # clips of a picture
Plane = Callable[[np.ndarray], np.ndarray]  # features N D -> places N 2


@dataclass(frozen=True)
class ClipFeatures:
    """What the classifier sees of clips (N D, the mean of the views), the best class of each and its true one.

    `numbers` are those of the clips in the list; true classes are -1 where a clip has none.
    """

    features_ND: np.ndarray
    best_N: np.ndarray
    true_N: np.ndarray
    numbers: tuple[int, ...]


@torch.inference_mode()
def features_of(
    network: Network, table: ClipTable, machine: Machine | None = None, cache: ClipCache | None = None,
    quiet: bool = False,
) -> ClipFeatures:
    """The features of every clip of a list that can be read, one view each. Raises DataError for fewer than five."""
    machine = machine or Machine()
    spec, like = network.clip, next(network.parameters())
    clips = EvaluationClips(table, spec, (1, 1), cache or ClipCache(None, spec), test_transform(spec))
    rows: dict[int, np.ndarray] = {}
    best: dict[int, int] = {}
    was_training, network = network.training, network.eval()
    with Progress("features", len(clips), quiet=quiet) as bar:
        for batch in evaluation_loader(clips, at_once(spec), machine):
            there = [(index, view_VCTHW) for index, view_VCTHW, _ in batch if view_VCTHW is not None]
            if there:
                features_ND = network.features(torch.cat([view_VCTHW for _, view_VCTHW in there]).to(like))
                answers_N = network.classifier(features_ND).argmax(1).tolist()
                for (index, _), row_D, answer in zip(there, features_ND.float().cpu().numpy(), answers_N, strict=True):
                    rows[index], best[index] = row_D, answer
            bar.advance(len(batch))
    network.train(was_training)
    if len(rows) < LEAST:
        raise DataError(f"{len(rows)} of {len(table)} clips could be read; {LEAST} or more are needed for a picture.")
    numbers = tuple(sorted(rows))
    true = [next(iter(table.rows[number].labels), -1) for number in numbers]
    return ClipFeatures(np.stack([rows[number] for number in numbers]),
                        np.array([best[number] for number in numbers]), np.array(true), numbers)


def planes(method: str = "tsne", seed: int = 0) -> Plane:
    """How features are laid out so that neighbours stay neighbours; distances between far groups say nothing.

    "tsne" is t-SNE (van der Maaten and Hinton, 2008) with a perplexity of 30, or a third of the clips; "umap" is UMAP
    (McInnes et al., arXiv:1802.03426), where umap-learn is installed. Raises KinemaError where a library is missing.
    """
    if method not in METHODS:
        raise KinemaError(f"The method {method!r} is unknown; it is one of {', '.join(METHODS)}."
                          f"{nearest(method, METHODS)}")
    if method == "umap":
        try:
            import umap
        except ImportError as error:
            raise KinemaError("UMAP needs umap-learn: pip install 'kinema[umap]'. Or try --method tsne.") from error
        return lambda features_ND: umap.UMAP(
            n_neighbors=min(15, len(features_ND) - 1), random_state=seed, n_jobs=1).fit_transform(features_ND)
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise KinemaError("t-SNE needs scikit-learn: pip install 'kinema[explain]'.") from error
    return lambda features_ND: TSNE(
        perplexity=min(30.0, (len(features_ND) - 1) / 3), random_state=seed).fit_transform(features_ND)


def neighbours_agree(features_ND: np.ndarray, true_N: np.ndarray) -> float | None:
    """The share of clips whose nearest neighbour among all features is of their class, of the clips that are not alone
    in theirs; None where there are none.
    """
    squares_N = (features_ND.astype(np.float64) ** 2).sum(1)
    apart_NN = squares_N[:, None] + squares_N - 2 * features_ND.astype(np.float64) @ features_ND.T
    np.fill_diagonal(apart_NN, np.inf)
    _, place_N, count_K = np.unique(true_N, return_inverse=True, return_counts=True)
    agree_N = (true_N[apart_NN.argmin(1)] == true_N)[(true_N >= 0) & (count_K[place_N] > 1)]
    return float(agree_N.mean()) if len(agree_N) else None
