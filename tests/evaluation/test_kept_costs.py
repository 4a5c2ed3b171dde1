"""The kept table of what networks cost: it has every name, and what is counted."""

import pytest

from kinema import list_models
from kinema.evaluation.costs import kept_costs, usual_cost
from kinema.evaluation.profile import profile
from kinema.models.names import expected_clip

ANEW = "where a network has changed: python -m benchmarks.kept_costs"
NAMES = sorted(list_models())


def test_every_name_has_a_row() -> None:
    assert {*kept_costs()} == {*NAMES}, ANEW


@pytest.mark.parametrize("name", [
    *NAMES[::116], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[5::24])])
def test_a_row_is_what_is_counted(name: str) -> None:
    counted = profile(name)
    assert usual_cost(name) == (counted.parameters, pytest.approx(counted.gmacs)), ANEW
    assert expected_clip(name) == counted.clip
