"""Training a detector, with the loop written out.

Axes in names: N clips, M boxes, K classes.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import optim
from torch.utils.data import DataLoader

from kinema.data.dataset import Loader, ProblemLog, Steps, Told, quiet_worker
from kinema.data.transforms import flip_label_map
from kinema.detection.annotations import Annotations, read_frames
from kinema.detection.clips import TrainingBoxes, join
from kinema.detection.detector import Detector
from kinema.detection.evaluate import evaluate
from kinema.detection.prepare import films_of, prepare
from kinema.detection.runs import DetectorRun
from kinema.errors import DataError, KinemaError
from kinema.keyed import key_seed
from kinema.machine import Machine
from kinema.models.parts import freeze
from kinema.recipe import Recipe
from kinema.training.checkpoint import load_state, save_state
from kinema.training.course import Course, make_ready, wrapped
from kinema.training.loss import hits, loss_of
from kinema.training.norm import globalise
from kinema.training.optimizer import make_optimizer
from kinema.training.prepare import share_batch
from kinema.training.schedule import rate_at
from kinema.training.setup import start_fabric
from kinema.training.start import start_from
from kinema.weights.save import save_network

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from kinema.detection.ava import KeyFrame


@dataclass
class Parts:
    """The parts of a training: `model` is `detector` as Fabric wraps it."""

    detector: Detector
    model: Any
    optimizer: optim.Optimizer
    steps: Steps
    best: float | None


def train_detector(
    recipe: Recipe, annotations: Annotations | None = None, machine: Machine | None = None, restart: bool = False,
    quiet: bool = False,
) -> DetectorRun:
    """Train a detector on the boxes of `recipe.data`; the same call again goes on where the run stopped, to the bit.

    Each action of a box has its own binary cross-entropy, averaged over all boxes of a micro-batch's clips
    whatever the number of processes. With validation boxes the weights of the best frame mAP on them, as they are
    annotated, are kept.
    Returns the run, whose folder is `recipe.out`. Errors: `DataError`, `ModelError`, `RunError`, in the user's words.
    """
    annotations, machine = annotations or Annotations(), machine or Machine()
    fabric = start_fabric(recipe, machine)
    make_ready(fabric, recipe.out, lambda: prepare(recipe, annotations, machine, restart, fabric.world_size))
    run = DetectorRun.open(recipe.out)
    frames = read_frames(run.recipe.data, annotations.exclude, run.classes)
    parts = assemble(run, len(frames), machine, fabric)
    if parts.steps.first < parts.steps.total:
        course = Course(fabric, run.path, parts.steps, machine)
        with course.underway(f"training a detector over {recipe.model}", run.facts.get("notes", ()), quiet):
            run_steps(run, parts, frames, machine, course)
    fabric.barrier()
    return run


def assemble(run: DetectorRun, frames: int, machine: Machine, fabric: "Fabric") -> Parts:
    """Build the parts of a training, in the state of its last checkpoint where there is one."""
    recipe, saved = run.recipe, run.path / "last.pt"
    torch.manual_seed(key_seed(recipe.seed, "weights"))
    detector = run.untrained()
    if recipe.start and not saved.is_file():
        start_from(detector.network, recipe)
    freeze(detector.network, recipe.frozen)
    if fabric.world_size > 1:
        globalise(detector)
    model, optimizer = fabric.setup(wrapped(detector, machine), make_optimizer(detector.network, recipe))
    step, best = load_state(saved, detector, optimizer, None) if saved.is_file() else (0, None)
    batch = share_batch(recipe, frames, fabric.world_size)
    steps = Steps(frames, batch, recipe.epochs * (frames // batch), recipe.seed, step, recipe.accumulate,
                  fabric.global_rank, fabric.world_size)
    return Parts(detector, model, optimizer, steps, best)


def run_steps(
    run: DetectorRun, parts: Parts, frames: "list[KeyFrame]", machine: Machine, course: Course
) -> None:
    """The loop: forward, backward, step; at the end of each epoch validate and save."""
    recipe, fabric = run.recipe, course.fabric
    loader = training_loader(run, frames, parts.steps, machine, fabric.device.type == "cuda")
    parts.model.train()
    for micro, batch in enumerate(loader):
        step, part = course.step, micro % recipe.accumulate
        last_part = part == recipe.accumulate - 1
        torch.manual_seed(key_seed(recipe.seed, "step", step, part))  # what dropout and drop path draw from
        clips_NCTHW, rois_M5, targets_MK = fabric.to_device(batch)
        if machine.lays_channels_last:
            clips_NCTHW = clips_NCTHW.to(memory_format=torch.channels_last_3d)
        with fabric.no_backward_sync(parts.model, enabled=not last_part):
            logits_MK = parts.model(clips_NCTHW, rois_M5)
            loss = shared_loss(logits_MK, targets_MK, recipe.label_smoothing, fabric)
            fabric.backward(loss / recipe.accumulate)
        course.note(loss, hits(logits_MK.detach(), targets_MK) if len(targets_MK) else loss.detach() * 0)
        if last_part:
            epoch_ends = course.advance(parts.model, parts.optimizer, recipe, rate_at(recipe, step, parts.steps.total))
            course.after(epoch_ends, partial(keep_best, run, parts, machine), partial(save, run, parts, course.step))


def shared_loss(
    logits_MK: torch.Tensor, targets_MK: torch.Tensor, smoothing: float, fabric: "Fabric"
) -> torch.Tensor:
    """The loss of this process's boxes, weighted so that its mean over processes is that of all their boxes.

    Clips hold different numbers of boxes, perhaps none.
    """
    share = 1.0
    if fabric.world_size > 1:
        boxes = torch.tensor(float(len(logits_MK)), device=logits_MK.device)
        total: Any = fabric.all_reduce(boxes.clone(), reduce_op="sum")
        share = float(boxes) * fabric.world_size / max(float(total), 1.0)
    if not len(logits_MK):
        return logits_MK.sum() * 0
    return loss_of(logits_MK, targets_MK, None, smoothing, True) * share


def training_loader(
    run: DetectorRun, frames: "list[KeyFrame]", steps: Steps, machine: Machine, pin_memory: bool
) -> DataLoader:
    """Batches (clips_NCTHW, rois_M5, targets_MK) of all the steps that are left."""
    recipe, workers = run.recipe, machine.reading_processes()
    columns = {action: column for column, action in enumerate(run.classes)}
    films, flips = films_of(recipe, run.annotations, machine), flip_label_map(tuple(run.classes.values()))
    boxes = TrainingBoxes(frames, columns, films, recipe.clip, recipe.augment, flips, recipe.seed,
                          ProblemLog(run.path / "problems.jsonl"))
    return Loader(Told(boxes), batch_sampler=steps, num_workers=workers, collate_fn=collate, pin_memory=pin_memory,
                  worker_init_fn=quiet_worker if workers else None)


def collate(samples: list[Any]) -> Any:
    """One batch, or the first error among the samples."""
    return next((one for one in samples if isinstance(one, KinemaError)), None) or join(samples)


def keep_best(run: DetectorRun, parts: Parts, machine: Machine) -> float | None:
    """Judge the weights that would be kept now, and keep them if none were better; without a list the last are."""
    lists, value = run.annotations, None
    if lists.validation:
        films = films_of(run.recipe, lists, machine)
        try:
            value = evaluate(parts.detector, lists.truth, run.classes, films, machine, quiet=True).measure.mean
        except DataError:  # none of the videos can be read
            value = None
    if value is None or parts.best is None or value >= parts.best:
        parts.best = value
        save_network(parts.detector.network, run.path / "best.safetensors")
    return value


def save(run: DetectorRun, parts: Parts, step: int) -> None:
    """Save the weights for use, and all that the next step depends on."""
    save_network(parts.detector.network, run.path / "last.safetensors")
    save_state(run.path / "last.pt", step, parts.best, parts.detector, parts.optimizer, None)
