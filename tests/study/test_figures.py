"""Figures and tables of a study, from made-up tables whose numbers are known."""

import json
from itertools import product
from pathlib import Path

import pytest

from kinema.errors import RunError
from kinema.study import plots, protocol_plots, tables
from kinema.study.claims import MissingError
from kinema.study.figures import FIGURES, draw
from kinema.study.results import Result, short, usual
from tests.cli.test_cli import kinema

GROUPS = ("", "order", "change")


def row(model: str, top1: float, **facts: object) -> Result:
    module, _, backbone = model.partition("-")
    tp = backbone.endswith("-tp")
    facts = {"data": ".study/motion.csv", "frames": 8, "sampling": "uniform", "gmacs": 1.0, "parameters": 1000, **facts}
    return Result(module=module, backbone=backbone.removesuffix("-tp") or module, tp=tp, top1=top1, **facts)  # type: ignore[arg-type]


def study() -> list[Result]:
    """A table with rows for every figure and table."""
    tiny = ("tsn", "i3d", "s3d", "tam", "tsm", "tsn+nonlocal", "i3d+se")
    rows = [row(f"{module}-resnet_tiny{tp}", 40 + 4 * number - 5 * bool(tp) + frames / 4 + seed, data=data,
                frames=frames, seed=seed, gmacs=frames * 0.01, parameters=10000 * (1 + number))
            for data, (number, module), tp, frames, seed in product(
                (".study/motion.csv", ".study/scene.csv"), enumerate(tiny), ("", "-tp"), (8, 16), (0, 1, 2))]
    rows += [row(f"{module}-resnet_tiny", 30 + 3 * min(views, 5) * (how == "dense") + number + views / 5 + seed,
                 sampling=how, views=views, protocol=f"1x{views}", seed=seed, gmacs=0.08)
             for (number, module), how, views, seed in product(
                 enumerate(("tam", "i3d")), ("uniform", "dense"), (1, 2, 5, 10), (0, 1, 2))
             if (how, views) != ("uniform", 1)]
    rows += [row("tam-resnet_tiny", 55 - 10 * (where == "bottom") + seed, where=where, seed=seed, classes=classes)
             for where, seed, classes in product(("all", "top", "bottom", "alternate"), (0, 1, 2), GROUPS)
             if classes or where != "all"]
    rows += [row("c3d", 60 - abs(3 - depth) * 4 + seed, frames=16, seed=seed, classes=classes,
                 options=json.dumps({"depth": depth, "hidden": 16}))
             for depth, seed, classes in product((1, 3, 5, 7), (0, 1, 2), GROUPS)]
    rows += [row("i3d-inception_v1-tp", 35 + seed, seed=seed, parameters=9, pretrained="imagenet") for seed in range(3)]
    return rows


@pytest.mark.slow
def test_every_figure_and_table_is_drawn_from_a_whole_table(tmp_path: Path) -> None:
    drawn, left_out = draw(study(), tmp_path)
    assert [path.stem for path in drawn] == [*FIGURES, "tables"]
    assert left_out == {}
    text = (tmp_path / "tables.md").read_text()
    assert all(f"## {title}" in text for title in tables.TABLES)


def test_what_rows_are_missing_for_is_told(tmp_path: Path) -> None:
    (tmp_path / "clips.png").write_text("of another table")
    drawn, left_out = draw([row("tam-resnet18", 50.0)], tmp_path)
    assert [path.stem for path in drawn] == ["cost", "tables"]
    assert left_out["figure sampling"] == "no network was trained on uniform and on dense clips"
    assert set(left_out) == {f"figure {name}" for name in FIGURES if name != "cost"} | {
        f"table Table {number}" for number in (3, 4, 5, 6, 7)}
    assert not (tmp_path / "clips.png").exists()


def test_figures_go_into_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="is a file; expected a folder"):
        draw([], tmp_path / "file")


def test_a_length_a_network_makes_no_curve(tmp_path: Path) -> None:
    rows = [Result("a", module, "resnet50", False, frames, 50.0) for module, frames in (("tsn", 8), ("i3d", 32))]
    _, left_out = draw(rows, tmp_path)
    assert left_out["figure lengths"] == "no network is there with clips of several numbers of frames"


def test_the_waterfall_goes_from_inception_to_squeeze_excitation() -> None:
    (data, said, walk), other = protocol_plots.steps(study())
    assert (data, said, other[:2]) == ("motion", "8 frames", ("scene", "16 frames\n(no i3d-inception-tp)"))
    assert walk == [("i3d-inception_v1-tp", 36.0), ("i3d-resnet_tiny-tp", 42.0), ("i3d-resnet_tiny", 47.0),
                    ("i3d+se-resnet_tiny", 67.0)]
    assert not protocol_plots.steps([row("i3d-resnet18", 3.0), row("tam-resnet18", 3.0)])


def test_tables_hold_means_of_seeds() -> None:
    found = tables.aggregations(study())
    assert found[0] == "| data | backbone | frames | none | i3d | s3d | tam | tsm | nonlocal |"
    assert found[2].startswith("| motion | resnet_tiny | 8 | 43.0 ± 1.0 | 47.0 ± 1.0 | 51.0 ± 1.0 |")
    found = tables.samplings(study())
    assert "| motion | i3d-resnet_tiny | 8 | 34.0 ± 1.0 | 49.0 ± 1.0 |" in found
    found = tables.locations(study())
    assert found[0] == "| network | blocks that see time | motion | motion order | motion change |"
    assert [line.split(" | ")[1] for line in found[2:]] == ["all", "top half", "bottom half", "every second"]
    assert "| i3d-inception_v1-tp | 8 | uniform | imagenet | 36.0 ± 1.0 |" in tables.transfer(study())


def test_networks_are_compared_as_they_are() -> None:
    kept = usual(study())
    assert {(one.classes, one.views, one.where, one.options) for one in kept} == {("", 1, "all", "")}
    assert {one.sampling for one in kept} == {"uniform"}
    with pytest.raises(MissingError, match="no multiply-adds"):
        plots.cost([row("tam-resnet18", 50.0, gmacs=None)])


def test_data_sets_have_short_names() -> None:
    assert [short(name) for name in ("a/b/motion.csv", "clips/", "mini_kinetics400", "v1.5")] == [
        "motion", "clips", "mini_kinetics400", "v1.5"]


@pytest.mark.slow
def test_own_rows_stand_beside_published_ones(tmp_path: Path) -> None:
    for name, data in (("own", "mine"), ("published", "theirs")):
        rows = [{"data": data, "model": f"{module}-resnet18", "frames": frames, "top1": 40 + frames, "gmacs": frames}
                for module, frames in product(("tsn", "tam"), (8, 16))]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    kinema("study", "figures", tmp_path / "own.json", tmp_path / "published.json", "--out", tmp_path / "figures")
    text = (tmp_path / "figures" / "tables.md").read_text()
    assert "| network | frames | sampling | pretrained on | GMACs | mine | theirs |" in text
    text = kinema("study", "findings", tmp_path / "own.json", "--motion", "mine", "--out", tmp_path / "found.md")
    assert "undecided: Temporal pooling hurts networks that see time." in text
    assert "no i3d on scene" in (tmp_path / "found.md").read_text()
