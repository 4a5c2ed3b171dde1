"""What network weights are of, and that network with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kinema.errors import ModelError
from kinema.models import Network, create_model
from kinema.models.names import expected_clip, meant
from kinema.weights.candidate import Candidate
from kinema.weights.load import load_weights, put
from kinema.weights.possible import apart, fits, guesses, possible
from kinema.weights.read import Source, read_weights
from kinema.weights.save import described, rebuild
from kinema.weights.translate import Translated, listed, translate
from kinema.weights.zoos.looks import seen_by


def identify(source: Source) -> list[Candidate]:
    """The networks that the weights of a file, or of a dict, may be of, the likeliest first.

    A candidate has the name and options for `create_model`, and says which of its options the weights leave `open`.
    None fits when the list is empty. Raises ModelError when the weights are of no known zoo. A file that kinema wrote,
    or a run, says itself what it is.
    """
    if facts := described(source):
        return [Candidate(facts["name"], facts["options"])]
    return possible(translate(read_weights(source)))


def from_checkpoint(source: Source, model: str | None = None, **options: Any) -> Network:
    """The network that weights are of, with these weights, ready for use (in evaluation mode).

    A `source` of several files that each hold a part of the network is a list: [encoder, probe].
    `options` are those of `create_model`, and `tp` (True for a network whose name ends in -tp): needed where the
    weights cannot tell, and then asked for in a ModelError rather than guessed. `model` names the network outright;
    what the weights show of its options need not be said. `classes` may be labels; their number is that of the weights.
    Weights without a classifier get a new one for the `classes` that are then to be told. A file that kinema wrote says
    itself what it holds.
    """
    facts = described(source)
    if facts and meant(model or facts["name"]) == meant(facts["name"]):
        return load_weights(rebuild(facts, options), source, strict="classes" not in options).eval()
    translated = translate(read_weights(source))
    if not translated.classes and not options.get("classes"):
        raise ModelError("These weights have no classifier, so they do not show how many classes there are; pass "
                         "classes=, their number or their labels, and a new one is made.")
    return network_of(translated, model, options, strict=bool(translated.classes))


def network_of(translated: Translated, model: str | None, options: Mapping[str, Any], strict: bool) -> Network:
    """The network that weights under kinema's names are of, with these weights; its classifier is new if not `strict`.

    What is told of it, by name and options, goes before what the weights show. It sees clips as its zoo shows them.
    """
    found, told_clip = possible(translated), "clip" in options
    if not found and not model:
        raise unknown(translated)
    model = model or decide(found, options).model
    classes = options.get("classes") or translated.classes
    options = {**shown(found, translated, model, options), **options, "classes": classes}
    if not told_clip:
        options["clip"] = seen_by(translated.zoo.name, options.get("clip") or expected_clip(model), model)
    if not isinstance(options.get("tp", False), bool):
        raise ModelError(f"tp={options['tp']!r}: expected True or False.")
    if "tp" in options:
        model = model.removesuffix("-tp") + "-tp" * bool(options.pop("tp"))
    return put(create_model(model, **options), translated, strict).eval()


def shown(
    candidates: list[Candidate], translated: Translated, model: str, told: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What weights, which may be of the `candidates`, show of the options of the network of this name, if of it.

    A published name says itself what they leave open. ModelError where they may be of several that are `told` apart by
    nothing.
    """
    found = agreeing(candidates, told)
    alike = [one for one in found if meant(one.model) == meant(model)]
    fitting = (one for one in found if fits(replace(one, model=model), translated.weights, translated.zoo.zeros))
    one = the_only(alike) if alike else next(fitting, Candidate(model))
    unseen = one.open if meant(model) != model else ()
    return {option: value for option, value in one.options.items() if option not in unseen}


def decide(candidates: list[Candidate], told: Mapping[str, Any]) -> Candidate:
    """The one candidate that remains when what was `told` is set; ModelError where the answer would be a guess."""
    candidates = agreeing(candidates, told)
    open_ = [option for option in candidates[0].open if option not in told and not (
        option == "pool" and not told.get("tp"))]  # how to pool matters to those that do
    if "model" in open_:
        raise ModelError(f"These weights are of {candidates[0].model}, or of another network whose weights have the "
                         f"same names and shapes; pass model=, such as model={candidates[0].model!r}.")
    if open_:
        usual = {option: candidates[0].options.get(option) for option in open_}
        known = ", ".join(f"{o}={v!r}" for o, v in usual.items() if v is not None)
        raise ModelError(f"These weights are of {candidates[0].model}, but do not show its {' and '.join(open_)}; "
                         f"pass {', '.join(f'{o}=' for o in open_)} (--option {open_[0]}=...), or the network's name "
                         f"as model= (--model).{f' Usual: {known}.' if known else ''}")
    return the_only(candidates)


def unknown(translated: Translated) -> ModelError:
    """The error for weights of no network known here, with the one that is nearest to them."""
    off = {one.model: names for one in guesses(translated)
           if (names := apart(one, translated.weights, translated.zoo.zeros))}
    near = min(off, key=lambda model: len(off[model]), default="")
    close = f"Nearest: {near}, but for {len(off[near])} of its weights ({listed(off[near])}). " if near else ""
    return ModelError("These weights are of no network known here, or of one with parts that are not known. "
                      f"{close}Name it with model=, and its options.")


def the_only(candidates: list[Candidate]) -> Candidate:
    """The one candidate there is; ModelError where there are several."""
    if any((one.model, one.options) != (candidates[0].model, candidates[0].options) for one in candidates):
        names = ", ".join(f"{one.model} {dict(one.options)}" for one in candidates)
        raise ModelError(f"These weights may be of several networks: {names}. Pass model=, or what they differ in.")
    return candidates[0]


def agreeing(candidates: list[Candidate], told: Mapping[str, Any]) -> list[Candidate]:
    """The candidates that what was `told` does not contradict; all of them where it contradicts each."""
    left = [one for one in candidates if not any(contradicts(told, *option) for option in one.options.items())]
    return left or candidates


def contradicts(told: Mapping[str, Any], option: str, value: Any) -> bool:
    """Was something else told than this value of an option?"""
    clip = told.get("clip")
    if option == "clip":
        return (clip or value).shape_CTHW != value.shape_CTHW or told.get("frames", value.frames) != value.frames
    if option == "frames" and clip and option not in told:
        return clip.frames != value
    other = told.get(option, value)
    return (tuple(other) if isinstance(other, list) else other) != value
