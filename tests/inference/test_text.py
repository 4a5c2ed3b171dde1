"""Encoders of text and pictures, or videos: tiny ones with random weights, opened as real ones are."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from kinema import Recognizer
from kinema.errors import ModelError
from kinema.inference.text import PREFIX, PROMPT, zero_shot
from tests.cli.test_cli import kinema

transformers = pytest.importorskip("transformers", reason="transformers is not installed")

LABELS = ("rise", "fall", "rest")
TOWER = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
TEXT = {**TOWER, "vocab_size": 60, "max_position_embeddings": 24, "bos_token_id": 0, "eos_token_id": 1,
        "pad_token_id": 1}
VISION = {**TOWER, "image_size": 32, "patch_size": 16}


def saved(folder: Path, model: object) -> str:
    """A model and all that is beside it, as on the Hub; its source."""
    letters = ["<|startoftext|>", "<|endoftext|>", *"abcdefghijklmnopqrstuvwxyz.", *(f"{one}</w>" for one in
                                                                                    "abcdefghijklmnopqrstuvwxyz.")]
    tokenizer = transformers.CLIPTokenizer(vocab={one: number for number, one in enumerate(letters)}, merges=[])
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)  # type: ignore[attr-defined]
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 32}, "do_center_crop": True,
        "crop_size": {"height": 32, "width": 32}, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25]}))
    return f"{PREFIX}{folder}"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of an encoder of text and pictures."""
    torch.manual_seed(0)
    config = transformers.CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=8)
    return saved(tmp_path_factory.mktemp("clip"), transformers.CLIPModel(config))


def moving() -> np.ndarray:
    """A second of a bright square that moves."""
    frames = np.full((25, 48, 48, 3), 40, np.uint8)
    for k in range(25):
        frames[k, 8:20, k:k + 12] = (250, 200, 80)
    return frames


@pytest.mark.slow
def test_logits_are_those_of_the_encoder_itself(pictures: str) -> None:
    network = zero_shot(pictures, LABELS)
    assert network.labels == LABELS
    assert network.clip.mean == (0.5, 0.5, 0.5)
    assert (network.clip.height, network.clip.resize) == (32, 32)
    folder = pictures.removeprefix(PREFIX)
    model = transformers.AutoModel.from_pretrained(folder)
    words = transformers.AutoTokenizer.from_pretrained(folder)(
        [PROMPT.format(label) for label in LABELS], padding=True, return_tensors="pt")
    picture_1CHW = torch.randn(1, 3, 32, 32)
    still_NCTHW = picture_1CHW[:, :, None].expand(-1, -1, network.clip.frames, -1, -1)
    with torch.inference_mode():
        expected = model(pixel_values=picture_1CHW, **words).logits_per_image
        torch.testing.assert_close(network(still_NCTHW), expected, atol=1e-4, rtol=1e-4)


def test_videos_are_told_by_labels_that_nobody_trained_for(pictures: str) -> None:
    result = Recognizer(zero_shot(pictures, LABELS), device="cpu")(moving())
    assert {label for label, _ in result.top} == {*LABELS}
    assert sum(score for _, score in result.top) == pytest.approx(1)


def test_an_encoder_of_videos_sees_all_frames_at_once(tmp_path: Path) -> None:
    vision = {**VISION, "num_frames": 4, "mit_hidden_size": 8, "mit_intermediate_size": 16, "mit_num_hidden_layers": 1,
              "mit_num_attention_heads": 2}
    config = transformers.XCLIPConfig(text_config=TEXT, vision_config=vision, projection_dim=8, prompt_layers=1,
                                      prompt_num_attention_heads=2)
    network = zero_shot(saved(tmp_path, transformers.XCLIPModel(config)), LABELS)
    clip_NCTHW = torch.randn(2, *network.clip.shape_CTHW)
    assert network.clip.frames == 4
    with torch.inference_mode():
        features_ND = network.features(clip_NCTHW)
        assert network(clip_NCTHW).shape == (2, 3)
        assert not torch.allclose(features_ND, network.features(clip_NCTHW.flip(2)), atol=1e-6)
    torch.testing.assert_close(features_ND.norm(dim=1), torch.ones(2))


def test_what_is_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot open"):
        zero_shot(f"{PREFIX}{tmp_path}", LABELS)
    with pytest.raises(ModelError, match="is no encoder"):
        zero_shot("runs/first", LABELS)
    tower = transformers.CLIPVisionModel(transformers.CLIPVisionConfig(**VISION))
    with pytest.raises(ModelError, match="not an encoder"):
        zero_shot(saved(tmp_path, tower), LABELS)


@pytest.mark.parametrize(("name", "reason"), [
    ("nobody/nothing", "nobody/nothing is not in the cache (.*), and could not be fetched from http://127.0.0.1:9: "),
    ("runs/no/such/folder", "runs/no/such/folder is neither a folder nor a model's id on the Hub")])
def test_what_cannot_be_fetched_is_told_soon(name: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.delenv("KINEMA_OFFLINE", raising=False)
    began = time.monotonic()
    with pytest.raises(ModelError, match=rf"{reason}.*Name the folder of an encoder instead") as told:
        zero_shot(f"{PREFIX}{name}", LABELS)
    assert time.monotonic() - began < 10
    assert "\n" not in str(told.value)
    monkeypatch.setenv("KINEMA_OFFLINE", "1")
    with pytest.raises(ModelError, match="KINEMA_OFFLINE=1 forbids to fetch it"):
        zero_shot(f"{PREFIX}nobody/nothing", LABELS)


@pytest.mark.slow
def test_the_command_line(pictures: str, motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb", reason="duckdb is not installed")
    videos = sorted(motion.rglob("*.mp4"))[:4]
    found = json.loads(kinema("recognize", "--labels", "up,down", "--weights", pictures, videos[0], "--json"))
    assert {one["label"] for one in found[0]["top"]} == {"up", "down"}
    assert "no labels of its own" in kinema("recognize", "--weights", pictures, videos[0], code=1)
    (tmp_path / "list.txt").write_text("\n".join(map(str, videos)))
    given = ("archive", "index", "--weights", pictures, tmp_path / "list.txt", "--out", tmp_path / "index",
             "--processes", "1")
    assert "no labels, so there is nothing to keep" in kinema(*given, code=1)
    folder = Path(pictures.removeprefix(PREFIX))
    with monkeypatch.context() as elsewhere:
        elsewhere.chdir(folder.parent)
        kinema(*given[:3], f"{PREFIX}{folder.name}", *given[4:], "--embeddings")
    assert "has no labels; index the videos with --labels" in kinema("archive", "search", tmp_path / "index", "up",
                                                                     code=1)
    like = json.loads(kinema("archive", "like", tmp_path / "index", "--text", "a thing moves", "--json"))
    assert {one["video"] for one in like} == {str(path) for path in videos}
    best = json.loads(kinema("archive", "like", tmp_path / "index", videos[2], "--json"))[0]
    assert best["video"] == str(videos[2])
    assert best["score"] == pytest.approx(1, abs=1e-4)
