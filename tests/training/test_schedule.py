"""Learning rates."""

import pytest

from kinema.training.schedule import learning_rate


def test_warms_up_then_falls_along_a_cosine_to_nothing() -> None:
    rates = [learning_rate(step, 100, 1.0, warmup_steps=10) for step in range(100)]
    assert rates[:3] == pytest.approx([1 / 11, 2 / 11, 3 / 11])
    assert rates[10] == 1.0
    assert rates[55] == pytest.approx(0.5)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.001


def test_steps_divide_by_ten() -> None:
    rates = [learning_rate(step, 100, 1.0, shape="steps", milestones=(0.5, 0.75)) for step in (0, 49, 50, 74, 75, 99)]
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_constant_stays() -> None:
    assert {learning_rate(step, 10, 0.3, shape="constant") for step in range(10)} == {0.3}
