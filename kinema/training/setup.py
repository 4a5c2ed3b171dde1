"""All that a training loop works on, put together from a run's folder."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import optim
from torch.utils.data import DataLoader

from kinema.data.balance import class_weights, sampling_weights
from kinema.data.clips import ClipTable
from kinema.data.dataset import ProblemLog, Steps, TrainingClips, make_loader
from kinema.data.transforms import flip_label_map, train_transform
from kinema.errors import RunError
from kinema.keyed import key_seed
from kinema.machine import Machine, keep_freed_memory
from kinema.models import Network
from kinema.models.parts import freeze
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.training.checkpoint import load_state
from kinema.training.course import wrapped
from kinema.training.distil import Teacher, teacher_of
from kinema.training.ema import Average
from kinema.training.grids import GridClips, GridSteps, multigrid_of
from kinema.training.multigrid import Multigrid
from kinema.training.norm import globalise
from kinema.training.optimizer import make_optimizer
from kinema.training.prepare import share_batch
from kinema.training.start import start_from

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass
class Parts:
    """The parts of a training: `model` is `network` as Fabric wraps it."""

    network: Network
    model: Any
    optimizer: optim.Optimizer
    average: Average | None
    multigrid: Multigrid
    steps: Steps
    weights_K: torch.Tensor | None
    best: float | None
    teacher: Teacher | None = None


def start_fabric(recipe: Recipe, machine: Machine) -> "Fabric":
    """Lightning Fabric on the machine's devices; under torchrun or SLURM it joins the processes that are there."""
    from lightning_fabric import Fabric

    if machine.accelerator in ("auto", "cpu"):
        keep_freed_memory()
    devices, nodes = machine.started()
    try:
        fabric = Fabric(
            accelerator=machine.accelerator,
            devices=devices,
            num_nodes=nodes,
            strategy="ddp" if machine.several else "auto",
            precision=recipe.precision,  # type: ignore[arg-type]
        )
        fabric.launch()
    except Exception as error:
        what = f"accelerator {machine.accelerator!r}, devices {machine.devices!r} and nodes {machine.nodes!r}"
        raise RunError(f"No training can be started with {what}: {error}") from error
    return fabric


def assemble(run: Run, table: ClipTable, machine: Machine, fabric: "Fabric") -> Parts:
    """Build the parts of a run's training, in the state of its last checkpoint where there is one."""
    recipe = run.recipe
    torch.manual_seed(key_seed(recipe.seed, "weights"))
    network = run.network()
    saved = run.path / "last.pt"
    if recipe.start and not saved.is_file():
        start_from(network, recipe)
    freeze(network, recipe.frozen)
    multigrid = multigrid_of(recipe)
    if fabric.world_size > 1 or multigrid.ends:
        globalise(network)
    model, optimizer = fabric.setup(wrapped(network, machine), make_optimizer(network, recipe))
    average = Average(network, recipe.ema) if recipe.ema else None  # a copy where and as precise as Fabric put it
    step, best = load_state(saved, network, optimizer, average) if saved.is_file() else (0, None)
    weights_K = None
    if recipe.balance == "weights":
        weights_K = class_weights(table, by_sigmoid(recipe, table)).to(fabric.device)
    steps = plan(table, recipe, multigrid, step, fabric)
    teacher = teacher_of(recipe, run.labels, fabric.device) if recipe.distil else None
    return Parts(network, model, optimizer, average, multigrid, steps, weights_K, best, teacher)


def by_sigmoid(recipe: Recipe, table: ClipTable) -> bool:
    """Is each class learnt by itself, or do all compete for a clip?"""
    return table.multi_label if recipe.loss is None else recipe.loss == "sigmoid"


def plan(table: ClipTable, recipe: Recipe, multigrid: Multigrid, first: int, fabric: "Fabric") -> Steps:
    """Which clips belong to which step; a list that is smaller than a batch is one batch."""
    batch = share_batch(recipe, len(table.rows), fabric.world_size)
    weights = sampling_weights(table) if recipe.balance == "sampling" else None
    total = multigrid.steps(recipe.epochs * (len(table.rows) // (batch // recipe.repeats)))
    known = (len(table.rows), batch, total, recipe.seed, first, recipe.accumulate, fabric.global_rank,
             fabric.world_size, weights, recipe.repeats)
    return GridSteps(*known, multigrid=multigrid) if multigrid.ends else Steps(*known)


def training_loader(run: Run, table: ClipTable, steps: Steps, machine: Machine, pin_memory: bool) -> DataLoader:
    """Batches (clips_NCTHW, targets_NK) of all the steps that are left."""
    recipe = run.recipe
    transform = partial(train_transform, augment=recipe.augment, flip_labels=flip_label_map(run.labels))
    cache, problems = machine.cache(recipe.clip), ProblemLog(run.path / "problems.jsonl")
    clips = TrainingClips(
        table, recipe.clip, transform(recipe.clip), cache, recipe.seed, problems, recipe.augment.span
    )
    shaped = GridClips.of(clips, steps.multigrid.shapes(), transform) if isinstance(steps, GridSteps) else clips
    return make_loader(shaped, steps, machine.reading_processes(), pin_memory)
