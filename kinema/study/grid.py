"""A study as a list of recipes, written down as a grid in YAML or made by a Python file.

base        a recipe's values, or the path of a recipe (from the study's own folder)
vary        values by field, each a list: their product; or a list of such grids, which may say `evaluate` too, and a
            `base`, or several, in place of the study's
evaluate    the protocols that each run is judged by, such as 1x1 and 3x10 (the first counts)
groups      classes by the name of a group, whose accuracy is a row of its own

A `start` that is a mapping names another run of the study by what it has otherwise: {frames: 8}. A Python file defines
`recipes`, a list of `kinema.Recipe` (one may be another one's `start`), and if it likes `evaluate` and `groups`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product
from pathlib import Path
from runpy import run_path
from typing import Any

from kinema.errors import RunError, nearest
from kinema.evaluation.protocols import Protocol, find_protocol
from kinema.recipe import Recipe, filled, read_values

SCHEDULE = ("epochs", "schedule", "batch", "milestones", "lr", "warmup")  # follows from what a network starts from
FIELDS = ("base", "vary", "evaluate", "groups")
Asked = tuple[dict[str, Any], Any, tuple[str, ...]]  # a recipe's values, what it starts from, and its protocols


@dataclass(frozen=True)
class Study:
    """Recipes, each with the folder of its run, those that others start from first, and the protocols' names.

    `further` has the protocols of the runs that have others, by their folder; `groups` classes by the group's name.
    side: the clips of a run that it is judged on, "test" or, to choose among runs, "validation".
    """

    recipes: tuple[Recipe, ...]
    protocols: tuple[str, ...]
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    side: str = "test"

    def protocols_of(self, recipe: Recipe) -> tuple[str, ...]:
        """The protocols that a run is judged by."""
        return self.further.get(recipe.out, self.protocols)


def read_study(path: str | Path, out: str | Path) -> Study:
    """The study of a .yaml or .py file, with its runs in the folder `out`; RunError where it cannot be one."""
    path = Path(path)
    if not path.is_file():
        raise RunError(f"There is no study {path}; expected a .yaml or a .py file.")
    facts = from_python(path) if path.suffix == ".py" else from_yaml(path)
    recipes, groups = facts["recipes"], facts["groups"]
    for protocols in (facts["evaluate"], *(protocols for _, _, protocols in recipes)):
        if not isinstance(protocols, list | tuple) or not all(isinstance(name, str) for name in protocols):
            raise RunError(f"In the study {path} evaluate is {protocols!r}; expected a list of protocols such as 3x10.")
        for protocol in protocols:
            find_protocol(protocol)
    if not recipes:
        raise RunError(f"The study {path} holds no recipes.")
    if not isinstance(groups, Mapping) or not all(isinstance(labels, list | tuple) for labels in groups.values()):
        raise RunError(f"In the study {path} groups is {groups!r}; expected lists of classes by the group's name.")
    made = placed(recipes, Path(out))
    usual = each_once(facts["evaluate"])
    further: dict[str, tuple[str, ...]] = {}
    for recipe, (_, _, protocols) in zip(made, recipes, strict=True):
        further[recipe.out] = each_once((*further.get(recipe.out, usual), *protocols))
    each = list({recipe.out: recipe for recipe in made}.values())
    return Study(tuple(in_order(each)), usual, {out: found for out, found in further.items() if found != usual},
                 {str(name): tuple(map(str, labels)) for name, labels in groups.items()})


def each_once(protocols: Sequence[str]) -> tuple[str, ...]:
    """Protocols by name, each under the first of its names."""
    found: dict[Protocol, str] = {}
    for name in protocols:
        found.setdefault(find_protocol(name), name)
    return tuple(found.values())


def from_python(path: Path) -> dict[str, Any]:
    """What a Python file defines."""
    found = run_path(str(path))
    recipes = found.get("recipes")
    if not isinstance(recipes, list | tuple) or not all(isinstance(recipe, Recipe) for recipe in recipes):
        raise RunError(f"The study {path} defines no `recipes`; expected a list of kinema.Recipe.")
    return {"recipes": [(values_of(recipe), recipe.start, ()) for recipe in recipes],
            "evaluate": found.get("evaluate", ["1x1"]), "groups": found.get("groups", {})}


def values_of(recipe: Recipe) -> dict[str, Any]:
    """What a recipe says, but for what it starts from, which may be a recipe too, and the folder of its run."""
    return replace(recipe, start=None, out="").to_dict()


def from_yaml(path: Path) -> dict[str, Any]:
    """What a YAML file says."""
    import yaml

    try:
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RunError(f"The study {path} is not YAML: {error}") from error
    if not isinstance(facts, dict):
        raise RunError(f"The study {path} holds no values by name; expected {', '.join(FIELDS)}.")
    if unknown := [name for name in facts if name not in FIELDS]:
        raise RunError(f"The study {path} has the unknown field {unknown[0]!r}.{nearest(unknown[0], FIELDS)} Fields "
                       f"are {', '.join(FIELDS)}.")
    read, grids = cache(read_values), facts.get("vary", {})
    grids = grids if isinstance(grids, list) else [grids]

    def based(base: Any) -> dict[str, Any]:
        if isinstance(base, str):
            return read(path.parent / base)
        if isinstance(base, Mapping):
            return dict(base)
        raise RunError(f"In the study {path} base is {base!r}; expected a recipe's values, or the path of a recipe.")

    recipes: list[Asked] = []
    for grid in grids:
        further = grid.get("evaluate", ()) if isinstance(grid, Mapping) else ()
        for point in points(grid, path):
            each = based(point.pop("base", facts.get("base", {}))) | point
            recipes.append((each, each.get("start"), further))
    return {"recipes": recipes, "evaluate": facts.get("evaluate", ["1x1"]), "groups": facts.get("groups", {})}


def points(grid: Any, path: Path) -> Iterator[dict[str, Any]]:
    """The points of a grid."""
    if not isinstance(grid, Mapping):
        raise RunError(f"In the study {path} vary is {grid!r}; expected lists of values by field.")
    varied = {name: value for name, value in grid.items() if name != "evaluate"}
    lists = [value if isinstance(value, list) else [value] for value in varied.values()]
    for combination in product(*lists):
        yield dict(zip(varied, combination, strict=True))


def placed(asked: list[Asked], out: Path) -> list[Recipe]:
    """Recipes with the folder of each, and what they start from as the folder of another.

    A start that is a mapping is the one run of the study that has what it says, and is else the same but for its
    schedule; of several the one with the same schedule too.
    """
    made = [Recipe.from_dict({"data": "", **values, "out": "", "start": None}, "the study") for values, _, _ in asked]
    said, found = [values_of(one) for one in made], dict[int, Recipe]()

    def place(index: int, waiting: tuple[int, ...] = ()) -> Recipe:
        recipe, start = made[index], asked[index][1]
        if isinstance(start, Recipe | Mapping):
            other = started_from(start, recipe, said, asked)
            if other in (index, *waiting):
                raise RunError("Runs of the study start from each other in a circle.")
            start = place(other, (index, *waiting)).out
        recipe = filled(replace(recipe, start=start))
        found[index] = replace(recipe, out=str(out / name_of(recipe)))
        return found[index]

    return [place(index) for index in range(len(made))]


def started_from(
    start: Recipe | Mapping[str, Any], recipe: Recipe, said: list[dict[str, Any]], asked: list[Asked]
) -> int:
    """Which of the study's recipes another one starts from."""
    if isinstance(start, Recipe):
        same = [number for number, (values, other, _) in enumerate(asked)
                if (values, other) == (values_of(start), start.start)]
        if not same:
            raise RunError(f"A run of {recipe.model} starts from a recipe that is not among the study's.")
        return same[0]
    wanted = values_of(Recipe.from_dict(recipe.to_dict() | dict(start), "the start of a run of the study"))
    free = [name for name in SCHEDULE if name not in start]
    found = [number for number, one in enumerate(said) if alike(one, wanted, free)]
    several = {json.dumps([said[number], asked[number][1]], sort_keys=True, default=str): number for number in found}
    if len(several) > 1:
        several = {key: number for key, number in several.items() if alike(said[number], wanted)} or several
    if not several:
        raise RunError(f"A run of the study starts from one with {dict(start)}, which the study has not.")
    if len(several) > 1:
        those = "; ".join(", ".join(f"{name} {said[number][name]}" for name in SCHEDULE) for number in several.values())
        raise RunError(f"A run of {recipe.model} starts from one with {dict(start)}, and the study has {len(several)} "
                       f"such: {those}. Name one by these.")
    return next(iter(several.values()))


def alike(one: Mapping[str, Any], other: Mapping[str, Any], apart: Sequence[str] = ()) -> bool:
    """Do two recipes say the same, but for the fields `apart`?"""
    return all(one[name] == other[name] for name in one if name not in apart)


def name_of(recipe: Recipe) -> str:
    """The folder of a recipe's run: what it is, and a digest of all that it says.

    What is as usual is not in it, so that a run keeps its name when recipes learn to say more.
    """
    values = unusual({**recipe.to_dict(), "out": ""}, {**Recipe(data="").to_dict(), "out": ""})
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return f"{recipe.model}-{recipe.frames}f-seed{recipe.seed}-{digest}"


def unusual(values: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not as usual, of values by name in them too."""
    return {name: unusual(value, usual[name]) if isinstance(value, dict) and isinstance(usual[name], dict)
            and usual[name] else value for name, value in values.items() if value != usual[name]}


def in_order(recipes: list[Recipe]) -> Iterator[Recipe]:
    """Recipes so that each comes after the one it starts from."""
    left = {recipe.out: recipe for recipe in recipes}
    while left:
        for out in [out for out, recipe in left.items() if recipe.start not in left]:
            yield left.pop(out)
