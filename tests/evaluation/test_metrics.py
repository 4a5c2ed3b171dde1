"""Accuracies, confusion and average precision equal scikit-learn's and hand-made figures."""

import numpy as np
import pytest
import sklearn.metrics as reference

from kinema.errors import DataError, KinemaError
from kinema.evaluation.average_precision import average_precision_B, average_precision_K
from kinema.evaluation.metrics import hits_N, metrics
from kinema.evaluation.predictions import Predictions


def make(clips: int, classes: int, views: int = 1, several: bool = False, seed: int = 0) -> Predictions:
    draw = np.random.default_rng(seed)
    targets = draw.integers(0, 2, (clips, classes)) if several else draw.integers(0, classes, clips)
    return Predictions(
        tuple(f"{clip}.mp4" for clip in range(clips)),
        draw.normal(size=(clips, views, classes)).astype(np.float32) * 2,
        targets,
        tuple(f"class {k}" for k in range(classes)),
        tuple(f"s{clip // 3}" for clip in range(clips)),
    )


def test_agrees_with_scikit_learn() -> None:
    predictions = make(300, 12, views=3)
    scores, targets = predictions.scores_NK(), predictions.targets
    measured = metrics(predictions, resamples=100)
    assert measured.top1.value == pytest.approx(reference.accuracy_score(targets, scores.argmax(1)))
    assert measured.top5.value == pytest.approx(reference.top_k_accuracy_score(targets, scores, k=5))
    assert measured.mean_class is not None
    assert measured.mean_class.value == pytest.approx(reference.balanced_accuracy_score(targets, scores.argmax(1)))
    assert np.array_equal(measured.confusion_KK, reference.confusion_matrix(targets, scores.argmax(1)))
    precision, recall, _, counts = reference.precision_recall_fscore_support(targets, scores.argmax(1))
    assert [each.value for each in measured.per_class] == pytest.approx(recall.tolist())
    assert measured.precision_K == pytest.approx(precision)
    assert measured.counts_K.tolist() == counts.tolist()
    for estimate in (measured.top1, measured.top5, measured.mean_class, *measured.per_class):
        assert estimate.low <= estimate.value <= estimate.high


def test_views_are_averaged_as_probabilities() -> None:
    logits = np.log(np.array([[[0.9, 0.1], [0.3, 0.7], [0.4, 0.6]]], dtype=np.float32))
    predictions = Predictions(("a.mp4",), logits, np.array([0]), ("yes", "no"))
    assert predictions.scores_NK()[0] == pytest.approx([1.6 / 3, 1.4 / 3])
    measured = metrics(predictions)
    assert measured.top1.value == 1.0
    assert measured.clip_top1 == pytest.approx(1 / 3)


def test_top5_of_few_classes_says_nothing() -> None:
    assert metrics(make(50, 4)).top5.value == 1.0


def test_equal_scores_go_to_the_lower_class() -> None:
    scores = np.zeros((2, 3))
    assert hits_N(scores, np.array([0, 1])).tolist() == [1, 0]
    assert hits_N(scores, np.array([1, 2]), top=2).tolist() == [1, 0]


def test_a_class_without_clips_counts_in_no_mean() -> None:
    logits = np.eye(3, dtype=np.float32)[[0, 0, 0]][:, None] * 5
    predictions = Predictions(("a", "b", "c"), logits, np.array([0, 0, 1]), ("x", "y", "z"))
    measured = metrics(predictions)
    assert measured.mean_class is not None
    assert measured.mean_class.value == pytest.approx(0.5)
    assert np.isnan(measured.per_class[2].value)


def test_average_precision_agrees_with_scikit_learn() -> None:
    draw = np.random.default_rng(1)
    scores = draw.integers(0, 12, (200, 7)) / 12  # many ties
    targets = draw.integers(0, 2, (200, 7))
    expected = [reference.average_precision_score(targets[:, k], scores[:, k]) for k in range(7)]
    assert average_precision_K(scores, targets) == pytest.approx(expected)
    weights = draw.integers(0, 4, (1, 200)).astype(float)
    weighted = reference.average_precision_score(targets[:, 0], scores[:, 0], sample_weight=weights[0])
    assert average_precision_B(scores[:, 0], targets[:, 0], weights)[0] == pytest.approx(weighted)


def test_several_labels_a_clip() -> None:
    predictions = make(90, 8, views=2, several=True)
    measured = metrics(predictions, resamples=60)
    assert measured.mean_ap is not None
    expected = reference.average_precision_score(predictions.targets, predictions.scores_NK(), average="macro")
    assert measured.mean_ap.value == pytest.approx(expected)
    assert measured.mean_ap.low < measured.mean_ap.value < measured.mean_ap.high
    assert measured.to_dict()["mean_class"] is None


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(DataError, match="no clips"):
        metrics(make(0, 3))
    diverged = make(4, 3).logits_NVK.copy()
    diverged[1] = np.nan
    with pytest.raises(KinemaError, match="1 of 4 clips are not finite"):
        Predictions(("a", "b", "c", "d"), diverged, np.zeros(4, int), ("x", "y", "z"))
    with pytest.raises(DataError, match="expected"):
        Predictions(("a",), np.zeros((1, 1, 2)), np.zeros(1, int), ("x", "y", "z"))


def test_predictions_survive_their_file(tmp_path) -> None:
    for predictions in (make(5, 3), make(5, 3, several=True)):
        same = Predictions.load(predictions.save(tmp_path / "some" / "answers.npz"))
        assert (same.paths, same.labels, same.sources) == (predictions.paths, predictions.labels, predictions.sources)
        assert np.array_equal(same.logits_NVK, predictions.logits_NVK)
        assert np.array_equal(same.targets, predictions.targets)
