"""Networks as files of our own: safetensors that say what network they hold, with its clip and labels; and the Hub."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kinema.errors import ModelError
from kinema.files import write_atomic
from kinema.models import ClipSpec, Network, create_model
from kinema.models.names import USUAL
from kinema.weights.download import offline
from kinema.weights.load import load_weights

KEY = "kinema"  # in the header of a file
FILE = "model.safetensors"
NETWORK = ("name", "options", "clip", "labels")  # what makes a network anew
TRAINING = ("clip_seconds", "multi_label")  # how long its training's clips lasted, and whether they had several labels


def description(network: Network) -> dict[str, Any]:
    """What makes a network anew, as plain values: name, options, clip and labels (or their number)."""
    strange = [key for key, value in network.options.items() if callable(value)]
    if strange:
        raise ModelError(f"{network.name} was made with a function as {strange[0]}, which cannot be written down; use "
                         "one of the named rules.")
    return {"name": network.name, "options": network.options, "clip": network.clip.to_dict(),
            "labels": list(network.labels) or network.classes}


def rebuild(facts: dict[str, Any], told: Mapping[str, Any] | None = None) -> Network:
    """The untrained network of a description; what else is `told` of it goes before that."""
    clip = ClipSpec.from_dict(facts["clip"])
    own = {name: tuple(value) if isinstance(value, list) else value for name, value in facts["options"].items()}
    options = {"classes": facts["labels"], "clip": clip, **own, **(told or {})}
    tp = options.pop("tp", facts["name"].endswith("-tp"))
    return create_model(facts["name"].removesuffix("-tp") + "-tp" * bool(tp), **options)


def save_network(network: Network, path: str | Path, training: Mapping[str, Any] | None = None) -> Path:
    """Write a network's weights with its description in the header; `from_checkpoint` gives the network back.

    training: what else is told of it, of TRAINING.
    """
    from safetensors.torch import save_file

    if Path(path).suffix != ".safetensors":
        raise ModelError(f"{path} does not end in .safetensors, as a file of kinema's does.")
    facts = {KEY: json.dumps({**description(network), **(training or {})})}  # one entry: several come in any order
    tensors = {key: value.contiguous().cpu() for key, value in network.state_dict().items()}
    write_atomic(Path(path), lambda out: save_file(tensors, out, metadata=facts))
    return Path(path)


def described(source: Any) -> dict[str, Any] | None:
    """The description in the header of a file, or of a run's folder; None where there is none."""
    from safetensors import SafetensorError, safe_open

    from kinema.runs import WEIGHTS, Run

    if not isinstance(source, str | Path):
        return None
    path = Path(source)
    if path.suffix == ".safetensors" and path.stem in WEIGHTS and (path.parent / "run.json").is_file():
        path = path.parent
    if (path / "run.json").is_file():
        run = Run.open(path)
        own = {name: value for name in ("where", "causal", "pool", "dropout")
               if (value := getattr(run.recipe, name)) != USUAL[name]}
        return {"name": run.recipe.model, "options": {**own, **run.recipe.options}, "clip": run.clip.to_dict(),
                "labels": list(run.labels), **training_of(run.facts)}
    if path.suffix != ".safetensors" or not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(KEY)
    except SafetensorError:
        return None
    return facts_of(text, path) if text else None


def training_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a network's training, of a run's facts or a header's."""
    return {name: facts[name] for name in TRAINING if name in facts}


def facts_of(text: str, path: Path) -> dict[str, Any]:
    """The description that a header holds; ModelError where it is none."""
    try:
        facts = json.loads(text)
        ClipSpec.from_dict(facts["clip"])
        return {**{name: facts[name] for name in NETWORK}, **training_of(facts)}
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The header of {path} does not describe a network as kinema does ({type(error).__name__}: "
                         f"{error}); it was changed, or written by a newer version.") from error


def push_to_hub(
    source: Network | str | Path, repository: str, private: bool = False, licence: str | None = None, **options: Any
) -> str:
    """Upload a network to the Hugging Face Hub as owner/name, with a model card; gives the address.

    source: a network; or a run's folder, whose card tells its data and what `kinema evaluate` measured. licence: of the
    weights, by the Hub's short name (apache-2.0, cc-by-nc-4.0 ...). `options` are `upload_folder`'s.
    """
    from tempfile import TemporaryDirectory

    from kinema.runs import Run
    from kinema.weights.card import card

    run = None if isinstance(source, Network) else Run.open(source)
    network = source if isinstance(source, Network) else Run.open(source).model()
    api = hub().HfApi()
    api.create_repo(repository, private=private, exist_ok=True)
    with TemporaryDirectory() as folder:
        save_network(network, Path(folder) / FILE)
        (Path(folder) / "config.json").write_text(json.dumps(description(network), indent=1), encoding="utf-8")
        (Path(folder) / "README.md").write_text(card(network, repository, run, licence), encoding="utf-8")
        return str(api.upload_folder(repo_id=repository, folder_path=folder, **options))


def from_pretrained(repository: str, **options: Any) -> Network:
    """The network that `push_to_hub` wrote, ready for use; or that of a folder. `options` are `hf_hub_download`'s."""
    local = Path(repository) / FILE
    path = local if local.is_file() else fetched(repository, **options)
    facts = described(path)
    if facts is None:
        raise ModelError(f"{repository} holds no network of kinema's: the header of its {FILE} does not say which.")
    return load_weights(rebuild(facts), path).eval()


def fetched(repository: str, **options: Any) -> Path:
    """The file of a repository of the Hub, from its cache where the user has forbidden to fetch; ModelError if none."""
    if offline():
        options["local_files_only"] = True
    try:
        return Path(hub().hf_hub_download(repository, FILE, **options))
    except ModelError:
        raise
    except Exception as error:  # of the Hub's library, which has many kinds
        why = " ".join(str(error).split())
        raise ModelError(f"{FILE} of {repository} cannot be had from the Hub: {why}") from error


def hub() -> Any:
    """The library of the Hugging Face Hub."""
    try:
        import huggingface_hub
    except ImportError as error:
        raise ModelError("The Hugging Face Hub needs its library: pip install kinema[hub].") from error
    return huggingface_hub
