"""What holds for every network that has a name: a new row of a table is tested by standing there.

Every name is built without numbers for the clip it expects, and one of each family is run so. With numbers, on small
clips, all is checked here for every temporal module on the smallest backbone and for a network of each kind; for every
name of all by `python -m benchmarks.compat`, whose table is committed.
"""

import pytest
import torch

from benchmarks import checks
from benchmarks.checks import Subject, one_of_each_family
from kinema.models import create_model, list_models, order_aware, sized_by
from tests.models.test_compat import ALL_KINDS

TINY = [name for name in list_models() if "resnet_tiny" in name]
FAMILIES = [name for name in one_of_each_family() if name not in TINY]
NAMES = [*TINY, *(pytest.param(name, marks=pytest.mark.slow) for name in ALL_KINDS if name not in TINY)]
ALL = [pytest.param(name, marks=() if name in TINY else pytest.mark.slow) for name in list_models()]


@pytest.mark.parametrize("name", ALL)
def test_it_is_made_for_the_clip_that_it_expects(name: str) -> None:
    with torch.device("meta"), checks.quick_start():
        network = create_model(name, 7).eval()
    if name in (*TINY, *FAMILIES):
        with torch.no_grad():  # no longer on that device: what is made on the way must find it
            assert network(torch.empty(1, *network.clip.shape_CTHW, device="meta")).shape == (1, 7)
    assert (network.name, network.classes, network.clip) == (name, 7, checks.usual(name))


@pytest.fixture(scope="module", params=NAMES)
def subject(request: pytest.FixtureRequest) -> Subject:
    """The network of a name, built once for all that is asked of it."""
    return checks.subject(request.param)


def test_it_is_what_its_name_says(subject: Subject) -> None:
    network = subject.network
    assert (network.name, network.classes, network.clip) == (subject.name, checks.CLASSES, subject.spec)


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
