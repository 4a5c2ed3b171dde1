"""Small classifiers on features that stay as they are: linear, nearest neighbours, attentive.

Each is fitted to values (N D, or N L D) and class numbers (N), with one number to choose, and gives logits.
Axes in names: N clips, L places of all frames, D features, E the probe's width, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from kinema.errors import KinemaError
from kinema.keyed import key_seed, keyed_generator
from kinema.models.transformer.attention import Heads
from kinema.models.transformer.probe import Probe
from kinema.models.transformer.tokens import Grid

WARMTH = 0.07  # of a neighbour's vote, as its cosine falls (Wu et al., arXiv:1805.01978)
LEAST = 1e-6  # of a vote, so that its logarithm is a number
UNSEEN = -30.0  # the logit, below all others', of a class that no clip to learn from has
WIDTH, HEADS, DROPPED = 256, 4, 0.5  # of an attentive probe
BATCH, RATE, DECAY = 32, 3e-3, 0.05
Fitted = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Linear:
    """A linear classifier: features N D -> logits N K."""

    weight_KD: np.ndarray
    bias_K: np.ndarray

    def __call__(self, values_ND: np.ndarray) -> np.ndarray:
        return values_ND @ self.weight_KD.T + self.bias_K


def fit_linear(values_ND: np.ndarray, targets_N: np.ndarray, classes: int, strength: float, seed: int) -> Linear:
    """Logistic regression on standardised features; `strength` is scikit-learn's C."""
    if len(np.unique(targets_N)) < 2:
        raise KinemaError("All clips to learn from are of one class, so there is nothing to tell apart.")
    mean_D, std_D = values_ND.mean(0), values_ND.std(0) + 1e-6
    found = sklearn().linear_model.LogisticRegression(C=strength, max_iter=2000)
    found.fit((values_ND - mean_D) / std_D, targets_N)
    weight_KD, bias_K = np.zeros((classes, values_ND.shape[1])), np.full(classes, UNSEEN)
    two = len(found.classes_) == 2  # which scikit-learn tells by one number
    weight_KD[found.classes_] = np.concatenate([-found.coef_, found.coef_]) / 2 if two else found.coef_
    bias_K[found.classes_] = np.concatenate([-found.intercept_, found.intercept_]) / 2 if two else found.intercept_
    weight_KD /= std_D
    return Linear(weight_KD.astype(np.float32), (bias_K - weight_KD @ mean_D).astype(np.float32))


def fit_knn(values_ND: np.ndarray, targets_N: np.ndarray, classes: int, neighbours: int, seed: int) -> Fitted:
    """The `neighbours` nearest by cosine vote, each by exp(cosine / WARMTH); logits are the logarithms of votes."""
    found = sklearn().neighbors.NearestNeighbors(n_neighbors=min(neighbours, len(values_ND)), metric="cosine")
    found.fit(values_ND)
    votes_NK = np.eye(classes)[targets_N]

    def answer(asked_ND: np.ndarray) -> np.ndarray:
        distance_NM, near_NM = found.kneighbors(asked_ND)
        weight_NM = np.exp((distance_NM[:, :1] - distance_NM) / WARMTH)
        share_NK = (weight_NM[..., None] * votes_NK[near_NM]).sum(1) / weight_NM.sum(1, keepdims=True)
        return np.log(share_NK + LEAST)

    return answer


class Attentive(nn.Module):
    """Places N L D, made narrower, of which a learnt query takes what tells the classes; logits N K."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        width = min(inputs, WIDTH) // HEADS * HEADS
        self.narrow = nn.Sequential(nn.LayerNorm(inputs), nn.Linear(inputs, width))
        self.probe = Probe(width, 1e-6, Heads(width, HEADS), depth=0)
        self.classifier = nn.Sequential(nn.Dropout(DROPPED), nn.Linear(width, classes))

    def forward(self, x_NLD: torch.Tensor) -> torch.Tensor:
        x_NLE = self.narrow(x_NLD)
        return self.classifier(self.probe(x_NLE, Grid(0, x_NLE.shape[1], 1, 1)).flatten(1))


def fit_attentive(values_NLD: np.ndarray, targets_N: np.ndarray, classes: int, epochs: int, seed: int) -> Fitted:
    """An attention over all places (V-JEPA's probe; Bardes et al., arXiv:2404.08471), trained by AdamW and a cosine."""
    places_NLD, targets = torch.from_numpy(values_NLD), torch.from_numpy(targets_N)
    with torch.random.fork_rng():
        torch.manual_seed(key_seed(seed, "probe"))
        model = Attentive(places_NLD.shape[2], classes)
        steps = max(len(targets) // BATCH, 1)
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
        for epoch in range(epochs):
            order = torch.randperm(len(targets), generator=keyed_generator(seed, "probe", epoch))
            for few in order[: steps * BATCH].split(BATCH):
                optimizer.zero_grad()
                F.cross_entropy(model(places_NLD[few].float()), targets[few]).backward()
                optimizer.step()
                schedule.step()
    model.eval()

    @torch.inference_mode()
    def answer(asked_NLD: np.ndarray) -> np.ndarray:
        return torch.cat([model(few.float()) for few in torch.from_numpy(asked_NLD).split(BATCH)]).numpy()

    return answer


@dataclass(frozen=True)
class Kind:
    """A row of the table of probes: what it looks at, how it is fitted, and the number that is chosen of `choices`."""

    looks_at: str
    fit: Callable[[np.ndarray, np.ndarray, int, float, int], Fitted]
    number: str
    choices: tuple[float, ...]


KINDS = {
    "linear": Kind("features", fit_linear, "C", (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)),
    "attentive": Kind("places", fit_attentive, "epochs", (10, 30, 100)),  # type: ignore[arg-type]
    "knn": Kind("features", fit_knn, "neighbours", (1, 3, 5, 10, 20)),  # type: ignore[arg-type]
}


def sklearn() -> Any:
    """scikit-learn, or how to get it."""
    try:
        import sklearn.linear_model
        import sklearn.neighbors
    except ImportError as error:
        raise KinemaError("Probes need scikit-learn: pip install 'kinema[probe]'.") from error
    return sklearn
