"""What weights say of their network and its clips, for another training that starts from them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kinema.models.clip import ClipSpec
from kinema.models.names import meant
from kinema.models.published import PUBLISHED
from kinema.weights.catalogue import find_checkpoint
from kinema.weights.identify import shown
from kinema.weights.possible import possible
from kinema.weights.pretrained import file_of, is_checkpoint
from kinema.weights.read import Source, read_weights
from kinema.weights.save import described
from kinema.weights.translate import translate, unwrapped, zoo_of
from kinema.weights.zoos.looks import seen_by


@dataclass(frozen=True)
class Shown:
    """The options of the network, as `create_model` takes them, and its clip in the colours that it was shown."""

    options: Mapping[str, Any]
    clip: ClipSpec


def shown_by(source: Source, model: str, clip: ClipSpec, told: Mapping[str, Any]) -> Shown:
    """What a run, a file or a checkpoint's id says of the network called `model`; of another one, its colours alone.

    A file of kinema's says it itself, the catalogue says it of a checkpoint, and of other files names and shapes do, as
    far as they can: what they leave open is as usual. `clip` and the options `told` decide between several networks.
    """
    row = None
    if isinstance(source, str) and not Path(source).exists() and is_checkpoint(source):
        row = find_checkpoint(source)
    path = file_of(source) if isinstance(source, str) else source
    if facts := described(path):
        own = ClipSpec.from_dict(facts["clip"])
        return Shown(options_of(facts["name"], facts["options"], model), in_colours(clip, own))
    weights = unwrapped(read_weights(path))
    if (zoo := zoo_of(weights)) is None:
        return Shown({}, clip)  # an image network's
    translated = translate(weights)
    given = options_of(row.model, row.options, model) if row else {}
    found = shown(possible(translated), translated, model, {"clip": clip, **given, **told})
    return Shown({**found, **given}, in_colours(clip, row.spec) if row else seen_by(zoo.name, clip, model))


def options_of(name: str, options: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The options of a network that was called `name`, for the one called `model`; none where that is another one."""
    if meant(name) != meant(model):
        return {}
    return {**(PUBLISHED[name].options if name in PUBLISHED and name != model else {}), **options}


def in_colours(clip: ClipSpec, of: ClipSpec) -> ClipSpec:
    """A clip with the colours of another one, and with its way to tell flow."""
    return replace(clip, mean=of.mean, std=of.std, order=of.order, flow=of.flow, flow_bound=of.flow_bound,
                   flow_unit=of.flow_unit, flow_centred=of.flow_centred)
