"""Training, with the loop written out.

Axes in names: N clips, C channels, T frames, H rows, W columns, K classes.
"""

from functools import partial
from typing import TYPE_CHECKING

import torch

from kinema.clock import awaited, stage
from kinema.data.clips import ClipTable
from kinema.evaluation.evaluate import calibration_of
from kinema.keyed import key_seed
from kinema.machine import Machine
from kinema.models.names import is_fitted
from kinema.progress import Progress
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.alone import alone
from kinema.training.checkpoint import save_state
from kinema.training.course import Course, make_ready, say_told
from kinema.training.distil import distilled
from kinema.training.fitting import check_fit, fit
from kinema.training.loss import hits, loss_of, shares
from kinema.training.mixing import Mixing
from kinema.training.norm import regroup
from kinema.training.precise import compute_statistics, last_steps, learning_norms
from kinema.training.prepare import prepare
from kinema.training.schedule import rate_at
from kinema.training.setup import Parts, assemble, by_sigmoid, start_fabric, training_loader
from kinema.training.stop import Stop
from kinema.training.validate import validation_accuracy
from kinema.weights.save import save_network, training_of

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def train(recipe: Recipe, machine: Machine | None = None, restart: bool = False, quiet: bool = False) -> Run:
    """Train the network that a recipe describes; the same call again goes on where the run stopped, to the bit.

    Returns the run, whose folder is `recipe.out`. Errors: `DataError`, `ModelError`, `RunError`, in the user's words.
    """
    machine = machine or Machine()
    if is_fitted(recipe.model):
        check_fit(recipe, machine)
    fabric = start_fabric(recipe, machine)
    make_ready(fabric, recipe.out, lambda: prepare(recipe, machine, restart, fabric.world_size))
    run = Run.open(recipe.out)
    split, title = run.split(), f"training {recipe.model}"
    if is_fitted(recipe.model):
        if fabric.global_rank == 0:
            with alone(run.path), Stop() as stop, Progress(title, 2 * len(split.train), quiet=quiet) as bar:
                fit(run, machine, stop, bar)
                say_told(run.path, bar)
    elif (parts := assemble(run, split.train, machine, fabric)).steps.first < parts.steps.total:
        course = Course(fabric, run.path, parts.steps, machine)
        with course.underway(title, run.facts.get("notes", ()), quiet):
            run_steps(run, parts, split.train, split.validation, machine, course)
    if fabric.global_rank == 0:
        calibration_of(run, machine, quiet)
    fabric.barrier()
    return run


def run_steps(
    run: Run, parts: Parts, table: ClipTable, validation: ClipTable, machine: Machine, course: Course
) -> None:
    """The loop: forward, backward, step; at the end of each epoch validate and save."""
    recipe, fabric = run.recipe, course.fabric
    loader = training_loader(run, table, parts.steps, machine, pin_memory=fabric.device.type == "cuda")
    mixing, sigmoid = Mixing(recipe.mixup, recipe.cutmix), by_sigmoid(recipe, table)
    parts.model.train()
    for micro, (clips_NCTHW, targets_NK) in enumerate(awaited(loader)):
        step, part = course.step, micro % recipe.accumulate
        grid = parts.multigrid.grid(step, parts.steps.total)
        last_part = part == recipe.accumulate - 1
        torch.manual_seed(key_seed(recipe.seed, "step", step, part))  # what dropout and drop path draw from
        clips_NCTHW, targets_NK = fabric.to_device((clips_NCTHW, targets_NK))
        targets_NK = targets_NK if sigmoid else shares(targets_NK)
        clips_NCTHW, targets_NK = mixing(clips_NCTHW, targets_NK, grid.groups, recipe.seed, "mix", step, part)
        regroup(parts.network, grid.groups)
        if machine.lays_channels_last:
            clips_NCTHW = clips_NCTHW.to(memory_format=torch.channels_last_3d)
        with fabric.no_backward_sync(parts.model, enabled=not last_part):
            with stage("forward"):
                logits_NK = parts.model(clips_NCTHW)
                loss = loss_of(logits_NK, targets_NK, parts.weights_K, recipe.label_smoothing, sigmoid)
                if parts.teacher is not None:
                    taught_NK = parts.teacher(clips_NCTHW)
                    loss = distilled(loss, logits_NK, taught_NK, recipe.distil_weight, recipe.temperature, sigmoid)
            with stage("backward"):
                fabric.backward(loss / recipe.accumulate)
        course.note(loss, hits(logits_NK.detach(), targets_NK))
        if not last_part:
            continue

        rate = grid.rate * rate_at(recipe, step, parts.steps.total)
        epoch_ends = course.advance(parts.model, parts.optimizer, recipe, rate)
        if parts.average is not None:
            parts.average.update(parts.network, step)
        if epoch_ends and recipe.precise_norm:
            make_precise(run, parts, course.step, table, machine, fabric)
        course.after(epoch_ends, partial(keep_best, run, parts, validation, machine),
                     partial(save, run, parts, course.step))


def make_precise(
    run: Run, parts: Parts, step: int, table: ClipTable, machine: Machine, fabric: "Fabric"
) -> None:
    """Compute the batch norms' statistics anew, of the weights that would be kept now, over clips of this epoch."""
    network, norms = parts.average.network if parts.average else parts.network, learning_norms(parts.network)
    regroup(network, 1)
    steps = last_steps(parts.steps, step, run.recipe.precise_norm)
    loader = training_loader(run, table, steps, machine, pin_memory=False)
    like = next(network.parameters())
    if norms:
        compute_statistics(network, (clips_NCTHW.to(like) for clips_NCTHW, _ in loader), norms, fabric.autocast)


def keep_best(run: Run, parts: Parts, validation: ClipTable, machine: Machine) -> float | None:
    """Validate the weights that would be kept now, and keep them if none were better; without validation clips the
    last are the best."""
    network = parts.average.network if parts.average else parts.network
    accuracy = validation_accuracy(network, validation, run.recipe, machine)
    if accuracy is None or parts.best is None or accuracy >= parts.best:
        parts.best = accuracy
        save_network(network, run.path / "best.safetensors", training_of(run.facts))
    return accuracy


def save(run: Run, parts: Parts, step: int) -> None:
    """Save the weights for use, and all that the next step depends on."""
    network = parts.average.network if parts.average else parts.network
    save_network(network, run.path / "last.safetensors", training_of(run.facts))
    save_state(run.path / "last.pt", step, parts.best, parts.network, parts.optimizer, parts.average)
