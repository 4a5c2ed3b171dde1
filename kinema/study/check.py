"""What is certain to fail in a study, told before its first run."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from kinema.data.clips import ClipTable, check_root, read_table
from kinema.data.formats import recognise
from kinema.data.splits import split_table
from kinema.errors import KinemaError, RunError, nearest
from kinema.models.names import parse
from kinema.models.parts import freeze
from kinema.recipe import Recipe
from kinema.runs import Run, build_network
from kinema.study.grid import Study
from kinema.weights.pretrained import find_source


def check(study: Study, left: Sequence[Recipe]) -> None:
    """RunError where runs that are not finished, `left`, name a network, its options (unless it starts from weights,
    which may say more of them), data, a split or weights that are not there, or a group of the study a class that none
    of the data has, or where the runs would stand among clips. Runs that were begun are as they were then."""
    tables, seen = cache(table_of), set[Any]()
    left = [recipe for recipe in left if not (Path(recipe.out) / "run.json").is_file()]  # others need no list any more
    wrong = {recipe.out: problem for recipe in left if (problem := problem_of(recipe, tables, seen, study))}
    if wrong:
        each = dict.fromkeys(wrong.values())
        raise RunError(f"{len(wrong)} of the study's {len(study.recipes)} runs cannot be trained, so none was begun: "
                       + " ".join([*each][:5]) + (f" And {len(each) - 5} more." if len(each) > 5 else ""))
    for recipe in left:
        inside = Path(recipe.out).resolve().is_relative_to(Path(recipe.data).resolve())
        if inside and (recipe.format or recognise(Path(recipe.data))) == "folder":
            raise RunError(f"The study's folder {Path(recipe.out).parent} is in {recipe.data}, whose folders are those "
                           "of classes; choose another one with --out.")
    new = {recipe.out for recipe in left}
    begun = [recipe.out for recipe in study.recipes if recipe.out not in new]
    if not study.groups or not all((Path(out) / "run.json").is_file() for out in begun):  # only results were kept
        return
    known = {label for recipe in left for label in tables(*data_of(recipe)).labels}
    known |= {label for out in begun for label in Run.open(out).labels}
    for group, labels in study.groups.items():
        for label in labels:
            if label not in known:
                raise RunError(f"The group {group} has the class {label!r}, which none of the study's data has."
                               f"{nearest(label, known)}")


def data_of(recipe: Recipe) -> tuple[str, str | None, str | None]:
    """Where a recipe's clips are, and how their list is read."""
    return recipe.data, recipe.format, recipe.root


def table_of(data: str, format: str | None, root: str | None) -> ClipTable:
    """The clips of a recipe."""
    check_root(root)
    return read_table(data, format=format, root=root)


def problem_of(recipe: Recipe, tables: Callable[..., ClipTable], seen: set[Any], study: Study) -> str:
    """What is wrong with a run, "" where nothing is known to be.

    What is `seen` to be right is not looked at again for another seed: lists may be long, and networks large.
    """
    try:
        parse(recipe.model)
        table, split = tables(*data_of(recipe)), (*data_of(recipe), recipe.split, recipe.validation)
        if split not in seen:
            split_table(table, recipe.split, recipe.seed, recipe.validation)
            seen.add(split)
        runs = {one.out for one in study.recipes}
        for source in (recipe.start, recipe.distil):
            if source and source not in runs:
                find_source(source)
        network = str({**recipe.to_dict(), "seed": None, "out": None})
        if not recipe.start and network not in seen:  # what it starts from may say more of it
            with torch.device("meta"):
                freeze(build_network(recipe, table.labels), recipe.frozen)
            seen.add(network)
    except KinemaError as error:
        return str(error)
    return ""
