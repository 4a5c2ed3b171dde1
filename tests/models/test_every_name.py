"""What holds for every network that has a name: a new row of a table is tested by standing there."""

import pytest
import torch

from benchmarks import checks
from benchmarks.checks import Subject
from kinema.models import create_model, list_models, order_aware, sized_by

QUICK_TOO = ("single_frame", "slow_fusion")  # beside those on the tiny backbone


def is_quick(name: str) -> bool:
    return "resnet_tiny" in name or name in QUICK_TOO


NAMES = [pytest.param(name, marks=() if is_quick(name) else pytest.mark.slow) for name in list_models()]


@pytest.fixture(scope="module", params=NAMES)
def subject(request: pytest.FixtureRequest) -> Subject:
    """The network of a name, built once for all that is asked of it."""
    return checks.subject(request.param)


def test_it_is_what_its_name_says(subject: Subject) -> None:
    network = subject.network
    assert (network.name, network.classes, network.clip) == (subject.name, checks.CLASSES, subject.spec)
    with torch.device("meta"), checks.quick_start():
        assert create_model(subject.name).clip == checks.usual(subject.name)


def test_a_gradient_reaches_every_parameter(subject: Subject) -> None:
    assert checks.without_gradient(subject) == []


def test_it_is_known_whether_it_tells_the_order_of_frames(subject: Subject) -> None:
    assert checks.tells_order(subject) == order_aware(subject.name)


@pytest.mark.parametrize("what", ["frames", "size"])
def test_it_takes_other_clips_or_is_known_to_refuse_them(subject: Subject, what: str) -> None:
    assert checks.takes_other(subject, what), f"sized by {sized_by(subject.name)}"


def test_its_weights_survive_a_file(subject: Subject) -> None:
    assert checks.survives_a_file(subject)


def test_it_survives_copying_and_sending(subject: Subject) -> None:
    assert checks.survives_copying(subject)
