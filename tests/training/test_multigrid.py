"""Multigrid: the published cycle step by step, what it saves, and networks that cannot follow it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import RunError
from kinema.recipe import Recipe
from kinema.training.grids import check_grids, multigrid_of
from kinema.training.multigrid import Grid, Multigrid, Shape
from kinema.training.schedule import learning_rate

KINETICS = Shape(32, 224, 224)  # arXiv:1912.00998 with its base clip; 158 is 224 / sqrt 2
PUBLISHED = [  # a long cycle's rows: for each turn of the short cycle (frames, side, batches), and the rate of all
    ([(8, 112, 16), (8, 158, 8), (8, 158, 8)], 8),
    ([(16, 112, 8), (16, 158, 4), (16, 158, 4)], 4),
    ([(16, 112, 8), (16, 158, 4), (16, 224, 2)], 2),
    ([(32, 112, 4), (32, 158, 2), (32, 224, 1)], 1),
]


def row(turn: tuple[int, int, int], rate: int) -> Grid:
    frames, side, groups = turn
    return Grid(Shape(frames, side, side), groups, rate)


def test_both_cycles_are_as_published_in_every_step() -> None:
    schedule = Multigrid(KINETICS, "both", milestones=(0.4, 0.8))
    wanted = [row(turn, rate) for _ in range(2) for turns, rate in PUBLISHED for _ in range(4) for turn in turns]
    wanted += [Grid(KINETICS)] * 24
    assert [schedule.grid(step, 120) for step in range(120)] == wanted


def test_the_long_cycle_is_as_published_in_every_step() -> None:
    schedule = Multigrid(KINETICS, "long")
    stage = [Grid(Shape(8, 158, 158), 8, 8), Grid(Shape(16, 158, 158), 4, 4), Grid(Shape(16, 224, 224), 2, 2),
             Grid(KINETICS)]
    wanted = [grid for grid in stage for _ in range(8)] + [grid for grid in stage for _ in range(4)]
    assert [schedule.grid(step, 64) for step in range(64)] == wanted + [Grid(KINETICS)] * 16


def test_the_short_cycle_is_as_published_in_every_step() -> None:
    schedule = Multigrid(KINETICS, "short", milestones=(0.75,))
    wanted = [Grid(Shape(32, side, side), groups) for side, groups in ((112, 4), (158, 2), (224, 1))]
    assert [schedule.grid(step, 12) for step in range(12)] == wanted * 3 + [Grid(KINETICS)] * 3


def test_off_changes_nothing() -> None:
    assert {Multigrid(KINETICS).grid(step, 10) for step in range(10)} == {Grid(KINETICS)}
    assert (Multigrid(KINETICS).saving, Multigrid(KINETICS).steps(77)) == (1.0, 77)


@pytest.mark.parametrize(("cycles", "of_a_cycle"), [("long", 15 / 4), ("short", 7 / 3), ("both", 23 / 4)])
def test_the_iterations_saved_are_the_closed_form(cycles: str, of_a_cycle: float) -> None:
    """A stage's rows last equally long, so it takes as many times fewer steps as their batches are on average."""
    schedule, plain = Multigrid(KINETICS, cycles), 14_400
    assert schedule.saving == pytest.approx(0.75 * of_a_cycle + 0.25)
    total = schedule.steps(plain)
    assert plain / total == pytest.approx(schedule.saving, rel=1e-3)
    seen = sum(schedule.grid(step, total).groups for step in range(total))
    assert seen == pytest.approx(plain, rel=1e-3)


def test_the_rate_falls_with_the_stages_and_follows_the_long_cycles_batch() -> None:
    schedule = Multigrid(KINETICS, "both")
    rates = [schedule.grid(step, 96).rate * learning_rate(step, 96, 0.1, shape="steps") for step in range(96)]
    first, second = ([rate for rate in row for _ in range(steps)] for row, steps in
                     (([0.8, 0.4, 0.2, 0.1], 12), ([0.08, 0.04, 0.02, 0.01], 6)))
    assert rates == pytest.approx([*first, *second, *[0.001] * 24])


def test_with_a_cosine_the_cycles_lie_between_the_milestones_too() -> None:
    schedule = Multigrid(KINETICS, "long", milestones=(0.25, 0.5))
    rates = [schedule.grid(step, 16).rate for step in range(16)]
    assert rates == [8, 4, 2, 1] * 2 + [1] * 8


@given(
    st.tuples(st.integers(1, 64), *[st.integers(16, 320)] * 2), st.sampled_from(["long", "short", "both"]),
    st.lists(st.floats(0, 0.9), max_size=4), st.sampled_from([(), ("frames",), ("size",)]), st.integers(60, 2000),
)
@settings(deadline=None, max_examples=80)
def test_any_schedule_ends_at_full_shape_and_every_step_works_as_much(
    full: tuple[int, int, int], cycles: str, milestones: list[float], fixed: tuple[str, ...], plain: int
) -> None:
    schedule = Multigrid(Shape(*full), cycles, tuple(milestones), fixed)
    total = schedule.steps(plain)
    grids = [schedule.grid(step, total) for step in range(total)]
    assert grids[-1] == Grid(schedule.full)
    assert {grid.shape for grid in grids} <= set(schedule.shapes())
    for grid in grids:
        volume = grid.groups * grid.shape.frames * grid.shape.height * grid.shape.width
        assert 0.6 < volume / (full[0] * full[1] * full[2]) < 1.5
        assert 1 <= grid.rate <= grid.groups
        assert "frames" not in fixed or grid.shape.frames == full[0]
        assert "size" not in fixed or grid.shape[1:] == full[1:]


def test_rows_of_neighbours_stay_whole() -> None:
    shapes = Multigrid(Shape(40, 224, 224), "long", neighbours=5).shapes()
    assert [shape.frames for shape in shapes] == [40, 10, 20, 20]


RECIPE = Recipe("clips/", model="tam-resnet_tiny", multigrid="both")


@pytest.mark.slow
def test_a_network_of_fixed_frames_keeps_them_and_says_so() -> None:
    recipe = replace(RECIPE, model="tin-resnet_tiny")
    assert check_grids(recipe, ("a", "b")) == [
        "The weights of tin-resnet_tiny are sized by frames: multigrid keeps it."]
    assert {shape.frames for shape in multigrid_of(recipe).shapes()} == {8}
    assert check_grids(RECIPE, ("a", "b")) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model": "c3d", "frames": 16}, "nothing to change: .* of c3d are sized by frames and size"),
        ({"model": "s3d-vit_tiny", "size": 24}, r"cannot see the 2 frames of 12 x 12 pixels"),
    ],
)
def test_a_network_that_cannot_see_the_clips_is_refused(changes: dict, told: str) -> None:
    with pytest.raises(RunError, match=told):
        check_grids(replace(RECIPE, **changes), ("a", "b"))


def test_a_training_without_stages_is_refused() -> None:
    with pytest.raises(RunError, match="up to the last milestone, and there is none"):
        replace(RECIPE, milestones=())
