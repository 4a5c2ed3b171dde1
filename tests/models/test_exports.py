"""The table of docs/exports.csv: every name as ONNX, run by ONNX Runtime and OpenVINO."""

import pytest

from benchmarks import exports
from kinema.models import list_models


def test_the_table_holds_names_that_there_are_and_says_when_each_was_looked_at() -> None:
    with exports.TABLE.open(encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines[0].split(",") == [*exports.COLUMNS]
    names = [line.split(",")[0] for line in lines[1:]]
    assert len(names) == len({*names})
    assert {*names} <= {*list_models()}
    for name, row in exports.read_table().items():
        assert row["commit"], name
        assert row["date"], name


def test_each_row_gives_the_same_answers_or_says_why_not() -> None:
    for name, row in exports.read_table().items():
        assert exports.good(row) or row["remark"], name


def test_the_table_has_every_name() -> None:
    assert {*exports.read_table()} == {*list_models()}, "run `python -m benchmarks.exports`"


@pytest.mark.slow
def test_a_name_is_exported_and_a_failure_is_told() -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("openvino")
    row = exports.row_of("tsn-resnet_tiny", "abc")
    assert exports.good(row)
    assert (row["clip"], row["commit"], row["remark"]) == ("8x32", "abc", "")
    failed = exports.row_of("nothing", "abc")
    assert not exports.good(failed)
    assert failed["remark"].startswith("ModelError: No model is called")
