"""What YAML or a person wrote, as values of the types that a recipe's fields have."""

from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from kinema.data.transforms import Augment
from kinema.errors import RunError, nearest
from kinema.models.clip import parse_size

LISTS = ("milestones", "mean", "std", "flow_unit")
WORDS = {str: "text", bool: "true or false", tuple: "a list", dict: "values by name", Augment: "values by name"}


def typed(name: str, value: Any, asked: Any, source: str) -> Any:
    """A value as it was written, in the type `asked` of a field: "1e-3" is text to YAML 1.1, and 1 is no 1.0."""
    kinds = get_args(asked) if isinstance(asked, UnionType) else (asked,)
    value = str(value) if name == "precision" else value
    if value is None and NoneType in kinds:
        return None
    if name in ("size", "resize") and isinstance(value, str):
        return parse_size(value)
    if isinstance(value, (list, tuple)) and name in LISTS:
        return tuple(typed(name, each, float, source) for each in value)
    if isinstance(value, (list, tuple)) and name in ("size", "resize") and len(value) == 2:
        return tuple(value)
    number = next((kind for kind in (float, int) if kind in kinds), None)
    if number is None:
        kind = get_origin(kinds[0]) or kinds[0]
        if not isinstance(value, kind) and not (kind is Augment and isinstance(value, dict)):
            raise RunError(f"{source} has {name} {value!r}; expected {WORDS[kind]}.")
        return value
    try:
        found = number(value)
    except (TypeError, ValueError):
        found = None
    if found is None or isinstance(value, bool) or found != float(value):
        raise RunError(f"{source} has {name} {value!r}; expected {'a' if number is float else 'a whole'} number.")
    return found


def augment_of(values: dict[str, Any], source: str) -> Augment:
    """The augmentation of plain values by name."""
    known = {f.name for f in fields(Augment)}
    for name in values:
        if name not in known:
            raise RunError(f"{source} has the unknown augmentation {name!r}.{nearest(name, known)}")
    plain: dict[str, Any] = {}
    for name, value in values.items():
        asked = Augment.__annotations__[name]
        if get_origin(asked) is not tuple:
            plain[name] = typed(name, value, asked, source)
        elif isinstance(value, list | tuple) and len(value) == len(get_args(asked)):
            plain[name] = tuple(typed(name, each, float, source) for each in value)
        else:
            raise RunError(f"{source} has {name} {value!r}; expected {len(get_args(asked))} numbers in a list.")
    return Augment(**plain)
