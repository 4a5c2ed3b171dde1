"""Learning rates as pure functions of the step."""

import math

from kinema.recipe import Recipe


def learning_rate(
    step: int,
    steps: int,
    peak: float,
    warmup_steps: float = 0,
    shape: str = "cosine",
    milestones: tuple[float, ...] = (0.5, 0.75),
) -> float:
    """The learning rate of optimiser step `step` of `steps`.

    A linear warm-up to `peak`, then half a cosine down to 0 (SGDR, Loshchilov and Hutter, 2017), or "steps": a tenth
    after each of `milestones` (parts of the training), or "constant".
    """
    if step < warmup_steps:
        return peak * (step + 1) / (math.ceil(warmup_steps) + 1)
    if shape == "constant":
        return peak
    if shape == "steps":
        return peak * 0.1 ** sum(step >= part * steps for part in milestones)
    done = (step - warmup_steps) / max(steps - warmup_steps, 1)
    return peak * 0.5 * (1 + math.cos(math.pi * min(done, 1)))


def rate_at(recipe: Recipe, step: int, steps: int) -> float:
    """The learning rate of a recipe at optimiser step `step` of `steps`."""
    warmup = recipe.warmup * (steps / recipe.epochs)
    return learning_rate(step, steps, recipe.lr, warmup, recipe.schedule, recipe.milestones)
