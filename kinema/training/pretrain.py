"""Masked pre-training on unlabelled footage, with the loop written out (VideoMAE; Tong et al., arXiv:2203.12602).

Axes in names: N clips, C channels, T frames, H rows, W columns, S places of a frame.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn, optim
from torch.utils.data import DataLoader

from kinema.data.dataset import ProblemLog, Steps, TrainingClips, make_loader
from kinema.data.transforms import train_transform
from kinema.data.transforms.tubes import TubeTransform
from kinema.errors import KinemaError
from kinema.keyed import key_seed
from kinema.machine import Machine
from kinema.models import Network
from kinema.models.transformer.masked import MaskedAutoencoder, places_of
from kinema.progress import Progress
from kinema.recipe import Recipe
from kinema.training.checkpoint import load_state, save_state
from kinema.training.log import RunLog
from kinema.training.masking import Masking
from kinema.training.norm import globalise
from kinema.training.prepare import share_batch
from kinema.training.pretraining import FILE, Pretraining, prepare
from kinema.training.recompute import checkpoint_blocks
from kinema.training.schedule import learning_rate
from kinema.training.setup import start_fabric
from kinema.training.start import start_from
from kinema.training.stop import Stop
from kinema.training.train import together, told
from kinema.weights.save import save_network

if TYPE_CHECKING:
    from lightning_fabric import Fabric

BETAS = (0.9, 0.95)  # of AdamW, as published


@dataclass
class Parts:
    """The parts of a pre-training: `network` is in `masked`, `model` is that as Fabric wraps it."""

    network: Network
    masked: MaskedAutoencoder
    model: Any
    optimizer: optim.Optimizer
    steps: Steps
    step: int


def pretrain(
    recipe: Recipe, masking: Masking | None = None, machine: Machine | None = None, restart: bool = False,
    quiet: bool = False,
) -> Path:
    """Pre-train a vision transformer to paint what is hidden of unlabelled clips; the same call again goes on, to the
    bit.

    Returns the folder, whose model.safetensors `Recipe.start` takes, and the folder too. `recipe` may set what USED of
    `kinema.training.masking` names. Errors: `DataError`, `ModelError`, `RunError`, in the user's words.
    """
    machine, masking = machine or Machine(), masking or Masking()
    fabric = start_fabric(recipe, machine)
    problem = None
    if fabric.global_rank == 0:
        try:
            prepare(recipe, masking, restart, fabric.world_size)
        except KinemaError as error:
            problem = error
    problem = fabric.broadcast(problem)  # so that no process waits for one that has given up
    if problem is not None:
        raise problem
    run = Pretraining.open(recipe.out)
    parts = assemble(run, machine, fabric)
    if parts.step < parts.steps.total:
        with (
            Stop() as stop,
            Progress(f"pre-training {recipe.model}", parts.steps.total, parts.step,
                     quiet=quiet or fabric.global_rank > 0) as bar,
        ):
            for note in run.facts["notes"] if parts.step == 0 else ():
                bar.say(note)
            run_steps(run, parts, machine, fabric, stop, bar)
            for line in told(ProblemLog(run.path / "problems.jsonl").read()):
                bar.say(line)
    fabric.barrier()
    return run.path


def assemble(run: Pretraining, machine: Machine, fabric: "Fabric") -> Parts:
    """Build the parts of a pre-training, in the state of its last checkpoint where there is one."""
    recipe, saved = run.recipe, run.path / "last.pt"
    torch.manual_seed(key_seed(recipe.seed, "weights"))
    network = run.network()
    if recipe.start and not saved.is_file():
        start_from(network, recipe)
    masked = MaskedAutoencoder(network, run.masking.depth, run.masking.width)
    if fabric.world_size > 1:
        globalise(masked)
    if machine.gradient_checkpointing:
        checkpoint_blocks(masked)
    if machine.channels_last:
        masked = masked.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    wrapped: Any = torch.compile(masked) if machine.compile else masked
    model, optimizer = fabric.setup(wrapped, make_optimizer(masked, recipe))
    step = load_state(saved, masked, optimizer, None)[0] if saved.is_file() else 0
    clips = run.facts["clips"]
    batch = share_batch(recipe, clips, fabric.world_size)
    total = recipe.epochs * (clips // (batch // recipe.repeats))
    steps = Steps(clips, batch, total, recipe.seed, step, recipe.accumulate, fabric.global_rank, fabric.world_size,
                  repeats=recipe.repeats)
    return Parts(network, masked, model, optimizer, steps, step)


def make_optimizer(masked: nn.Module, recipe: Recipe) -> optim.Optimizer:
    """AdamW; kernels and matrices decay, biases and norms do not."""
    trained = [parameter for parameter in masked.parameters() if parameter.requires_grad]
    groups = [{"params": [one for one in trained if (one.ndim > 1) == decays],
               "weight_decay": recipe.weight_decay * decays} for decays in (True, False)]
    return optim.AdamW(groups, lr=recipe.lr, betas=BETAS)


def masked_loader(run: Pretraining, parts: Parts, machine: Machine, pin_memory: bool) -> DataLoader:
    """Batches (clips_NCTHW, hidden_NS) of all the steps that are left."""
    recipe, places = run.recipe, places_of(parts.network)
    transform = TubeTransform(train_transform(recipe.clip, recipe.augment), places, run.masking.hidden(places))
    clips = TrainingClips(run.table(), recipe.clip, transform, machine.cache(recipe.clip), recipe.seed,
                          ProblemLog(run.path / "problems.jsonl"), recipe.augment.span)
    return make_loader(clips, parts.steps, machine.reading_processes(), pin_memory)


def run_steps(
    run: Pretraining, parts: Parts, machine: Machine, fabric: "Fabric", stop: Stop, bar: Progress
) -> None:
    """The loop: paint what is hidden, backward, step; at the end of each epoch save."""
    recipe, per_epoch, chief = run.recipe, parts.steps.per_epoch, fabric.global_rank == 0
    loader = masked_loader(run, parts, machine, pin_memory=fabric.device.type == "cuda")
    log = RunLog(run.path, parts.step, per_epoch, "explained") if chief else None
    every = machine.save_every or per_epoch
    parts.model.train()
    for micro, (clips_NCTHW, hidden_NS) in enumerate(loader):
        step, part = parts.step, micro % recipe.accumulate
        last_part = part == recipe.accumulate - 1
        torch.manual_seed(key_seed(recipe.seed, "step", step, part))  # what drop path draws from
        clips_NCTHW, hidden_NS = fabric.to_device((clips_NCTHW, hidden_NS))
        if machine.channels_last:
            clips_NCTHW = clips_NCTHW.to(memory_format=torch.channels_last_3d)
        with fabric.no_backward_sync(parts.model, enabled=not last_part):
            loss, explained = parts.model(clips_NCTHW, hidden_NS)
            fabric.backward(loss / recipe.accumulate)
        if log:
            log.note(loss.detach(), explained)
        if not last_part:
            continue

        lr = learning_rate(
            step, parts.steps.total, recipe.lr, recipe.warmup * per_epoch, recipe.schedule, recipe.milestones
        )
        for group in parts.optimizer.param_groups:
            group["lr"] = lr
        if recipe.clip_gradient is not None:
            fabric.clip_gradients(parts.model, parts.optimizer, max_norm=recipe.clip_gradient,
                                  error_if_nonfinite=False)
        parts.optimizer.step()
        parts.optimizer.zero_grad(set_to_none=True)
        parts.step = step + 1
        stops = together(fabric, stop.asked)
        if log is None:
            if stops:
                raise KeyboardInterrupt
            continue

        log.step(parts.step, lr)
        epoch_ends = parts.step % per_epoch == 0 or parts.step == parts.steps.total
        saves = epoch_ends or parts.step % every == 0 or stops
        bar.advance(1, log.flush() if saves or parts.step % 20 == 0 else "")
        if epoch_ends:
            bar.say(log.epoch(parts.step, None))
        if saves:
            save_network(parts.network, run.path / FILE)
            save_state(run.path / "last.pt", parts.step, None, parts.masked, parts.optimizer, None)
        if stops:
            log.close()
            bar.say(f"Stopped and saved after step {parts.step} of {parts.steps.total}; the same command goes on.")
            raise KeyboardInterrupt
    if log:
        log.close()
