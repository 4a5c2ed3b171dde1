"""What people do with videos: segments, heat, corrections, their export, what to label next, and training again."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinema import Recognizer, read_table
from kinema.serving.corrections import Correction, Corrections, doubts
from kinema.serving.exports import as_csv, as_fiftyone, as_label_studio
from kinema.serving.store import DONE, Store
from kinema.serving.training import validation_of
from tests.serving.conftest import Served

JSON = {"Content-Type": "application/json"}


def test_doubts_are_where_two_answers_are_close_and_do_not_overlap() -> None:
    def result(method: str, *scores: tuple[float, float]) -> dict[str, Any]:
        windows = [{"start_seconds": k * 0.5, "end_seconds": k * 0.5 + 1.0, "scores": pair}
                   for k, pair in enumerate(scores)]
        return {"labels": ["run", "rest"], "windows": windows, "method": method}

    shares = result("windows", (0.9, 0.1), (0.6, 0.4), (0.55, 0.45), (0.7, 0.3), (0.1, 0.9))
    assert [(one["start_seconds"], one["margin"]) for one in doubts(shares, False)] == [
        (1.0, pytest.approx(0.1)), (0.0, pytest.approx(0.8)), (2.0, pytest.approx(0.8))]
    alone = result("head", (0.01, 0.01), (0.0, 0.0), (0.02, 0.5), (0.9, 0.05), (0.9, 0.85))
    best = doubts(alone, False)
    assert [one["start_seconds"] for one in best] == [1.0, 2.0, 0.0]  # to be sure of nothing is no doubt
    assert best[0]["labels"][0] == {"label": "rest", "score": 0.5}


def test_a_video_that_came_twice_is_suggested_once(tmp_path: Path) -> None:
    windows = [{"start_seconds": float(k), "end_seconds": k + 1.0, "scores": [0.5 + 0.1 * k, 0.5 - 0.1 * k]}
               for k in range(3)]
    store = Store(tmp_path / "server.sqlite")
    for name in ("library.mp4", "upload.mp4"):
        (tmp_path / name).write_bytes(b"the same")
        video = store.add_video(name, tmp_path / name, 8)
        store.finish(store.add_job("timeline", video.id, {}).id, DONE, {"labels": ["run", "rest"], "windows": windows})
    corrections = Corrections(store)
    assert [one["start_seconds"] for one in corrections.worth_a_label(8, False)] == [0.0, 1.0, 2.0]
    corrections.add(video.id, 1.0, 2.0, "run", "rest")
    assert [one["start_seconds"] for one in corrections.worth_a_label(8, False)] == [0.0, 2.0]


def test_heat_is_where_something_moves(served: Served, film: Path) -> None:
    video = served.upload(film, wait=30).json()["video"]
    asked = {"video": video, "start_seconds": 0.0, "end_seconds": 1.0}
    found = served.client.post("/v1/explain", json=asked).json()
    levels = np.frombuffer(base64.b64decode(found["heat"]), np.uint8)
    assert levels.size == found["frames"] * found["side"] ** 2
    assert levels.max() == 255
    assert len(found["times_seconds"]) == found["frames"]
    left, top, width, height = found["box"]
    assert 0 <= left <= left + width <= 1
    assert 0 <= top <= top + height <= 1
    named = served.client.post("/v1/explain", json={**asked, "label": "RIGHT"}).json()
    assert named["label"] == "right"
    for wrong, status in (({"label": "rihgt"}, 422), ({"video": "none"}, 404), ({"end_seconds": 0.0}, 422),
                          ({"start_seconds": 50.0, "end_seconds": 60.0}, 422)):
        answer = served.client.post("/v1/explain", json={**asked, **wrong})
        assert answer.status_code == status, answer.text
    assert "Nearest: right" in served.client.post("/v1/explain", json={**asked, "label": "rihgt"}).text


@pytest.mark.slow
def test_corrections_suggestions_and_exports(served: Served, film: Path, tmp_path: Path) -> None:
    client = served.client
    video = served.upload(film, wait=30).json()["video"]
    worth = client.get("/v1/suggestions").json()
    assert [one["margin"] for one in worth] == sorted(one["margin"] for one in worth)
    known = {one["id"] for one in client.get(f"/v1/jobs?video={video}").json()}
    assert len(known & {*served.service.corrections.doubts}) == 1  # of its last job alone
    first = next(one for one in worth if one["video"] == video)
    part = {name: first[name] for name in ("video", "start_seconds", "end_seconds")}
    made = client.post("/v1/corrections", json={**part, "label": " down ", "said": "left"})
    assert made.status_code == 201
    again = client.post("/v1/corrections", json={**part, "label": "right", "said": "left"}).json()
    assert client.get(f"/v1/corrections?video={video}").json() == [again]
    assert (again["label"], again["fps"]) == ("right", pytest.approx(10))
    left = [one for one in client.get("/v1/suggestions").json() if one["video"] == video]
    assert all(one["end_seconds"] <= first["start_seconds"] or one["start_seconds"] >= first["end_seconds"]
               for one in left)
    listed = tmp_path / "corrections.csv"
    listed.write_bytes(client.get("/v1/corrections/export?format=csv").content)
    table = read_table(listed)
    (row,) = table.rows
    assert table.labels == ("right",)
    assert (row.start_seconds, row.end_seconds) == (first["start_seconds"], first["end_seconds"])
    assert table.path(row).read_bytes() == film.read_bytes()
    assert client.get("/v1/corrections/export?format=coco").status_code == 422
    for wrong, status in (({"label": "  "}, 422), ({"video": "none"}, 404), ({"end_seconds": -1}, 422),
                          ({"label": "\ud800"}, 422), ({"start_seconds": 4.5, "end_seconds": 6}, 422)):
        body = json.dumps({**part, "label": "x", **wrong})
        assert client.post("/v1/corrections", content=body, headers=JSON).status_code == status
    assert client.delete(f"/v1/corrections/{again['id']}").status_code == 204
    assert client.delete(f"/v1/corrections/{again['id']}").status_code == 404


def test_exports_in_the_forms_of_other_tools() -> None:
    place = Path("/data/a b/v1.mp4")
    one = Correction("c1", "v1", "match.mp4", place, 3.5, 5.0, "goal, own", "foul", 0.0, 10.0, 2.0)
    assert as_csv([one]) == 'path,label,start,end,said,source\n/data/a b/v1.mp4,"goal, own",3.5,5,foul,v1\n'
    assert json.loads(as_fiftyone([one])) == {  # from the first frame on, which the file's clock shows at 2 s
        "classes": ["goal, own"], "labels": {"v1": [{"label": 0, "timestamps": [1.5, 3.0]}]},
        "paths": {"v1": "/data/a b/v1.mp4"}}
    (task,) = json.loads(as_label_studio([one]))
    assert task["data"] == {"video": "/data/local-files/?d=data/a%20b/v1.mp4", "fps": 10.0, "name": "match.mp4"}
    (region,) = task["annotations"][0]["result"]
    assert region["value"] == {"ranges": [{"start": 16, "end": 30}], "timelinelabels": ["goal, own"]}


@pytest.mark.slow
def test_training_again_learns_the_correction(served: Served, film: Path, run: Path) -> None:
    client = served.client
    assert client.post("/v1/trainings", json={}).status_code == 409  # nothing was corrected
    video = served.upload(film, wait=30).json()["video"]
    for start, label in ((0.0, "right"), (2.0, "tumble")):
        client.post("/v1/corrections", json={"video": video, "start_seconds": start, "end_seconds": start + 2,
                                             "label": label})
    started = client.post("/v1/trainings", json={"epochs": 2})
    assert started.status_code == 202
    assert client.post("/v1/trainings", json={}).status_code == 409  # one at a time
    training = started.json()
    while training["state"] == "running":
        time.sleep(0.2)
        training = client.get(f"/v1/trainings/{training['id']}").json()
    assert training["state"] == "done", training["problem"]
    assert (training["progress"], training["corrections"], len(training["validation"])) == (1.0, 2, 2)
    assert training["before"] == max(validation_of(run))
    assert "tumble" in Recognizer(training["run"], device="cpu").labels
    sides = [line for line in (Path(training["run"]) / "clips.csv").read_text().splitlines() if video in line]
    assert len(sides) == 2
    assert all("train" in line for line in sides)
    for one in client.get("/v1/corrections").json():
        client.delete(f"/v1/corrections/{one['id']}")
