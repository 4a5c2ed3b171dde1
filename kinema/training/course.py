"""The course of any training, around its steps: begun together, written down, saved, stopped together."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn, optim

from kinema.clock import stage
from kinema.data.dataset import ProblemLog, Steps
from kinema.errors import KinemaError, counted
from kinema.machine import Machine
from kinema.progress import Progress
from kinema.recipe import Recipe
from kinema.training.alone import alone
from kinema.training.log import RunLog
from kinema.training.optimizer import set_rate
from kinema.training.quicken import quicken
from kinema.training.recompute import checkpoint_blocks
from kinema.training.stop import Stop

if TYPE_CHECKING:
    from lightning_fabric import Fabric

AXES = 5  # of the weights of a convolution over time: outputs, inputs, frames, rows, columns


def on_chief(fabric: "Fabric", prepare: Callable[[], Any]) -> None:
    """Let the first process prepare a training; what is wrong is raised in all, so that none waits for one that has
    given up.
    """
    problem = None
    if fabric.global_rank == 0:
        try:
            prepare()
        except KinemaError as error:
            problem = error
    problem = fabric.broadcast(problem)
    if problem is not None:
        raise problem


def make_ready(fabric: "Fabric", folder: str | Path, prepare: Callable[[], Any]) -> None:
    """Let the first process prepare a training in its folder; RunError, before anything there is touched, where another
    one is at it.
    """

    def apart() -> None:
        with alone(Path(folder)) if Path(folder).is_dir() else nullcontext():
            prepare()

    on_chief(fabric, apart)


def wrapped(module: nn.Module, machine: Machine) -> Any:
    """A module as the machine's switches want it trained, changed in place; the return value is what is called."""
    if machine.gradient_checkpointing:
        checkpoint_blocks(module)
    if machine.lays_channels_last and machine.has_kernels:
        quicken(module)
    for weight in module.parameters() if machine.lays_channels_last else ():
        if weight.dim() == AXES:  # a convolution's
            weight.data = weight.data.to(memory_format=torch.channels_last_3d)
    return torch.compile(module) if machine.compile else module


class Course:
    """Where a training is: `step` counts the optimiser steps done.

    In its `with` Ctrl-C only asks it to stop, a bar shows its progress, and at the end the user hears which clips
    could not be read.
    """

    def __init__(self, fabric: "Fabric", folder: Path, steps: Steps, machine: Machine, measure: str = "accuracy"):
        self.fabric, self.folder, self.steps, self.step = fabric, folder, steps, steps.first
        self.every, self.measure = machine.save_every or steps.per_epoch, measure
        self.log: RunLog | None = None
        self.parts: list[torch.Tensor] = []  # of a step: the loss of each and what was measured

    @contextmanager
    def underway(self, title: str, notes: Iterable[str], quiet: bool) -> Iterator[None]:
        """The time in which steps are taken; `notes` are said when it begins anew. RunError: see `alone`."""
        chief, total = self.fabric.global_rank == 0, self.steps.total
        own = ExitStack()
        on_chief(self.fabric, lambda: own.enter_context(alone(self.folder)))
        with own, Stop() as self.stop, Progress(title, total, self.step, quiet=quiet or not chief) as self.bar:
            for note in notes if self.step == 0 else ():
                self.bar.say(note)
            self.log = RunLog(self.folder, self.step, self.steps.per_epoch, self.measure) if chief else None
            yield
            if self.log:
                self.log.close()
            say_told(self.folder, self.bar)

    def note(self, loss: torch.Tensor, measured: torch.Tensor) -> None:
        """Note what a part of a step's clips gave, over its clips."""
        self.parts.append(torch.stack([loss.detach(), measured.to(loss)]))

    def advance(self, model: Any, optimizer: optim.Optimizer, recipe: Recipe, rate: float) -> bool:
        """Take a step of the optimiser at a learning rate; return whether an epoch ends with it."""
        with stage("optimizer"):
            set_rate(optimizer, rate)
            if recipe.clip_gradient is not None:
                self.fabric.clip_gradients(model, optimizer, max_norm=recipe.clip_gradient, error_if_nonfinite=False)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step, self.rate = self.step + 1, rate
        return self.step % self.steps.per_epoch == 0 or self.step == self.steps.total

    def after(self, epoch_ends: bool, judge: Callable[[], float | None], save: Callable[[], None]) -> None:
        """Write the step down, judge what an epoch has given, save when it is time.

        Raises KeyboardInterrupt, with all saved, where any process was asked to stop.
        """
        stops = together(self.fabric, self.stop.asked)
        gave, self.parts = torch.stack(self.parts).mean(0), []
        if self.fabric.world_size > 1:
            gave = cast("torch.Tensor", self.fabric.all_reduce(gave, reduce_op="mean"))
        if self.log:
            self.log.step(self.step, self.rate, *gave.unbind())
            saves = epoch_ends or self.step % self.every == 0 or stops
            self.bar.advance(1, self.log.flush() if saves or self.step % 20 == 0 else "")
            if epoch_ends:
                with stage("save"):
                    judged = judge()
                self.bar.say(self.log.epoch(self.step, judged))
            if saves:
                with stage("save"):
                    save()
        if stops and self.log:
            self.log.close()
            self.bar.say(f"Stopped and saved after step {self.step} of {self.steps.total}; the same command goes on.")
        if stops:
            raise KeyboardInterrupt


def say_told(folder: Path, bar: Progress) -> None:
    """Say which clips could not be read."""
    for line in told(ProblemLog(folder / "problems.jsonl").read()):
        bar.say(line)


def told(problems: list[dict], shown: int = 5) -> list[str]:
    """How many clips could not be read, or only in part, in words, and the first of them with what is wrong."""
    said = []
    for readable, what in ((False, "unreadable and left out"), (True, "readable only in part")):
        found = [problem for problem in problems if problem["readable"] == readable]
        if found:
            said.append(f"{counted(len(found), 'clip')} {what}; problems.jsonl names them all:")
            said += [f"  {problem['path']}: {problem['problem']}" for problem in found[:shown]]
    return said


def together(fabric: "Fabric", asked: bool) -> bool:
    """Whether any process was asked to stop: then all do, after the same step."""
    if fabric.world_size == 1:
        return asked
    return bool(fabric.all_reduce(torch.tensor(float(asked), device=fabric.device), reduce_op="sum"))
