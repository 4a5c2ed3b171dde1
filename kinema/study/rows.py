"""The rows of a study's table: a run's results under its protocols, for groups of classes and numbers of clips too."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from numbers import Real
from pathlib import Path
from typing import Any

from kinema.evaluation.protocols import Protocol, find_protocol
from kinema.files import write_atomic
from kinema.recipe import Recipe
from kinema.runs import Run
from kinema.study.results import parts_of, short

Row = dict[str, Any]
Groups = Mapping[str, tuple[str, ...]]  # classes by the name of their group
TEST = "test"
TABLE, TIMED, GROUPS = "results", "latency.json", "groups.json"


def rows_of(recipe: Recipe, protocols: Sequence[str], groups: Groups, side: str = TEST) -> list[Row] | None:
    """The rows of a run's results under all protocols; None where it is not judged by all of them yet.

    A protocol of several clips gives a row for each smaller number of clips too.
    """
    if not all(result_of(recipe, name, side).is_file() for name in protocols):
        return None
    return [row for name in protocols for row in judged(recipe, name, groups, side, protocols)]


def result_of(recipe: Recipe, protocol: str, side: str = TEST) -> Path:
    """Where the result of a run under a protocol is written."""
    return Path(recipe.out) / "evaluation" / f"{side}{find_protocol(protocol).suffix}.json"


def judged(recipe: Recipe, name: str, groups: Groups, side: str, others: Sequence[str]) -> list[Row]:
    """The rows of one protocol's answers."""
    from kinema.evaluation.predictions import Predictions

    path, protocol = result_of(recipe, name, side), find_protocol(name)
    facts = json.loads(path.read_text(encoding="utf-8"))
    said = {**values_of(recipe, facts), "side": side}
    interval = facts["intervals"]["top1"]
    rows = [{**said, "classes": "", "protocol": name, "views": facts["views"], "clips": facts["n"],
             "top1": 100 * facts["top1"], "top1_low": 100 * interval[0], "top1_high": 100 * interval[1],
             "top5": 100 * facts["top5"]}]
    if not groups and protocol.clips == 1:
        return rows
    answers = Predictions.load(path.with_suffix(".npz"))
    views = {replace(protocol, clips=count).name: count for count in range(1, protocol.clips)}
    named = {find_protocol(other) for other in others}
    for fewer, count in [*views.items(), (name, protocol.clips)]:
        if count < protocol.clips and replace(protocol, clips=count) in named:
            continue
        kept = of_clips(answers, protocol, count)
        for group, labels in [("", answers.labels), *groups.items()]:
            if (group or count < protocol.clips) and (found := of_classes(kept, labels)) is not None:
                rows.append({**said, "classes": group, "protocol": fewer, "views": kept.views, **scores(found)})
    return rows


def values_of(recipe: Recipe, facts: Row) -> Row:
    """All that a recipe says, as plain values, and what its network is and costs."""
    plain = {name: value if isinstance(value, int | float | str | bool | None) else json.dumps(value, default=str)
             for name, value in asdict(recipe).items() if name != "out"}
    timed = Path(recipe.out) / TIMED
    flow = 1000 * facts.get("flow_seconds_per_clip", 0.0)
    return {**plain, **parts_of(recipe.model), "pretrained": pretrained(recipe), "gmacs": facts["gmacs_per_view"],
            "parameters": facts["parameters"], "seconds": facts["seconds"],
            "milliseconds": flow + json.loads(timed.read_text("utf-8"))["milliseconds"] if timed.is_file() else None,
            "run": recipe.out}


def pretrained(recipe: Recipe) -> str:
    """What other data the weights that a run starts from were trained on; "" where on none.

    Where they were trained on the same data, as with fewer frames, it is what those weights started from.
    """
    if not recipe.start:
        return ""
    if not (Path(recipe.start) / "run.json").is_file():
        return Path(recipe.start).stem
    run = Run.open(recipe.start)
    if run.adopted:
        return Path(run.adopted).stem
    before = run.recipe
    return pretrained(before) if short(before.data) == short(recipe.data) else short(before.data)


def labels_of(run: str) -> dict[str, list[str]]:
    """The groups of classes that the study of a run counts apart."""
    path = Path(run).parent / GROUPS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def of_clips(answers: Any, protocol: Protocol, count: int) -> Any:
    """The answers to so many of a protocol's clips in time, evenly spread, all crops of each."""
    from kinema.evaluation.by_clips import spread

    if count == protocol.clips:
        return answers
    logits_NTPK = answers.logits_NVK.reshape(len(answers), protocol.clips, protocol.crops, -1)
    kept = logits_NTPK[:, spread(protocol.clips, count)]
    return replace(answers, logits_NVK=kept.reshape(len(answers), count * protocol.crops, -1))


def of_classes(answers: Any, labels: Sequence[str]) -> Any:
    """The answers to clips of some classes, which may still be any class; None where there is no such clip."""
    import numpy as np

    if answers.multi_label:
        return None
    wanted = {answers.labels.index(label) for label in labels if label in answers.labels}
    kept = np.flatnonzero(np.isin(answers.targets, sorted(wanted)))
    if not len(kept):
        return None
    parts = {name: tuple(values[place] for place in kept) for name in ("paths", "sources", "parts")
             if (values := getattr(answers, name)) is not None}
    return replace(answers, logits_NVK=answers.logits_NVK[kept], targets=answers.targets[kept], **parts)


def scores(answers: Any) -> Row:
    """The accuracies of answers, in percent."""
    import numpy as np

    from kinema.evaluation.intervals import groups_of, proportion, resampled_sums
    from kinema.evaluation.metrics import hits_N

    scores_NK = answers.scores_NK()
    right_N, near_N = (hits_N(scores_NK, answers.targets, top) for top in (1, 5))
    groups_N = groups_of(len(answers), answers.sources)
    sums_B2 = resampled_sums(np.stack([right_N, np.ones(len(right_N))], 1), groups_N)
    top1 = proportion(float(right_N.mean()), sums_B2[:, 0] / sums_B2[:, 1], len(np.unique(groups_N)))
    return {"clips": len(answers), "top1": 100 * top1.value, "top1_low": 100 * top1.low,
            "top1_high": 100 * top1.high, "top5": 100 * float(near_N.mean())}


def write_table(rows: list[Row], out: Path) -> None:
    """Write rows as one tidy table, results.csv and, where pyarrow is there, results.parquet.

    A column of numbers and text is text in the latter, whose columns have one type each.
    """
    import csv

    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))

    def as_csv(path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)

    write_atomic(out / f"{TABLE}.csv", as_csv)
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        (out / f"{TABLE}.parquet").unlink(missing_ok=True)  # of fewer runs
        return
    table = pyarrow.table({name: column([row.get(name) for row in rows]) for name in names})
    write_atomic(out / f"{TABLE}.parquet", lambda path: pyarrow.parquet.write_table(table, path))


def column(values: Sequence[Any]) -> list[Any]:
    """A column's values in one type: text, where they are not all of one kind."""
    kinds = {float if isinstance(value, Real) and not isinstance(value, bool) else type(value)  # NumPy's numbers too
             for value in values if value is not None}
    return [value if value is None else str(value) for value in values] if len(kinds) > 1 else list(values)
