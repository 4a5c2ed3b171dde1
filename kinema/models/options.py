"""Options by name, given to the parts of a network that they belong to."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from kinema.errors import ModelError, nearest
from kinema.models.clip import ClipSpec

NOT_OPTIONS = ("causal", "plan")  # what every part is given anyway


def shared_out(
    name: str, options: Mapping[str, Any], parts: Mapping[str, Callable[..., Any]]
) -> dict[str, dict[str, Any]]:
    """For each of the `parts` of the network called `name`, those of the `options` that are its own.

    A part's options are the arguments it is made with. Raises ModelError for an option of no part, or of a wrong type.
    """
    usual = {part: usual_values(build) for part, build in parts.items()}
    for option, value in options.items():
        owners = [part for part, values in usual.items() if option in values]
        if not owners:
            have = "; ".join(f"{part} has {', '.join(sorted(values)) or 'none'}" for part, values in usual.items())
            close = nearest(option, chain(*usual.values()))
            if option in ClipSpec.__dataclass_fields__ or option == "size":
                close = " Nearest: clip=ClipSpec(frames, height, width, ...), which says what clips it expects."
            raise ModelError(f"{name} has no option {option!r}.{close} Of its parts, {have}.")
        check_type(name, option, value, usual[owners[0]][option])
    values = {option: tuple(value) if isinstance(value, list) else value for option, value in options.items()}
    return {part: {option: values[option] for option in values.keys() & own.keys()} for part, own in usual.items()}


def usual_values(build: Callable[..., Any]) -> dict[str, Any]:
    """The options that something is made with, and their usual values."""
    parameters = inspect.signature(build).parameters.values()
    return {p.name: p.default for p in parameters if p.name not in NOT_OPTIONS and p.default is not p.empty}


def check_type(name: str, option: str, value: Any, usual: Any) -> None:
    """Raise ModelError where an option is not of the type of its usual value."""
    expected = {bool: "true or false", int: "a whole number", float: "a number", str: "a word", tuple: "a list"}
    kinds = {float: (float, int), tuple: (tuple, list)}.get(type(usual), (type(usual),))
    if type(usual) in expected and type(value) not in kinds:
        raise ModelError(f"{name}: the option {option} is {value!r}; expected {expected[type(usual)]}.")


def at_least(owner: str, least: int, usual: str = "", /, **values: int) -> None:
    """Raise ModelError where one of the options of a part, by name, is less than the `least` that makes sense."""
    for option, value in values.items():
        if value < least:
            hint = f" ({usual})" if usual else ""
            raise ModelError(f"{owner}'s {option} is {value}; it must be {least} or more{hint}.")


def choose(option: str, value: Any, known: Iterable[str]) -> None:
    """Raise ModelError where an option is not one of the words that are `known`."""
    if value not in known:
        raise ModelError(f"{option}={value!r} is unknown; it must be one of {', '.join(known)}."
                         f"{nearest(str(value), known)}")
