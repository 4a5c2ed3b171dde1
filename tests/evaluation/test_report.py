"""The page: it holds all that it must, needs nothing else, and plays in a browser."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinema.data.clips import ClipRow, ClipTable
from kinema.evaluation.calibration import Calibration
from kinema.evaluation.compare import difference
from kinema.evaluation.predict import parts_of
from kinema.evaluation.predictions import Predictions
from kinema.evaluation.report import write_report
from kinema.evaluation.report.figures import ticks
from kinema.evaluation.report.matrix import confusion_chart, shown_classes
from kinema.evaluation.report.side_by_side import contrast
from kinema.evaluation.report.videos import playable
from kinema.evaluation.report.words import Pair, confused_pairs, count, percent
from kinema.evaluation.result import Evaluated, Evaluation
from kinema.runs import Run


def judged(run: Path, skill: float, classes: int = 12, seed: int = 0, several: bool = False) -> Evaluation:
    """An evaluation of a run on its clips (made-up ones beyond its classes), right in about a share `skill`."""
    draw = np.random.default_rng(seed)
    table = Run.open(run).split().train
    if classes != len(table.labels) or several:
        rows = tuple(ClipRow(table.rows[k % len(table.rows)].path, (k % classes, (k + 1) % classes)[:1 + several])
                     for k in range(4 * classes))
        table = ClipTable(rows, tuple(f"doing thing number {k}" for k in range(classes)), table.root, several)
    targets = table.targets()
    logits = draw.normal(size=(len(table), 1, classes))
    for place, row in enumerate(table.rows):
        if draw.random() < skill:
            logits[place, 0, list(row.labels)] += 6
    paths = tuple(f"{k}-{row.path}" for k, row in enumerate(table.rows))
    predictions = Predictions(paths, logits, targets, table.labels)
    about = Evaluated(run, "tam-resnet_tiny", "best", "made-up clips", (1, 1), 0.123, 45_678, 3.0,
                      broken=(("<bad>.mp4", "is empty"),))
    return Evaluation(f"test-{seed}", about, table, predictions, Calibration())


@pytest.fixture(scope="module")
def page(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(judged(tiny_run, 0.7), tmp_path_factory.mktemp("page") / "report.html")


def test_it_says_what_was_found(page: Path, tiny_run: Path) -> None:
    text = page.read_text(encoding="utf-8")
    evaluation = judged(tiny_run, 0.7)
    for said in (percent(evaluation.top1), "tam-resnet_tiny", "How it learned", "Class by class", "takes for what",
                 "Can its scores be believed?", "Surest mistakes", "Surest right answers", "kinema evaluate", "0.123",
                 "&lt;bad&gt;.mp4", "Seed", *evaluation.predictions.labels):
        assert said in text
    assert text.count("<video") >= 8
    assert text.count("<svg") >= 4
    assert "<bad>" not in text


def test_it_needs_nothing_but_itself(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    addresses = re.findall(r"""(?:src|href|poster)=["']([^"']*)""", text) + re.findall(r"url\(([^)]*)\)", text)
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "http" not in text
    assert page.stat().st_size < 5_000_000


@pytest.mark.parametrize("classes", [2, 12, 174])
def test_any_number_of_classes(tiny_run: Path, tmp_path: Path, classes: int) -> None:
    page = write_report(judged(tiny_run, 0.6, classes), tmp_path / "report.html")
    assert page.stat().st_size < 5_000_000
    assert ("Only the classes with the most mistakes" in page.read_text(encoding="utf-8")) == (classes > 30)


def test_nothing_learnt_and_nothing_wrong(tiny_run: Path, tmp_path: Path) -> None:
    assert "no better than guessing" in write_report(judged(tiny_run, 0.0), tmp_path / "a.html").read_text("utf-8")
    perfect = write_report(judged(tiny_run, 1.0, seed=3), tmp_path / "b.html").read_text("utf-8")
    assert "recognises" in perfect


def test_several_labels_a_clip(tiny_run: Path, tmp_path: Path) -> None:
    text = write_report(judged(tiny_run, 0.8, 9, several=True), tmp_path / "a.html").read_text("utf-8")
    assert "mean average precision" in text
    assert "What it takes for what" not in text


def test_several_runs_side_by_side(tiny_run: Path, tmp_path: Path) -> None:
    good, poor = judged(tiny_run, 0.95, seed=1), judged(tiny_run, 0.3, seed=2)
    text = write_report([poor, good], tmp_path / "both.html").read_text("utf-8")
    assert "Side by side" in text
    assert percent(good.top1) in text
    assert percent(poor.top1) in text
    assert "points" in text
    gap = difference(good.predictions, poor.predictions)
    assert gap.paired
    assert gap.estimate.value == pytest.approx(good.top1 - poor.top1)
    assert gap.estimate.low > 0


def test_parts_of_one_file_stand_beside_the_answers_to_themselves(tiny_run: Path) -> None:
    table = Run.open(tiny_run).split().train
    path = table.rows[0].path
    rows = tuple(ClipRow(path, (0,), start_frame=start, end_frame=start + 2) for start in (0, 2, 4))
    table = ClipTable(rows, ("a", "b", "c", "d"), table.root)
    said = judged(tiny_run, 1.0)
    found = [replace(said, table=table, predictions=Predictions(
        (path,) * 3, 6 * np.eye(4)[list(answers)][:, None], np.zeros(3, int), table.labels,
        parts=parts_of(table, range(3)))) for answers in ((0, 0, 0), (1, 2, 0))]
    pairs = contrast(found[0], found[1], budget=10**7)
    assert [(pair["right"].row.start_frame, pair["wrong"].answer) for pair in pairs] == [(0, "b"), (2, "c")]
    assert all(pair["wrong"].row == pair["right"].row for pair in pairs)


def test_the_same_predictions_do_not_differ(tiny_run: Path) -> None:
    one = judged(tiny_run, 0.5).predictions
    gap = difference(one, one)
    assert (gap.estimate.value, gap.estimate.low, gap.estimate.high) == (0, 0, 0)


def test_a_clip_whose_file_is_gone_is_left_out(tiny_run: Path) -> None:
    assert playable(judged(tiny_run, 0.5), ClipRow("gone.mp4", (0,))) is None


def test_pairs_in_words() -> None:
    confusion = np.array([[5, 4, 0], [3, 6, 0], [2, 0, 7]])
    first, second = confused_pairs(confusion, ("a", "b", "c"))
    assert first == Pair("a", "b", mistaken=4, clips=9, back=3, clips_back=9)
    assert first.mutual
    assert second == Pair("c", "a", mistaken=2, clips=9, back=0, clips_back=9)
    assert not second.mutual
    assert confused_pairs(np.eye(3, dtype=int), ("a", "b", "c")) == []


def test_confused_classes_stand_together() -> None:
    confusion = np.diag([9, 9, 9, 9])
    confusion[0, 3] = confusion[2, 1] = 5
    assert shown_classes(confusion).tolist() == [0, 3, 1, 2]
    assert "0, recognised: 9 of 14" in confusion_chart(confusion, "0123")


def test_numbers_in_words() -> None:
    assert (percent(1.0), percent(0.978), percent(float("nan"))) == ("100\u202f%", "97.8\u202f%", "–")
    assert (count(1, "clip"), count(3200, "clip")) == ("1\u202fclip", "3,200\u202fclips")
    assert count(2, "class") == "2\u202fclasses"
    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])


@pytest.mark.slow
def test_its_clips_play_in_a_browser(page: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium is installed here")
    watch = """<script>setTimeout(() => { const all = [...document.querySelectorAll("video")];
      document.title = `videos ${all.length} played ${all.filter((v) => v.readyState >= 2 && !v.error).length}`;
    }, 4000)</script></body>"""
    watched = tmp_path / "watched.html"
    text = page.read_text("utf-8").replace('preload="metadata"', 'preload="auto"')
    watched.write_text(text.replace("</body>", watch), "utf-8")
    said = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000",
                           f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", watched.as_uri()],
                          capture_output=True, text=True, timeout=120, check=False).stdout
    found = re.search(r"<title>videos (\d+) played (\d+)", said)
    assert found, "the page did not load"
    assert int(found[1]) == int(found[2]) >= 8
