"""Training, with the loop written out.

Axes in names: N clips, C channels, T frames, H rows, W columns, K classes.
"""

from typing import TYPE_CHECKING

import torch

from kinema.data.clips import ClipTable
from kinema.data.dataset import ProblemLog
from kinema.errors import KinemaError
from kinema.evaluation.evaluate import calibration_of
from kinema.keyed import key_seed
from kinema.machine import Machine
from kinema.models.names import is_fitted
from kinema.progress import Progress
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.checkpoint import save_state, save_weights
from kinema.training.distil import distilled
from kinema.training.fitting import check_fit, fit
from kinema.training.log import RunLog
from kinema.training.loss import hits, loss_of, shares
from kinema.training.mixing import Mixing
from kinema.training.norm import regroup
from kinema.training.optimizer import set_rate
from kinema.training.precise import compute_statistics, last_steps, learning_norms
from kinema.training.prepare import prepare
from kinema.training.schedule import learning_rate
from kinema.training.setup import Parts, assemble, by_sigmoid, start_fabric, training_loader
from kinema.training.stop import Stop
from kinema.training.validate import validation_accuracy

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def train(recipe: Recipe, machine: Machine | None = None, restart: bool = False, quiet: bool = False) -> Run:
    """Train the network that a recipe describes; the same call again goes on where the run stopped, to the bit.

    Returns the run, whose folder is `recipe.out`. Errors: `DataError`, `ModelError`, `RunError`, in the user's words.
    """
    machine = machine or Machine()
    if is_fitted(recipe.model):
        check_fit(recipe)
    fabric = start_fabric(recipe, machine)
    problem = None
    if fabric.global_rank == 0:
        try:
            prepare(recipe, machine, restart, fabric.world_size)
        except KinemaError as error:
            problem = error
    problem = fabric.broadcast(problem)  # so that no process waits for one that has given up
    if problem is not None:
        raise problem
    run = Run.open(recipe.out)
    split, title = run.split(), f"training {recipe.model}"
    if is_fitted(recipe.model):
        if fabric.global_rank == 0:
            with Stop() as stop, Progress(title, 2 * len(split.train), quiet=quiet) as bar:
                fit(run, machine, stop, bar)
                say_told(run, bar)
    elif (parts := assemble(run, split.train, machine, fabric)).step < parts.steps.total:
        with (
            Stop() as stop,
            Progress(title, parts.steps.total, parts.step, quiet=quiet or fabric.global_rank > 0) as bar,
        ):
            for note in run.facts.get("notes", ()) if parts.step == 0 else ():
                bar.say(note)
            run_steps(run, parts, split.train, split.validation, machine, fabric, stop, bar)
            say_told(run, bar)
    if fabric.global_rank == 0:
        calibration_of(run, machine, quiet)
    fabric.barrier()
    return run


def run_steps(
    run: Run,
    parts: Parts,
    table: ClipTable,
    validation: ClipTable,
    machine: Machine,
    fabric: "Fabric",
    stop: Stop,
    bar: Progress,
) -> None:
    """The loop: forward, backward, step; at the end of each epoch validate and save."""
    recipe, per_epoch, chief = run.recipe, parts.steps.per_epoch, fabric.global_rank == 0
    loader = training_loader(run, table, parts.steps, machine, pin_memory=fabric.device.type == "cuda")
    log = RunLog(run.path, parts.step, per_epoch) if chief else None
    every, mixing = machine.save_every or per_epoch, Mixing(recipe.mixup, recipe.cutmix)
    sigmoid = by_sigmoid(recipe, table)
    parts.model.train()
    for micro, (clips_NCTHW, targets_NK) in enumerate(loader):
        step, part = parts.step, micro % recipe.accumulate
        grid = parts.multigrid.grid(step, parts.steps.total)
        last_part = part == recipe.accumulate - 1
        torch.manual_seed(key_seed(recipe.seed, "step", step, part))  # what dropout and drop path draw from
        clips_NCTHW, targets_NK = fabric.to_device((clips_NCTHW, targets_NK))
        targets_NK = targets_NK if sigmoid else shares(targets_NK)
        clips_NCTHW, targets_NK = mixing(clips_NCTHW, targets_NK, grid.groups, recipe.seed, "mix", step, part)
        regroup(parts.network, grid.groups)
        if machine.channels_last:
            clips_NCTHW = clips_NCTHW.to(memory_format=torch.channels_last_3d)
        with fabric.no_backward_sync(parts.model, enabled=not last_part):
            logits_NK = parts.model(clips_NCTHW)
            loss = loss_of(logits_NK, targets_NK, parts.weights_K, recipe.label_smoothing, sigmoid)
            if parts.teacher is not None:
                taught_NK = parts.teacher(clips_NCTHW)
                loss = distilled(loss, logits_NK, taught_NK, recipe.distil_weight, recipe.temperature, sigmoid)
            fabric.backward(loss / recipe.accumulate)
        if log:
            log.note(loss.detach(), hits(logits_NK.detach(), targets_NK))
        if not last_part:
            continue

        warmup = recipe.warmup * (parts.steps.total / recipe.epochs)
        lr = grid.rate * learning_rate(step, parts.steps.total, recipe.lr, warmup, recipe.schedule, recipe.milestones)
        set_rate(parts.optimizer, lr)
        if recipe.clip_gradient is not None:
            fabric.clip_gradients(parts.model, parts.optimizer, max_norm=recipe.clip_gradient,
                                  error_if_nonfinite=False)
        parts.optimizer.step()
        parts.optimizer.zero_grad(set_to_none=True)
        if parts.average is not None:
            parts.average.update(parts.network, step)
        parts.step = step + 1
        epoch_ends = parts.step % per_epoch == 0 or parts.step == parts.steps.total
        if epoch_ends and recipe.precise_norm:
            make_precise(run, parts, table, machine, fabric)
        stops = together(fabric, stop.asked)
        if log is None:
            if stops:
                raise KeyboardInterrupt
            continue

        log.step(parts.step, lr)
        saves = epoch_ends or parts.step % every == 0 or stops
        bar.advance(1, log.flush() if saves or parts.step % 20 == 0 else "")
        if epoch_ends:
            accuracy = keep_best(run, parts, validation, machine)
            bar.say(log.epoch(parts.step, accuracy))
        if saves:
            save(run, parts)
        if stops:
            log.close()
            bar.say(f"Stopped and saved after step {parts.step} of {parts.steps.total}; the same command goes on.")
            raise KeyboardInterrupt
    if log:
        log.close()


def say_told(run: Run, bar: Progress) -> None:
    """Say which clips could not be read."""
    for line in told(ProblemLog(run.path / "problems.jsonl").read()):
        bar.say(line)


def told(problems: list[dict], shown: int = 5) -> list[str]:
    """How many clips could not be read, or only in part, in words, and the first of them with what is wrong."""
    said = []
    for readable, what in ((False, "could not be read and were left out"), (True, "could be read only in part")):
        found = [problem for problem in problems if problem["readable"] == readable]
        if found:
            said.append(f"{len(found)} clips {what}; problems.jsonl names them all:")
            said += [f"  {problem['path']}: {problem['problem']}" for problem in found[:shown]]
    return said


def together(fabric: "Fabric", asked: bool) -> bool:
    """Whether any process was asked to stop: then all do, after the same step."""
    if fabric.world_size == 1:
        return asked
    return bool(fabric.all_reduce(torch.tensor(float(asked), device=fabric.device), reduce_op="sum"))


def make_precise(run: Run, parts: Parts, table: ClipTable, machine: Machine, fabric: "Fabric") -> None:
    """Compute the batch norms' statistics anew, of the weights that would be kept now, over clips of this epoch."""
    network, norms = parts.average.network if parts.average else parts.network, learning_norms(parts.network)
    regroup(network, 1)
    steps = last_steps(parts.steps, parts.step, run.recipe.precise_norm)
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
        save_weights(run.path / "best.safetensors", network)
    return accuracy


def save(run: Run, parts: Parts) -> None:
    """Save the weights for use, and all that the next step depends on."""
    save_weights(run.path / "last.safetensors", parts.average.network if parts.average else parts.network)
    save_state(run.path / "last.pt", parts.step, parts.best, parts.network, parts.optimizer, parts.average)
