"""What space and time contribute, from tables of results."""

import csv
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from kinema.errors import DataError
from kinema.study.contributions import contributions
from kinema.study.figures import draw
from kinema.study.plots import gain
from kinema.study.results import Result, read_results, usual
from tests.cli.test_cli import kinema

PUBLISHED = {  # Chen et al., arXiv:2010.11757, Table 7, with i3d and s3d where they belong (they are exchanged there)
    ("mini_st2stv2", "i3d"): ("0.53", "0.45", "0.38"), ("mini_st2stv2", "s3d"): ("0.53", "0.46", "0.38"),
    ("mini_st2stv2", "tam"): ("0.52", "0.47", "0.37"), ("mini_kinetics400", "i3d"): ("0.97", "0.08", "-0.08"),
    ("mini_kinetics400", "s3d"): ("0.97", "0.06", "-0.10"), ("mini_kinetics400", "tam"): ("0.96", "0.09", "-0.12"),
}
ROWS = [
    Result("a", "tsn", "resnet18", False, 8, 40.0, gmacs=1.0, parameters=10),
    Result("a", "tam", "resnet18", False, 8, 70.0, gmacs=1.1, parameters=11),
    Result("a", "tam", "resnet18", True, 8, 34.0, gmacs=0.5, parameters=11),
    Result("a", "tsn", "resnet18", False, 16, 50.0, gmacs=2.0, parameters=10),
    Result("a", "tam", "resnet18", False, 16, 40.0, gmacs=2.2, parameters=11),
]


def test_the_published_table_is_found_again(shared: Path) -> None:
    results = read_results(shared / "tables" / "mini_benchmark.json")
    assert len(results) == 192
    found = {(one.data, one.module): (str(one.spatial), str(one.temporal), str(one.temporal_tp))
             for one in contributions(results)}
    assert found == PUBLISHED


@pytest.mark.slow
def test_the_published_table_is_drawn(shared: Path, tmp_path: Path) -> None:
    drawn, left_out = draw(read_results(shared / "tables" / "mini_benchmark.json"), tmp_path)
    assert [path.stem for path in drawn] == ["cost", "lengths", "pooling", "waterfall", "contributions", "tables"]
    assert all(path.stat().st_size > 10_000 for path in drawn if path.suffix == ".png")
    assert set(left_out) == {"figure sampling", "figure clips", "figure depth", "table Table 3", "table Table 4",
                             "table Table 6"}


def test_equation_1_by_hand() -> None:
    one, = contributions(ROWS)
    assert (one.data, one.module) == ("a", "tam")
    assert one.spatial.value == pytest.approx((40 / 70 + 1) / 2)  # time harmed the second: all it knows is space
    assert one.temporal.value == pytest.approx((30 / 60 - 10 / 50) / 2)
    assert (one.temporal_tp.value, one.temporal_tp.count) == (pytest.approx(-6 / 60), 1)


def test_repetitions_count_once() -> None:
    repeated = [Result("a", "tam", "resnet18", False, 8, top1, seed=seed) for seed, top1 in enumerate((60.0, 80.0))]
    kept = [one for one in ROWS if (one.module, one.frames, one.tp) != ("tam", 8, False)]
    assert contributions(repeated + kept)[0].temporal == contributions(ROWS)[0].temporal


def test_networks_are_held_against_each_other_on_the_seeds_that_both_have() -> None:
    tsn, tam = (replace(row, seed=0) for row in ROWS[:2])
    [found] = contributions([tsn, tam, replace(tsn, seed=1, top1=90.0)])
    assert (found.spatial.value, found.temporal.value) == pytest.approx((40 / 70, 30 / 60))
    [found] = contributions([tsn, replace(tam, seed=2)])  # none is shared
    assert found.spatial.value == pytest.approx(40 / 70)


def test_what_has_no_tsn_beside_it_is_left_out() -> None:
    one, = contributions(ROWS[1:])
    assert (one.spatial.count, one.temporal_tp.count, str(one.temporal_tp)) == (1, 0, "-")
    assert gain(ROWS, "tam", "resnet18") == -36.0
    assert gain(ROWS, "tsn", "resnet18") is None


@pytest.mark.parametrize("suffix", ["json", "csv", "parquet"])
def test_tables_of_any_kind_are_one(tmp_path: Path, suffix: str) -> None:
    rows = [{"dataset": one.data, "model": f"{one.module}-{one.backbone}{'-tp' if one.tp else ''}",
             "frames": one.frames, "top1": one.top1 / 100, "flops": (one.gmacs or 0) * 1e9, "params": one.parameters}
            for one in ROWS]
    path = tmp_path / f"own.{suffix}"
    if suffix == "json":
        path.write_text(json.dumps(rows))
    elif suffix == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    for found, one in zip(read_results(path), ROWS, strict=True):
        assert asdict(found) == pytest.approx(asdict(one))


@pytest.mark.parametrize(("text", "why"), [
    ("[]", "holds no rows"), ("[1]", "holds no rows"), ("{", "cannot be read as a table"),
    ('[{"data": "a"}]', "A row has no 'module'; its columns are data"),
    ('[{"data": "a", "model": "tma-resnet18"}]', "No model is called"),
    ('[{"data": "a", "model": "tam-resnet18", "frames": "many", "top1": 3}]',
     r"row 1: frames is 'many'; expected a number"),
    ('[{"data": "a", "model": "tam-resnet18", "frames": 8, "top1": 3, "flops": "1G"}]', "gmacs is '1G'"),
    ('[{"data": "a", "model": "tam-resnet18", "frames": 8, "accuracy": 150}]', "top1 is 150; expected a percentage"),
    ('[{"data": "a", "module": "TAM", "backbone": "b", "tp": "perhaps", "frames": 8, "top1": 3}]', "tp is 'perhaps'"),
])
def test_what_is_no_table_of_results_is_told(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "own.json").write_text(text)
    with pytest.raises(DataError, match=why):
        read_results(tmp_path / "own.json")


def test_rows_without_an_accuracy_are_passed_over(tmp_path: Path) -> None:
    path, told = tmp_path / "own.csv", list[str]()
    path.write_text("data,module,backbone,tp,frames,top1\na,tsn,b,,8,50\na,tam,b,,8,\na,tam,b,,16,-\na,i3d,b,1,8,nan\n")
    found = read_results(path, told.append)
    assert [(one.module, one.tp, one.top1) for one in found] == [("tsn", False, 50.0)]
    assert told == [f"{path}: 3 of 4 rows have no accuracy and are passed over."]
    (tmp_path / "own.json").write_text('[{"data": "a", "model": "tam-resnet18", "frames": 8, "top1": null}]')
    with pytest.raises(DataError, match=r"No row of .* has an accuracy"):
        read_results(tmp_path / "own.json", told.append)


def test_a_table_at_video_level_has_contributions_too() -> None:
    rows = [replace(one, views=30, protocol="kinetics") for one in ROWS]
    assert contributions(usual(rows)) == contributions(usual(ROWS)) != []
    both = [*rows, *(replace(one, sampling="dense") for one in ROWS), *(replace(one, frames=99) for one in ROWS)]
    assert {(one.views, one.sampling) for one in usual(both)} == {(1, "dense"), (1, "")}


@pytest.mark.slow
def test_the_command_prints_the_table_and_draws(tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text(json.dumps([asdict(one) for one in ROWS]))
    text = kinema("study", "replay", tmp_path / "own.json", "--out", tmp_path / "figures")
    assert "a\ttam\t0.79\t0.15\t-0.10" in text
    assert (tmp_path / "figures" / "pooling.png").is_file()
    found = json.loads(kinema("study", "replay", tmp_path / "own.json", "--json", "--out", tmp_path))
    assert found[0]["module"] == "tam"
    assert "does not exist" in kinema("study", "replay", tmp_path / "none.csv", code=1)
