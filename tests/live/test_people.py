"""What each person before a camera does, by a detector of colours that is plugged in."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kinema.data.transforms.inputs import to_input
from kinema.data.transforms.resize import cut, resize
from kinema.live.camera import cameras_of
from kinema.live.inbox import Frame
from kinema.live.judge import Problem
from kinema.live.people import EachPerson, View, around
from kinema.live.reader import Reading
from kinema.live.watcher import Watcher
from kinema.models import ClipSpec, Network, create_model
from tests.live.cameras import film
from tests.live.test_watch import lines, of

COLOURS = ((230, 20, 20), (20, 20, 230))
DETECTOR = '''"""People are red or blue."""
import numpy as np

def people(frames_THWC):
    found = []
    for picture_HWC in frames_THWC.astype(int):
        boxes = []
        for colour in (0, 2):
            rows, columns = np.nonzero(picture_HWC[..., colour] - picture_HWC[..., 2 - colour] > 80)
            if len(rows) > 20:
                boxes.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
        found.append((boxes, [1.0] * len(boxes)))
    return found
'''


def scene(step: int, people: int = 2) -> np.ndarray:
    """People who walk towards each other over grey ground, one above the other (90 x 160 pixels)."""
    picture = np.full((90, 160, 3), 120, np.uint8)
    for number in range(people):
        left = 8 + 3 * step if number == 0 else 140 - 3 * step
        picture[15 + 35 * number : 40 + 35 * number, left : left + 12] = COLOURS[number]
    return picture


def people(frames_THWC: np.ndarray) -> list:
    found: dict = {}
    exec(DETECTOR, found)
    return found["people"](frames_THWC)


def network() -> Network:
    torch.manual_seed(0)
    return create_model("tsm-resnet_tiny", ("walk", "fall"), clip=ClipSpec(4, 32, 32)).eval()


def test_a_person_gets_the_networks_answer_to_the_crop() -> None:
    built = network()
    judge = EachPerson(built, people, 1, device="cpu")
    scenes = [scene(step) for step in range(6)]
    found = [judge({0: Frame(picture, float(step), 0.0)}) for step, picture in enumerate(scenes)]
    assert [len(answers) for answers in found] == [0, 0, 0, 2, 2, 2]  # once a whole clip is seen
    assert [answer.person for answer in found[-1]] == [1, 2]
    pictures = torch.from_numpy(np.stack(scenes[2:]))
    boxes_T4 = np.array([people(picture[None])[0][0][0] for picture in scenes[2:]]) / [160, 90, 160, 90]
    part = around(boxes_T4, (90, 160), 1.0)
    with torch.inference_mode():
        clip = to_input(resize(cut(pictures, part), (32, 32)), built.clip)
        expected_K = built(clip[None])[0].softmax(0).numpy()
    np.testing.assert_allclose(found[-1][0].scores_K, expected_K, atol=1e-5)


def test_a_crop_holds_all_boxes_and_stays_in_the_picture() -> None:
    boxes_T4 = np.array([[0.1, 0.2, 0.2, 0.6], [0.3, 0.2, 0.4, 0.6]])
    part = around(boxes_T4, (100, 200), 1.0)
    assert part.height == part.width
    assert (part.left, part.top) <= (20, 20)
    assert part.left + part.width >= 80
    assert around(np.array([[0.0, 0.0, 1.0, 1.0]]), (100, 200), 1.0) == (0, 0, 100, 200)
    edge = around(np.array([[0.9, 0.9, 1.0, 1.0]]), (100, 200), 1.0)
    assert (edge.top + edge.height, edge.left + edge.width) == (100, 200)


def test_who_is_hidden_for_a_moment_stays_the_same_person() -> None:
    view = View(pictures=None)  # type: ignore[arg-type]
    here, away = np.array([[0.1, 0.1, 0.3, 0.5]]), np.zeros((0, 4))
    for boxes in (here, away, away, here + 0.02):
        view.follow(boxes, frames=4)
    assert [*view.tracks] == [1]
    for boxes in (*[away] * 5, here):
        view.follow(boxes, frames=4)
    assert [*view.tracks] == [2]


@pytest.mark.parametrize(("answer", "words"), [
    (lambda frames: [], "0 answers to one picture"), (lambda frames: [([[1, 2]], [1])], "no pair of boxes"),
    (lambda frames: 1 / 0, "ZeroDivisionError"),
])
def test_a_detector_that_fails_is_told_in_words(answer: object, words: str) -> None:
    judge = EachPerson(network(), answer, 1, device="cpu")  # type: ignore[arg-type]
    (problem,) = judge({0: Frame(scene(0), 0.0, 0.0)})
    assert isinstance(problem, Problem)
    assert words in problem.reason


def test_a_detector_that_fails_for_a_while_does_not_end_the_watch(tmp_path: Path) -> None:
    calls: list[int] = []

    def wavering(frames_THWC: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        calls.append(1)
        if len(calls) < 4:
            raise RuntimeError("no memory")
        return [(np.array([[2, 2, 30, 30]]), np.array([1.0]))]

    told: list[dict[str, Any]] = []
    path = film(tmp_path / "film.mp4", 1)
    judge = EachPerson(network(), wavering, 1, device="cpu")
    Watcher(judge, cameras_of([str(path)]), [], Reading(0.04, fast=True), None, told.append).run()
    assert [each["reason"] for each in told if each["event"] == "problem"] == [
        "The detector of people failed: RuntimeError: no memory."]
    assert len(calls) == 25
    assert [each["person"] for each in told if each["event"] == "answer"] == [1] * (22 - judge.spec.frames + 1)


def test_the_command_tells_who_does_what(tiny_run: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from kinema.cli.app import app
    from kinema.data.synthetic.encode import write_mp4
    from kinema.runs import Run

    write_mp4(tmp_path / "two.mp4", np.stack([scene(step) for step in range(40)]), 12)
    (tmp_path / "colours.py").write_text(DETECTOR)
    result = CliRunner().invoke(app, [
        "watch", str(tiny_run), str(tmp_path / "two.mp4"), "--fast", "--alert", f"{Run.open(tiny_run).labels[0]}:0.01",
        "--detector", f"{tmp_path / 'colours.py'}:people", "--out", str(tmp_path / "out.jsonl"), "--no-save",
        "--device", "cpu"])
    assert result.exit_code == 0, result.output
    alerts = of(lines(tmp_path / "out.jsonl"), "alert")
    assert [alert["person"] for alert in alerts] == [1, 2]
    assert alerts[0]["box"][0] < alerts[1]["box"][0]
    assert not (tmp_path / "alerts").exists()
