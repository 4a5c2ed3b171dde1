"""Tables of results, own and published: a row a network on a data set."""

import csv
import json
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from kinema.errors import DataError, ModelError, nearest
from kinema.evaluation.protocols import find_protocol

CALLED = {  # what published tables call a column, and what it is called here
    "dataset": "data", "accuracy": "top1", "params": "parameters", "gflops": "gmacs", "temporal_pooling": "tp",
    "pretrain": "pretrained", "pretraining": "pretrained",
}
ACCURACY, TP = ("top1", "accuracy"), {"tp", "temporal_pooling"}
PERCENT = ("top1", "top5")
WHOLE, REAL = ("frames", "parameters", "seed", "views"), (*PERCENT, "gmacs", "milliseconds")  # numbers
NEEDED = ("data", "module", "backbone", "tp", "frames", "top1")
GIGA = 1e9
YES = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Result:
    """How well a network does on a data set: `top1` and `top5` in percent, `gmacs` billions of multiply-adds a clip.

    `tp` says whether frames are pooled between stages, `sampling` how a clip's frames were taken ("" where a table does
    not say), `views` how many clips and crops of a video were averaged, `classes` the group of classes that is counted
    ("" all), `where` and `options` what of the network was changed, `pretrained` the data that its weights knew before,
    `milliseconds` the time of a clip on one thread, its flow too. `run` is the folder that holds the answers. Rows that
    differ in their `seed` alone are repetitions.
    """

    data: str
    module: str
    backbone: str
    tp: bool
    frames: int
    top1: float
    top5: float | None = None
    gmacs: float | None = None
    parameters: int | None = None
    sampling: str = ""
    seed: int | None = None
    classes: str = ""
    protocol: str = "1x1"
    views: int = 1
    where: str = "all"
    options: str = ""
    input: str = "rgb"
    pretrained: str = ""
    milliseconds: float | None = None
    run: str = ""

    @property
    def network(self) -> str:
        """The network's name, with what was changed in it."""
        name = self.backbone if self.module == self.backbone else f"{self.module}-{self.backbone}"
        changed = [f"{key}={value}" for key, value in self.changes.items() if not isinstance(value, list)]
        return " ".join([name + "-tp" * self.tp, *([self.where] if self.where != "all" else []), *changed])

    @property
    def changes(self) -> dict[str, Any]:
        """The network's own options."""
        return dict(json.loads(self.options)) if self.options else {}

    @property
    def pixels(self) -> int | None:
        """The size of the clips that were judged, where that was not the size of training."""
        try:
            return find_protocol(self.protocol).size
        except DataError:  # a published table may call it anything
            return None

    @property
    def total(self) -> float | None:
        """Billions of multiply-adds of all views of a video."""
        return None if self.gmacs is None else self.gmacs * self.views


def read_results(path: str | Path, tell: Callable[[str], object] = warnings.warn) -> list[Result]:
    """The rows of a .json, .csv or .parquet file, with the columns of a `Result` or their usual other names.

    A column `model` may stand for module, backbone and tp, `flops` (multiply-adds) for gmacs. Accuracies that are all
    at most 1 are taken for shares. Rows without an accuracy are passed over; `tell` is called with how many those are.
    Raises DataError for what is no such table.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} does not exist; expected a table of results: .json, .csv or .parquet.")
    try:
        rows = list(raw_rows(path))
    except (ValueError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a table of results: {error}.") from error
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise DataError(f"{path} holds no rows of results; expected a list of values by name.")
    whole = {number: row for number, row in enumerate(rows, 1)
             if not any(blank(row[name]) for name in ACCURACY if name in row)}
    if len(whole) < len(rows):
        tell(f"{path}: {len(rows) - len(whole)} of {len(rows)} rows have no accuracy and are passed over.")
    if not whole:
        raise DataError(f"No row of {path} has an accuracy.")
    results = []
    for number, row in whole.items():
        try:
            results.append(result_of(row))
        except (ModelError, DataError, ValueError, TypeError) as error:
            raise DataError(f"{path}, row {number}: {error}") from error
    shares = max(result.top1 for result in results) <= 1
    return [in_percent(result) for result in results] if shares else results


def blank(value: Any) -> bool:
    """Is a cell empty?"""
    return value is None or value != value or str(value).strip().lower() in ("", "-", "nan")


def raw_rows(path: Path) -> Iterable[Any]:
    """The rows of a file as values by name, as they stand there."""
    if path.suffix == ".parquet":
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise DataError(f"{path} is read by pyarrow: pip install 'kinema[parquet]'.") from error
        return pyarrow.parquet.read_table(path).to_pylist()
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        return csv.DictReader(text.splitlines())
    if path.suffix == ".json":
        return json.loads(text)
    raise DataError(f"{path} is none of .json, .csv and .parquet.")


def result_of(row: Mapping[str, Any]) -> Result:
    """A row, with its columns under their names here."""
    found = {CALLED.get(key, key): value for key, value in row.items() if not blank(value)}
    if "tp" not in found and TP & row.keys():
        found["tp"] = False  # an empty cell
    if "flops" in found and "gmacs" not in found:
        found["gmacs"] = typed("gmacs", found["flops"]) / GIGA
    if "model" in found and "module" not in found:
        found |= parts_of(str(found["model"]))
    missing = [name for name in NEEDED if name not in found]
    if missing:
        close = nearest(missing[0], row)
        raise DataError(f"A row has no {missing[0]!r}; its columns are {', '.join(map(str, row))}.{close}")
    return Result(**{field.name: typed(field.name, found[field.name]) for field in fields(Result)
                     if field.name in found})


def parts_of(model: str) -> dict[str, Any]:
    """The module, the backbone and the pooling that a network's name says."""
    from kinema.models.names import parse

    modules, backbone, tp = parse(model)
    return {"module": "+".join(modules) or backbone, "backbone": backbone, "tp": tp}


def typed(name: str, value: Any) -> Any:
    """A value of a column, whatever a file holds it as."""
    if name in ("module", "backbone"):
        return re.sub(r"(?<=[a-z])(?=V\d)", "_", str(value)).lower().replace("-", "_")
    if name == "tp":
        if str(value).lower() not in YES:
            raise DataError(f"tp is {value!r}; expected true or false")
        return YES[str(value).lower()]
    if name == "options":
        return "" if value in ({}, "{}") else json.dumps(value) if isinstance(value, Mapping) else str(value)
    if name not in WHOLE + REAL:
        return str(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise DataError(f"{name} is {value!r}; expected a number.") from None
    if name in PERCENT and not 0 <= number <= 100:
        raise DataError(f"{name} is {value}; expected a percentage, or a share of 1.")
    return int(number) if name in WHOLE else number


def in_percent(result: Result) -> Result:
    """A result whose accuracies are shares of 1, in percent."""
    return replace(result, top1=100 * result.top1, top5=None if result.top5 is None else 100 * result.top5)


def short(data: str) -> str:
    """A data set's name, without its folder and the ending of a list."""
    name = data.rstrip("/").rpartition("/")[2]
    return name.rpartition(".")[0] if name.endswith((".csv", ".json", ".txt")) else name


def usual(results: Iterable[Result]) -> list[Result]:
    """The rows that compare networks as they are: all classes, nothing changed, one view, the usual kind of clip.

    Of a data set without rows of one view, those of the views that most have; of samplings, the one that most have and
    what no sampling is told of.
    """
    plain = [one for one in results if not one.classes and one.where == "all" and not one.options
             and one.input == "rgb"]
    kept = []
    for data in dict.fromkeys(one.data for one in plain):
        rows = [one for one in plain if one.data == data]
        counts = Counter(one.views for one in rows)
        rows = [one for one in rows if one.views == (1 if 1 in counts else counts.most_common(1)[0][0])]
        named = Counter(one.sampling for one in rows if one.sampling).most_common(1)
        kept += [one for one in rows if not one.sampling or one.sampling == named[0][0]]
    return one_protocol(kept)


def one_protocol(results: Iterable[Result]) -> list[Result]:
    """Of rows that are alike but for how a video's views were taken, those of the first way."""
    first: dict[tuple[Any, ...], str] = {}
    return [one for one in results if one.protocol == first.setdefault(
        (one.data, one.network, one.frames, one.sampling, one.input, one.classes, one.views), one.protocol)]
