"""The catalogue of official checkpoints: every one has an id, and every loadable one a network."""

import json
import re
from pathlib import Path

import pytest
import torch

from kinema.errors import ModelError
from kinema.models import create_model, sized_by
from kinema.weights.catalogue import (
    LOADABLE,
    Checkpoint,
    all_checkpoints,
    checkpoints,
    find_checkpoint,
    find_pretrained,
    label_list,
)
from kinema.weights.pretrained import DEFAULT

ROWS = list(all_checkpoints().values())
DIFFERENT = {json.dumps([row.model, dict(row.options), row.spec.shape_CTHW if sized_by(row.model) else ""]): row
             for row in ROWS if row.status == LOADABLE}  # what weights are not sized by makes no other network


def test_all_of_them_are_here_and_more_than_half_are_loadable(shared: Path) -> None:
    table = json.loads((shared / "tables" / "checkpoints.json").read_text(encoding="utf-8"))
    assert [row.title for row in ROWS] == [entry["model"] for entry in table]
    assert sum(row.status == LOADABLE for row in ROWS) >= 350
    for row, entry in zip(ROWS, table, strict=True):
        if row.status == LOADABLE and entry["crop"]:
            assert row.clip["height"] == entry["crop"]


def test_every_id_is_one_and_says_why_it_cannot_be_loaded() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9.-]+", row.id), row.id
        assert (row.status == LOADABLE) == (not row.reason), row.id
        assert row.status in (LOADABLE, "out of scope", "no direct file")
        assert all(url.startswith("https://") for url in row.urls)
        assert row.hash is None or re.fullmatch(r"[0-9a-f]{8,64}", row.hash)


@pytest.mark.slow
@pytest.mark.parametrize("row", DIFFERENT.values(), ids=lambda row: row.id)
def test_a_loadable_checkpoint_has_a_network_that_builds(row: Checkpoint) -> None:
    with torch.device("meta"):
        network = create_model(row.model, 7, clip=row.spec, **row.options)
        assert network.clip == row.spec
        if sized_by(row.model):  # all others take any clip
            assert network(torch.empty(1, *row.spec.shape_CTHW)).shape == (1, 7)


@pytest.mark.parametrize(("name", "id_"), [
    ("slowfast_r50_4x16", "pytorchvideo/slowfast-r50-4x16-kinetics400"),
    ("slowfast_r101_16x8", "pytorchvideo/slowfast-r101-16x8-kinetics400"), ("vivit", "hf/google-vivit-b-16x2-"),
    ("ir_csn_152", "mmaction2/csn-resnet152-ir-"), ("i3d_r50_32x2", "mmaction2/i3d-resnet50-"),
    ("tpn_r101_16x4", "tpn/tpn-r101-"), ("slow_nl_r50_8x8", "mmaction2/slowonly-resnet50-nonlocal"),
])
def test_a_published_name_has_its_checkpoints(name: str, id_: str) -> None:
    assert any(row.id.startswith(id_) for row in checkpoints() if row.model == name)
    assert find_pretrained(name, "kinetics400").model == name


def test_networks_that_were_published_for_larger_crops_see_windows() -> None:
    for row in checkpoints("pytorchvideo/x3d-*"):
        assert row.options.get("head_size", row.clip.get("height", 0)) <= row.clip.get("height", 0)
    assert find_checkpoint(DEFAULT).options == {"head_size": 224}


def test_the_labels_are_as_many_as_the_classes() -> None:
    for name, number in {"kinetics400": 400, "kinetics600": 600, "kinetics700": 700, "ssv1": 174, "ssv2": 174,
                         "moments": 339, "ucf101": 101, "hmdb51": 51, "diving48": 48, "charades": 157}.items():
        assert len({*label_list(name)}) == number
    assert find_checkpoint(DEFAULT).class_names[0] == "abseiling"


def test_a_name_and_a_data_set_find_the_best_checkpoint() -> None:
    best = find_pretrained("x3d_m", "kinetics400")
    assert best.accuracy == max(row.accuracy or 0 for row in ROWS if row.model == "x3d_m" and row.classifier)
    assert find_pretrained("anything", DEFAULT).id == DEFAULT
    assert len(checkpoints("x3d_*")) > 3
    assert checkpoints("ssv2") == [row for row in ROWS if row.dataset == "ssv2"]


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(ModelError, match=r"No checkpoint is called 'pytorchvideo/x3d'\. Nearest: pytorchvideo/x3d"):
        find_checkpoint("pytorchvideo/x3d")
    with pytest.raises(ModelError, match=r"cannot be loaded here: it looks at skeletons \(out of scope\)"):
        find_checkpoint(next(row.id for row in ROWS if "skeletons" in row.reason))
    with pytest.raises(ModelError, match=r"no checkpoint of x3d_m trained on 'ucf101'\. There are some of kinetics400"):
        find_pretrained("x3d_m", "ucf101")


def test_a_word_or_capital_letters_find_checkpoints_too() -> None:
    assert checkpoints("SlowFast*") == checkpoints("slowfast*") != []
    assert all("slowfast" in row.id for row in checkpoints("slowfast"))
    assert checkpoints("nothing of this kind") == []


def test_what_a_file_is_called_goes_before_a_table() -> None:
    for row in ROWS:
        for word, dataset in (("_sthv2-rgb", "ssv2"), ("_kinetics700-rgb", "kinetics700")):
            assert word not in row.urls[0].rsplit("/", 1)[-1] or row.dataset == dataset, row.id
    assert {row.labels for row in ROWS if row.id.startswith("tsm/") and row.dataset == "ssv1"} == {"ssv1_sorted"}
    assert [*label_list("ssv1_sorted")] == sorted(label_list("ssv1"))
