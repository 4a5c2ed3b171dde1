"""Masked pre-training on unlabelled footage, with the loop written out (VideoMAE; Tong et al., arXiv:2203.12602).

Axes in names: N clips, C channels, T frames, H rows, W columns, S places of a frame.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn, optim
from torch.utils.data import DataLoader

from kinema.data.dataset import ProblemLog, Steps, TrainingClips, make_loader
from kinema.data.transforms import train_transform
from kinema.data.transforms.tubes import TubeTransform
from kinema.keyed import key_seed
from kinema.machine import Machine
from kinema.models import Network
from kinema.models.transformer.masked import MaskedAutoencoder, places_of
from kinema.recipe import Recipe
from kinema.training.checkpoint import load_state, save_state
from kinema.training.course import Course, make_ready, wrapped
from kinema.training.masking import Masking
from kinema.training.norm import globalise
from kinema.training.optimizer import fused
from kinema.training.prepare import share_batch
from kinema.training.pretraining import FILE, Pretraining, prepare
from kinema.training.schedule import rate_at
from kinema.training.setup import start_fabric
from kinema.training.start import start_from
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
    make_ready(fabric, recipe.out, lambda: prepare(recipe, masking, restart, fabric.world_size))
    run = Pretraining.open(recipe.out)
    parts = assemble(run, machine, fabric)
    if parts.steps.first < parts.steps.total:
        course = Course(fabric, run.path, parts.steps, machine, "explained")
        with course.underway(f"pre-training {recipe.model}", run.facts["notes"], quiet):
            run_steps(run, parts, machine, course)
    fabric.barrier()
    return run.path


def assemble(run: Pretraining, machine: Machine, fabric: "Fabric") -> Parts:
    """Build the parts of a pre-training, in the state of its last checkpoint where there is one."""
    recipe, saved = run.recipe, run.path / "last.pt"
    torch.manual_seed(key_seed(recipe.seed, "weights"))
    network = run.network()
    if recipe.start and not saved.is_file():
        start_from(network, recipe)
    masked = MaskedAutoencoder(network, run.masking.depth, run.masking.width, run.masking.normalised)
    if fabric.world_size > 1:
        globalise(masked)
    model, optimizer = fabric.setup(wrapped(masked, machine), make_optimizer(masked, recipe))
    step = load_state(saved, masked, optimizer, None)[0] if saved.is_file() else 0
    clips = run.facts["clips"]
    batch = share_batch(recipe, clips, fabric.world_size)
    total = recipe.epochs * (clips // (batch // recipe.repeats))
    steps = Steps(clips, batch, total, recipe.seed, step, recipe.accumulate, fabric.global_rank, fabric.world_size,
                  repeats=recipe.repeats)
    return Parts(network, masked, model, optimizer, steps)


def make_optimizer(masked: nn.Module, recipe: Recipe) -> optim.Optimizer:
    """AdamW; kernels and matrices decay, biases and norms do not."""
    trained = [parameter for parameter in masked.parameters() if parameter.requires_grad]
    groups = [{"params": [one for one in trained if (one.ndim > 1) == decays],
               "weight_decay": recipe.weight_decay * decays} for decays in (True, False)]
    return optim.AdamW(groups, lr=recipe.lr, betas=BETAS, fused=fused(recipe))


def masked_loader(run: Pretraining, parts: Parts, machine: Machine, pin_memory: bool) -> DataLoader:
    """Batches (clips_NCTHW, hidden_NS) of all the steps that are left."""
    recipe, places = run.recipe, places_of(parts.network)
    transform = TubeTransform(train_transform(recipe.clip, recipe.augment), places, run.masking.hidden(places))
    clips = TrainingClips(run.table(), recipe.clip, transform, machine.cache(recipe.clip), recipe.seed,
                          ProblemLog(run.path / "problems.jsonl"), recipe.augment.span)
    return make_loader(clips, parts.steps, machine.reading_processes(), pin_memory)


def run_steps(run: Pretraining, parts: Parts, machine: Machine, course: Course) -> None:
    """The loop: paint what is hidden, backward, step; at the end of each epoch save."""
    recipe, fabric = run.recipe, course.fabric
    loader = masked_loader(run, parts, machine, pin_memory=fabric.device.type == "cuda")
    parts.model.train()
    for micro, (clips_NCTHW, hidden_NS) in enumerate(loader):
        step, part = course.step, micro % recipe.accumulate
        last_part = part == recipe.accumulate - 1
        torch.manual_seed(key_seed(recipe.seed, "step", step, part))  # what drop path draws from
        clips_NCTHW, hidden_NS = fabric.to_device((clips_NCTHW, hidden_NS))
        if machine.lays_channels_last:
            clips_NCTHW = clips_NCTHW.to(memory_format=torch.channels_last_3d)
        with fabric.no_backward_sync(parts.model, enabled=not last_part):
            loss, explained = parts.model(clips_NCTHW, hidden_NS)
            fabric.backward(loss / recipe.accumulate)
        course.note(loss, explained)
        if last_part:
            epoch_ends = course.advance(parts.model, parts.optimizer, recipe, rate_at(recipe, step, parts.steps.total))
            course.after(epoch_ends, lambda: None, partial(save, run, parts, course.step))


def save(run: Pretraining, parts: Parts, step: int) -> None:
    """Save the weights for use, and all that the next step depends on."""
    save_network(parts.network, run.path / FILE)
    save_state(run.path / "last.pt", step, None, parts.masked, parts.optimizer, None)
