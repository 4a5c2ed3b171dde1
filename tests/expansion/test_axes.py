"""Growing along one axis is arithmetic, and the published factors make the published networks."""

import json
from dataclasses import fields

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.expansion.axes import AXES, TEMPORAL, expanded
from kinema.expansion.cost import counter, of_size
from kinema.models import create_model
from kinema.models.backbones.x3d import SIZES, Size
from kinema.recipe import Recipe
from tests.cli.test_cli import kinema

START = Size(2, 4, 32, 1.0, 1.0, 1.0)


def pixels_and_weights(size: Size) -> float:
    """A cost that grows along every axis, as a network's does."""
    return size.frames * size.pixels**2 * sum(
        count * width * (10 + size.bottleneck * width) for count, width in zip(size.counts, size.widths, strict=True))


@pytest.mark.slow
def test_the_published_factors_make_the_published_networks() -> None:
    told = {"x3d_xs": (0.605, 3.8), "x3d_s": (1.96, 3.8), "x3d_m": (4.73, 3.8), "x3d_l": (18.37, 6.15),
            "x3d_xl": (35.84, 11.1)}  # GMACs and millions of parameters
    found = {row["name"]: row for row in json.loads(kinema("expand", "--published", "--json"))}
    assert found.keys() == told.keys() == SIZES.keys()
    for name, figures in told.items():
        assert (found[name]["gmacs"], found[name]["parameters"] / 1e6) == pytest.approx(figures, rel=5e-3)
    for name in ("x3d_s", "x3d_xl"):
        with torch.device("meta"):
            ours, theirs = of_size(SIZES[name]), create_model(name)
        assert {key: value.shape for key, value in ours.state_dict().items()} == {
            key: value.shape for key, value in theirs.state_dict().items()}
        assert (ours.clip.frames, ours.clip.stride, ours.clip.size) == (
            theirs.clip.frames, theirs.clip.stride, theirs.clip.size)


@pytest.mark.parametrize("axis", AXES)
def test_a_step_doubles_the_cost_along_one_axis(axis: str) -> None:
    grown = expanded(START, axis, 2 * pixels_and_weights(START), pixels_and_weights)
    assert grown is not None
    assert pixels_and_weights(grown) / pixels_and_weights(START) == pytest.approx(2, rel=0.2)
    differing = {field.name for field in fields(Size) if getattr(grown, field.name) != getattr(START, field.name)}
    assert differing == {"duration": {"frames"}, "rate": {"frames", "stride"}, "resolution": {"pixels"}}.get(
        axis, {axis})


@pytest.mark.slow
def test_the_cost_is_the_networks_own() -> None:
    cost = counter(Recipe("", model="x3d_s", sampling="dense", options={"hidden": 64}), ("a", "b"))
    grown = expanded(START, "width", 2 * cost(START), cost)
    assert grown is not None
    assert cost(grown) / cost(START) == pytest.approx(2, rel=0.1)


def test_a_longer_clip_covers_more_and_a_faster_one_as_much() -> None:
    goal = 2 * pixels_and_weights(START)
    assert expanded(START, "duration", goal, pixels_and_weights) == Size(4, 4, 32, 1.0, 1.0, 1.0)
    assert expanded(START, "rate", goal, pixels_and_weights) == Size(4, 2, 32, 1.0, 1.0, 1.0)
    fastest = Size(8, 1, 32, 1.0, 1.0, 1.0)
    assert expanded(fastest, "rate", goal, pixels_and_weights) is None


@settings(max_examples=60, deadline=None)
@given(st.builds(Size, st.integers(2, 16), st.integers(1, 12), st.integers(16, 200), st.floats(0.5, 4),
                 st.floats(0.5, 4), st.floats(0.5, 4)), st.floats(1.2, 2.5), st.sampled_from([*AXES]))
def test_no_other_step_along_an_axis_is_nearer_to_the_goal(size: Size, times: float, axis: str) -> None:
    goal = times * pixels_and_weights(size)
    found = expanded(size, axis, goal, pixels_and_weights)
    others = [one for one in AXES[axis](size) if pixels_and_weights(one) > pixels_and_weights(size)]

    def miss(one: Size) -> float:
        cost = pixels_and_weights(one)
        return max(cost / goal, goal / cost)

    if found is None:
        assert axis == "rate"
    else:
        assert pixels_and_weights(found) > pixels_and_weights(size)
        assert miss(found) == pytest.approx(min(miss(one) for one in others))
    if found is not None and axis in TEMPORAL:
        assert found.frames > size.frames
        assert found.stride == size.stride or abs(found.frames * found.stride - size.frames * size.stride) <= (
            found.stride / 2)
