"""PyTorch's compiler and exporter take networks of all kinds, and the table of docs/compat.csv has every name."""

from collections.abc import Iterable

import pytest
from torch import nn

from benchmarks import checks, compat
from benchmarks.checks import one_of_each_family
from kinema.models import list_models

QUICK = ("tsn-resnet_tiny",)
ALL_KINDS = (*QUICK, "tam-resnet_tiny", "tin-resnet_tiny", "trn-resnet_tiny", "lstm-resnet_tiny",
             "tsm+nonlocal-resnet_tiny", "slowfast-resnet50", "tsn-x3d_xs", "movinet_a0", "tsn-vit_tiny", "swin3d_t",
             "c3d")  # of all names: docs/compat.csv


def cases(names: Iterable[str]) -> list:
    """Names as parameters; all but the quick one slow."""
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in names]


@pytest.fixture(scope="module")
def subject(request: pytest.FixtureRequest) -> checks.Subject:
    return checks.subject(request.param)


@pytest.mark.parametrize("subject", cases(ALL_KINDS), indirect=True)
def test_export_gives_the_same_network(subject: checks.Subject) -> None:
    assert checks.exports(subject)


@pytest.mark.slow
@pytest.mark.parametrize("subject", cases(ALL_KINDS[:8]), indirect=True)
def test_compilation_gives_the_same_network(subject: checks.Subject) -> None:
    assert checks.compiles(subject, backend="eager")


def test_families_are_what_networks_are_built_of() -> None:
    assert {"tsn-resnet_tiny", "tsn-inception_v1", "tsn-cnn_2014", "tsm-resnet_tiny"} <= set(one_of_each_family())
    assert all(isinstance(name, str) and name in list_models() for name in one_of_each_family())


@pytest.mark.slow
def test_the_table_has_every_name_once_and_no_other() -> None:
    with compat.TABLE.open(encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines[0].split(",") == [*compat.COLUMNS]
    names = [line.split(",")[0] for line in lines[1:]]
    assert len(names) == len({*names})
    assert {*names} == {*list_models()}, "run `python -m benchmarks.compat`"


@pytest.mark.slow
def test_the_table_has_no_failure_and_says_when_it_was_made() -> None:
    for name, row in compat.read_table().items():
        assert "no" not in row.values(), name
        assert row["commit"], name
        assert row["date"], name


def test_a_failure_is_told_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(subject: checks.Subject) -> bool:
        raise RuntimeError("not\ntoday")

    monkeypatch.setattr(compat, "CHECKS", {"order": lambda subject: True, "export": fails, "copies": lambda _: False})
    row = compat.check("tin-resnet_tiny", "abc")
    assert (row["order"], row["export"], row["copies"]) == ("changes", "no", "no")
    assert (row["remark"], row["clip"], row["commit"]) == ("export: RuntimeError: not today ", "8x32", "abc")
    assert compat.check("nothing", "abc")["remark"].startswith("ModelError: No model is called")


def test_what_is_wrong_is_found() -> None:
    """The checks themselves can fail."""
    tin, tsm = checks.subject("tin-resnet_tiny"), checks.subject("tsm-resnet_tiny")
    assert not checks.takes_other(checks.Subject("tin-resnet_tiny", tsm.network, tsm.spec), "frames")
    assert checks.tells_order(tin)
    dead = next(module for module in tsm.network.modules() if isinstance(module, nn.BatchNorm3d))
    dead.weight.requires_grad_(False)
    assert checks.without_gradient(tsm) == [key for key, part in tsm.network.named_parameters() if part is dead.weight]
