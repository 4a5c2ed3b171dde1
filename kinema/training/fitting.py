"""Training without gradients: a codebook of descriptors by k-means, and linear support vector machines over its words.

Axes in names: N clips, C channels, T frames, H rows, W columns, B blocks, D numbers of a descriptor, V words.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinema.data.clips import ClipTable
from kinema.data.dataset import ProblemLog
from kinema.data.transforms import test_transform
from kinema.errors import DataError, KinemaError, RunError
from kinema.evaluation.predict import EvaluationClips, evaluation_loader
from kinema.files import write_atomic
from kinema.keyed import key_seed, keyed_generator
from kinema.machine import Machine
from kinema.models import Network
from kinema.progress import Progress
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.log import CsvLog
from kinema.training.stop import Stop
from kinema.training.validate import validation_accuracy
from kinema.weights.save import save_network, training_of

FOLDER = "fitting"  # of a run, while it is fitted: what a run that goes on need not do again
CHUNK = 64  # clips between two files there
DRAWN = 50  # descriptors for each word of the codebook
STRENGTHS = (0.01, 0.1, 10.0, 100.0)  # of the support vector machines, beside 1: C, chosen on validation clips
HEEDED = frozenset({  # the fields of a recipe that a fit heeds
    "data", "format", "root", "out", "split", "validation", "seed", "model", "options", "frames", "size", "sampling",
    "stride", "fps", "neighbours", "input", "resize", "mean", "std", "order", "flow", "flow_bound", "flow_unit",
    "flow_centred", "balance",
})
FAR = 1e3  # of a word that no descriptor is nearest to

Described = Callable[[int, torch.Tensor], np.ndarray]  # a clip's number in its list and the clip -> rows


def check_fit(recipe: Recipe, machine: Machine) -> None:
    """Raise KinemaError where scikit-learn is missing, or what a fit cannot do is asked for."""
    if machine.several:
        devices, nodes = machine.started()
        raise RunError(f"{recipe.model} is fitted by one process; {devices} devices of {nodes} machines came. Leave "
                       "--devices and --nodes at 1, and start it without torchrun.")
    if recipe.start:
        raise RunError(f"{recipe.model} starts from no weights (start is {recipe.start}): it is fitted anew.")
    if recipe.distil:
        raise RunError(f"{recipe.model} is fitted without gradients, and learns from no other network (distil).")
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise KinemaError(f"{recipe.model} is fitted with scikit-learn: pip install 'kinema[hog3d]'.") from error


def fit(run: Run, machine: Machine, stop: Stop, bar: Progress) -> None:
    """Fit a run's network to its training clips and keep its weights; a fit that was stopped goes on where it was.

    Every draw depends on the recipe's seed. The support vector machines' strength is the one that is best on the
    validation clips, or 1 where there are none.
    """
    if (run.path / "last.safetensors").is_file():
        return
    for note in run.facts.get("notes", ()):
        bar.say(note)
    if idle := run.recipe.beyond(HEEDED):
        bar.say(f"{run.recipe.model} is fitted, not trained in steps; {', '.join(idle)} say nothing to it.")
    sides, recipe = run.split(), run.recipe
    torch.manual_seed(key_seed(recipe.seed, "weights"))
    network = run.network().to(machine.device()).eval()
    words_VD: Any = network.backbone.words_VD
    work = Work(run, sides.train, machine, stop, bar)
    share = ceil(DRAWN * len(words_VD) / len(sides.train))
    drawn_BD = work.over_clips("descriptors", partial(some, network, recipe.seed, share))
    seed = key_seed(recipe.seed, "words")
    words_VD.copy_(torch.from_numpy(work.kept("codebook", lambda: codebook(drawn_BD, len(words_VD), seed))))
    found_NV = work.over_clips("words", partial(word_shares, network))
    numbers, rows_NV = found_NV[:, 0].astype(np.int64), found_NV[:, 1:]
    targets_NK = targets_of(sides.train, numbers)
    best, chosen = None, None
    for strength in (1.0, *STRENGTHS) if sides.validation.rows else (1.0,):
        put(network, rows_NV, targets_NK, strength, recipe)
        accuracy = validation_accuracy(network, sides.validation, recipe, machine)
        if chosen is None or (accuracy is not None and (best is None or accuracy > best)):
            best, chosen = accuracy, {name: value.clone() for name, value in network.state_dict().items()}
            bar.say(f"C = {strength:g}" + ("" if accuracy is None else f": validation {accuracy:.1%}"))
    assert chosen is not None
    network.load_state_dict(chosen)
    log = CsvLog(run.path / "epochs.csv", ("epoch", "step", "loss", "accuracy", "validation"), 0)
    log.add([{"epoch": 0, "step": 1, "loss": "", "accuracy": f"{hit_rate(network, rows_NV, targets_NK):.4f}",
              "validation": "" if best is None else f"{best:.4f}"}])
    for name in ("best", "last"):
        save_network(network, run.path / f"{name}.safetensors", training_of(run.facts))
    shutil.rmtree(work.folder, ignore_errors=True)


@dataclass(frozen=True)
class Work:
    """What is done once for a run, and kept in a folder of it until the fit is whole."""

    run: Run
    table: ClipTable
    machine: Machine
    stop: Stop
    bar: Progress

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return self.run.path / FOLDER

    def over_clips(self, name: str, describe: Described) -> np.ndarray:
        """The rows that `describe` makes of all clips that can be read, each clip as a test shows it."""
        chunks = []
        for first in range(0, len(self.table), CHUNK):
            if self.stop.asked:
                raise KeyboardInterrupt
            part = range(first, min(first + CHUNK, len(self.table)))
            chunks.append(self.kept(f"{name}-{first}", partial(self.described, part, describe)))
            self.bar.advance(len(part), name)
        found = [rows for rows in chunks if len(rows)]
        if not found:
            raise DataError("None of the training clips has anything to be described; `kinema data check` says what is "
                            "wrong with each.")
        return np.concatenate(found)

    def described(self, part: range, describe: Described) -> np.ndarray:
        """The rows of a few clips; those that cannot be read are written down."""
        problems, spec = ProblemLog(self.run.path / "problems.jsonl"), self.run.recipe.clip
        clips = EvaluationClips(self.table.subset(part), spec, (1, 1), self.machine.cache(spec), test_transform(spec))
        rows = []
        for batch in evaluation_loader(clips, 1, self.machine):
            for place, views_VCTHW, problem in batch:
                if problem:
                    problems.add(self.table.rows[part[place]].path, problem, readable=views_VCTHW is not None)
                if views_VCTHW is not None:
                    rows.append(describe(part[place], views_VCTHW[0]))
        return np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)

    def kept(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of this name, or what `make` gives, which is then kept."""
        path = self.folder / f"{name}.npy"
        if not path.is_file():
            array = make()

            def write(out: Path) -> None:
                with out.open("wb") as file:
                    np.save(file, array, allow_pickle=False)

            write_atomic(path, write)
        return np.load(path, allow_pickle=False)


@torch.inference_mode()
def some(network: Network, seed: int, share: int, index: int, clip_CTHW: torch.Tensor) -> np.ndarray:
    """Up to `share` of a clip's descriptors that count, drawn by its number."""
    rows_BD, counts_B = network.backbone.describe(clip_CTHW.to(next(network.parameters())))  # type: ignore[operator]
    rows_BD = rows_BD[counts_B]
    order = torch.randperm(len(rows_BD), generator=keyed_generator(seed, "descriptors", index))[:share]
    return rows_BD[order.to(rows_BD.device)].cpu().numpy().astype(np.float16)


@torch.inference_mode()
def word_shares(network: Network, index: int, clip_CTHW: torch.Tensor) -> np.ndarray:
    """A clip's number and the features that its words are."""
    features_1V = network.features(clip_CTHW[None].to(next(network.parameters()))).cpu().numpy()
    return np.concatenate([np.full((1, 1), index, np.float32), features_1V], axis=1)


def codebook(rows_BD: np.ndarray, words: int, seed: int) -> np.ndarray:
    """The centres (V D) of k-means; where descriptors are few there are fewer, and what is left is out of reach."""
    from sklearn.cluster import MiniBatchKMeans

    fewer = max(min(words, len(rows_BD) // 5), 1)
    # from random rows: k-means++ takes minutes for thousands of words, many times as long as what follows
    means = MiniBatchKMeans(fewer, init="random", batch_size=4096, n_init=1, random_state=seed % 2**32)
    means.fit(rows_BD.astype(np.float32))
    words_VD = np.full((words, rows_BD.shape[1]), FAR, np.float32)
    words_VD[:fewer] = means.cluster_centers_
    return words_VD


def targets_of(table: ClipTable, numbers: np.ndarray) -> np.ndarray:
    """Zeros and ones (N K): which classes the clips of these numbers have."""
    targets_NK = np.zeros((len(numbers), len(table.labels)), dtype=bool)
    for place, number in enumerate(numbers.tolist()):
        targets_NK[place, list(table.rows[number].labels)] = True
    return targets_NK


def put(network: Network, rows_NV: np.ndarray, targets_NK: np.ndarray, strength: float, recipe: Recipe) -> None:
    """Let each class's row of the classifier be a linear support vector machine, against all other classes."""
    from sklearn.svm import LinearSVC

    weights_KV = np.zeros((targets_NK.shape[1], rows_NV.shape[1]))
    biases_K = np.full(targets_NK.shape[1], -1.0)  # of a class without clips: it is never the answer
    for label, targets_N in enumerate(targets_NK.T):
        if targets_N.all():
            biases_K[label] = 1.0
        elif targets_N.any():
            machine = LinearSVC(C=strength, random_state=key_seed(recipe.seed, "svm", label) % 2**32, max_iter=5000,
                                class_weight=None if recipe.balance == "none" else "balanced")
            machine.fit(rows_NV, targets_N)
            weights_KV[label], biases_K[label] = machine.coef_[0], machine.intercept_[0]
    with torch.no_grad():
        network.classifier.weight.copy_(torch.from_numpy(weights_KV))
        network.classifier.bias.copy_(torch.from_numpy(biases_K))


def hit_rate(network: Network, rows_NV: np.ndarray, targets_NK: np.ndarray) -> float:
    """The share of the training clips whose best answer is right."""
    with torch.inference_mode():
        best_N = network.classifier(torch.from_numpy(rows_NV).to(network.classifier.weight)).argmax(1).cpu().numpy()
    return float(targets_NK[np.arange(len(best_N)), best_N].mean())
