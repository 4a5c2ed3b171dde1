"""A trained detector on whole videos: what is found, listed and drawn."""

import json
from pathlib import Path

import numpy as np
import pytest

from kinema.data.video import open_video
from kinema.detection.annotations import Annotations
from kinema.detection.ava import read_rows
from kinema.detection.draw import draw_video, shown_at
from kinema.detection.moving import Moving
from kinema.detection.named import people_of
from kinema.detection.people import Called
from kinema.detection.runs import DetectorRun
from kinema.detection.train import train_detector
from kinema.detection.watch import ActionFinder, Seen
from tests.cli.test_cli import kinema
from tests.detection.test_train import HERE, SHOWN, recipe
from tests.detection.two_figures import action, film, write_set

LABELS = ("stand", "walk", "wave")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> DetectorRun:
    """A detector after one epoch on six films, its lists beside it."""
    folder = tmp_path_factory.mktemp("watch")
    write_set(folder, "one", [[SHOWN[number % 3]] for number in range(6)], 32, 1)
    write_set(folder, "two", [["walk", "sit_down"]], 48, 2)
    (folder / "labels.txt").write_text("".join(f"{action(label)}: {label}\n" for label in SHOWN))
    lists = Annotations(labels=str(folder / "labels.txt"))
    return train_detector(recipe(folder, folder / "run", epochs=1), lists, HERE, quiet=True)


def test_listed_people_are_asked_about_at_their_key_frames(trained: DetectorRun) -> None:
    folder = trained.path.parent
    finder = ActionFinder(trained, device="cpu")
    (seen,) = finder(folder / "two_0000.mp4", people_of(str(folder / "two.csv")))
    assert seen.seconds == 1.5
    assert seen.boxes_M4.shape == (2, 4)
    assert seen.scores_MK.shape == (2, 3)
    assert seen.people_M == (1, 2)
    facts = finder.facts([seen], top=2)
    assert [len(person["actions"]) for person in facts[0]["people"]] == [2, 2]
    assert {person["actions"][0]["label"] for person in facts[0]["people"]} <= set(SHOWN)


def test_answers_are_those_of_the_evaluation(trained: DetectorRun) -> None:
    from kinema.detection.ava import key_frames
    from kinema.detection.predict import predict
    from kinema.detection.prepare import films_of

    folder = trained.path.parent
    finder = ActionFinder(trained, device="cpu")
    seen = finder(folder / "two_0000.mp4", people_of(str(folder / "two.csv")))
    frames = key_frames(read_rows(folder / "two.csv"))
    rows, _ = predict(trained.detector(), frames, films_of(trained.recipe, trained.annotations, HERE), trained.classes,
                      HERE, quiet=True)
    np.testing.assert_allclose([row.score for row in finder.rows("two_0000", seen)], [row.score for row in rows],
                               rtol=1e-4)


def test_a_detector_of_people_leaves_out_what_it_is_not_sure_of(trained: DetectorRun) -> None:
    def people(frames_THWC: np.ndarray) -> list[tuple[list, list]]:
        return [([[0, 0, 40, 48], [50, 0, 90, 48]], [0.9, 0.5])] * len(frames_THWC)

    film_THWC, _ = film(["walk", "walk"], 48, 3)
    found = ActionFinder(trained, "cpu")(open_video(film_THWC, fps=12.0), Called(people), every=1.0)
    assert [one.seconds for one in found] == [0.5, 1.5, 2.5]
    assert [len(one.boxes_M4) for one in found] == [1, 1, 1]
    nobody = ActionFinder(trained, "cpu", sure=0.95)(open_video(film_THWC, fps=12.0), Called(people))
    assert [one.scores_MK.shape for one in nobody] == [(0, 3)] * 3


def test_people_who_walk_before_a_fixed_camera_are_found() -> None:
    film_THWC, boxes = film(["walk", "walk"], 96, 4)
    video = open_video(film_THWC, fps=12.0)
    from kinema.detection.boxes import iou

    for second, (found_M4, _) in zip((1.0, 2.0), Moving().find(video, [1.0, 2.0]), strict=True):
        wanted = np.stack([box_T4[round(second * 12)] for box_T4 in boxes])
        assert (iou(wanted, found_M4).max(axis=1) >= 0.5).all()


def seen_twice() -> list[Seen]:
    first = Seen(0.5, np.array([[0.1, 0.2, 0.3, 0.8], [0.6, 0.2, 0.8, 0.8]]), np.ones(2),
                 np.array([[0.9, 0.6, 0.1], [0.2, 0.1, 0.3]]), (1, 2))
    second = Seen(1.5, np.array([[0.3, 0.2, 0.5, 0.8]]), np.ones(1), np.array([[0.1, 0.8, 0.1]]), (1,))
    return [first, second]


def test_boxes_go_from_key_frame_to_key_frame() -> None:
    at = lambda seconds: shown_at(seen_twice(), seconds, LABELS, 0.5)  # noqa: E731
    assert [one.person for one in at(0.5)] == [1, 2]
    assert at(0.5)[0].lines == ("stand 0.90", "walk 0.60")
    assert at(0.5)[1].lines == ()
    np.testing.assert_allclose(at(0.75)[0].box, [0.15, 0.2, 0.35, 0.8])
    np.testing.assert_allclose(at(1.25)[0].box, [0.25, 0.2, 0.45, 0.8])
    assert [one.lines for one in at(1.25)] == [("walk 0.80",)]
    np.testing.assert_allclose(at(9.0)[0].box, [0.3, 0.2, 0.5, 0.8])
    assert shown_at([], 1.0, LABELS, 0.5) == []


def test_a_drawn_video_has_frames_in_the_colours_of_people(tmp_path: Path) -> None:
    grey = np.full((24, 90, 161, 3), 90, np.uint8)
    out = draw_video(open_video(grey, fps=12.0), seen_twice(), LABELS, tmp_path / "drawn.mp4")
    with open_video(out) as drawn:
        assert (len(drawn), drawn.height, drawn.width) == (24, 360, 644)
        picture = drawn.read([6])[0].astype(int)
    left = picture[200, round(0.1 * 644) : round(0.1 * 644) + 3].mean(axis=0)
    assert left[0] > 150 > 120 > left[1]  # the first person's red
    assert np.abs(picture[200, 450].astype(int) - 90).max() < 8  # inside the second box nothing changes


@pytest.mark.slow
def test_the_command_lists_and_draws(trained: DetectorRun, tmp_path: Path) -> None:
    folder, out = trained.path.parent, tmp_path / "found"
    arguments = ["detect", "run", trained.path, folder / "two_0000.mp4", "--boxes", folder / "two.csv", "--out", out,
                 "--threshold", "0.1", "--accelerator", "cpu"]
    (facts,) = json.loads(kinema(*arguments, "--json"))
    assert [len(one["people"]) for one in facts["key_frames"]] == [2]
    assert Path(facts["drawn"]).stat().st_size > 0
    assert len(read_rows(out / "results.csv")) == 2 * 3
    later = (folder / "two.csv").read_text().replace("two_0000,1.5", "two_0000,901.5")
    (tmp_path / "later.csv").write_text(later)
    kinema(*(tmp_path / "later.csv" if one == folder / "two.csv" else one for one in arguments), "--offset", 900)
    assert {row.seconds for row in read_rows(out / "results.csv")} == {901.5}  # as the list says it, not the video
    assert "person 2" in kinema(*arguments, "--no-draw")
    text = kinema("detect", "run", trained.path, "nowhere.mp4", "--boxes", "moving", "--out", out, code=1)
    assert "nowhere.mp4" in text


@pytest.mark.slow
def test_the_command_tells_mistakes(trained: DetectorRun, tmp_path: Path) -> None:
    folder, film_ = trained.path.parent, trained.path.parent / "two_0000.mp4"
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "late.csv").write_text("two_0000,902,0.1,0.1,0.4,0.4,5,0\n")
    (tmp_path / "people.py").write_text("def people(frames):\n    raise ValueError('boom')\n")
    start = ["detect", "run", trained.path, film_, "--accelerator", "cpu", "--out"]
    for boxes, told in (("empty.csv", "holds no box"), ("late.csv", "shows 0.00 to 2.92 s"),
                        ("people.py:people", "The detector of people failed: ValueError: boom")):
        assert told in kinema(*start, tmp_path / "out", "--boxes", tmp_path / boxes, code=1)
    assert "would be drawn over itself" in kinema(*start, folder, "--boxes", "moving", code=1)
    assert film_.stat().st_size > 0
    assert "Two videos are called" in kinema(*start, tmp_path, film_, "--boxes", "moving", code=1)
    asked = ["detect", "evaluate", trained.path, folder / "two.csv", "--workers", 0, "--accelerator", "cpu"]
    assert "no box to ask about" in kinema(*asked, "--boxes", tmp_path / "empty.csv", code=1)
    (tmp_path / "lost.csv").write_text((folder / "two.csv").read_text() + "lost,1.5,0.1,0.1,0.4,0.4,5,0\n")
    text = kinema("detect", "evaluate", trained.path, tmp_path / "lost.csv", "--root", folder, *asked[4:])
    assert "over 2 actions at 2 key frames" in text


def test_the_command_judges_results_and_detectors(trained: DetectorRun, tmp_path: Path) -> None:
    folder = trained.path.parent
    labels = ["--labels", folder / "labels.txt"]
    perfect = tmp_path / "perfect.csv"
    truth = (folder / "two.csv").read_text().splitlines()
    perfect.write_text("".join(f"{line.rpartition(',')[0]},0.9\n" for line in truth))
    facts = json.loads(kinema("detect", "evaluate", perfect, folder / "two.csv", *labels, "--json"))
    assert (facts["mAP"], facts["frames"], facts["boxes"]) == (1.0, 1, 2)
    text = kinema("detect", "evaluate", perfect, folder / "two.csv", *labels)
    assert "frame mAP at 0.5: 1.0000 over 2 actions" in text
    run = json.loads(kinema("detect", "evaluate", trained.path, folder / "two.csv", "--out", tmp_path / "own.csv",
                            "--workers", "0", "--accelerator", "cpu", "--json"))
    again = json.loads(kinema("detect", "evaluate", tmp_path / "own.csv", folder / "two.csv", *labels, "--json"))
    assert run["mAP"] == pytest.approx(again["mAP"], abs=1e-5)
    text = kinema("detect", "evaluate", "nowhere", folder / "two.csv", code=1)
    assert "is no detector" in text


def test_the_command_trains(trained: DetectorRun, tmp_path: Path) -> None:
    folder = trained.path.parent
    options = ["--model", "tam-resnet_tiny", "--frames", 4, "--size", 32, "--epochs", 1, "--batch", 3, "--option",
               "dilated=true", "--labels", folder / "labels.txt", "--workers", 0, "--accelerator", "cpu", "--cache", 0]
    kinema("detect", "train", folder / "one.csv", *options, "--out", tmp_path / "run")
    made = DetectorRun.open(tmp_path / "run").recipe
    assert (made.sampling, made.augment.crop, made.augment.scale) == ("dense", "jitter", (0.7, 0.875))
    kinema("detect", "train", folder / "one.csv", *options, "--mixup", 0.2, "--out", tmp_path / "no", code=2)
    text = kinema("detect", "train", folder / "one.csv", *options, "--epochs", 0, "--out", tmp_path / "no", code=2)
    assert "epochs is 0" in text


def test_a_damaged_folder_is_told(trained: DetectorRun, tmp_path: Path) -> None:
    from kinema.errors import RunError

    newer = json.dumps({**trained.facts, "version": 9})
    for text, told in (("{", "is damaged"), ("{}", "is damaged"), (newer, "version 9")):
        (tmp_path / "detector.json").write_text(text)
        with pytest.raises(RunError, match=told):
            DetectorRun.open(tmp_path)
    with pytest.raises(RunError, match="no 'newest' weights"):
        trained.detector("newest")
