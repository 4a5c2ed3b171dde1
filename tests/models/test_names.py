"""A name says what a network is; what is not a name is told, with the nearest that is."""

import numpy as np
import pytest
import torch

from kinema.errors import ModelError
from kinema.models import ClipSpec, create_model, list_models
from kinema.models.names import BACKBONES
from kinema.models.temporal import MODULES


def test_the_list_is_every_module_with_every_backbone_and_fits_patterns() -> None:
    names = list_models()
    assert len(names) == len(set(names))
    assert {f"{m}-{b}{tp}" for b, row in BACKBONES.items() if row.asks for m in row.modules or MODULES
            for tp in ("", "-tp") if MODULES[m].tp or not tp} <= set(names)
    assert list_models("tam-resnet50*") == ["tam-resnet50", "tam-resnet50-tp"]
    assert list_models("nothing*") == []


@pytest.mark.parametrize("name", ["tma-resnet50", "tam-resnet5", "tam", "tam-", "tam-resnet50-", "tam-resnet50-tpp", "",
                                  "tam-resnet50-tp-tp", "+tam-resnet50", "tam+-resnet50", "TAM-resnet50"])
def test_an_unknown_name_is_told_with_the_grammar(name: str) -> None:
    with pytest.raises(ModelError, match=r"No model is called .* A name is module\[\+module\]-backbone\[-tp\]"):
        create_model(name)


def test_the_nearest_names_are_told() -> None:
    with pytest.raises(ValueError, match=r"Nearest: .*tam-resnet50"):
        create_model("tma-resnet50")


def test_what_the_message_offers_is_short_enough_to_read() -> None:
    with pytest.raises(ModelError) as caught:
        create_model("tma-resnet50")
    assert len(str(caught.value)) < 400


def test_an_unknown_option_is_told_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"no option 'tap'\. Nearest: taps\. .* tam has blend, depthwise, taps"):
        create_model("tam-resnet_tiny", tap=5)
    with pytest.raises(ModelError, match="tsn has none"):
        create_model("tsn-resnet_tiny", taps=5)
    with pytest.raises(ModelError, match=r"tsm has fold, halve; nonlocal has attention, .*subsample"):
        create_model("tsm+nonlocal-resnet_tiny", reduction=5)


@pytest.mark.parametrize(("name", "question"), [
    ("tsm+tam-resnet_tiny", "before"), ("i3d+s3d-resnet_tiny", "conv"), ("se+i3d+se-resnet_tiny", "gate"),
])
def test_two_answers_to_one_question_are_an_error(name: str, question: str) -> None:
    with pytest.raises(ModelError, match=f"do not add up, both say what a block's `{question}` is"):
        create_model(name)


def test_different_answers_add_up_in_any_order() -> None:
    for name in ("tam+i3d+se+nonlocal-resnet_tiny", "se+i3d-inception_v1-tp", "nonlocal-resnet_tiny"):
        with torch.device("meta"):
            assert create_model(name, 3).eval()(torch.empty(1, 3, 8, 64, 64)).shape == (1, 3)


@pytest.mark.parametrize(("given", "told"), [
    ({"pool": "mean"}, "it is one of max, avg"), ({"where": "tops"}, "Nearest: top"), ({"classes": 0}, "classes=0"),
    ({"classes": "run"}, "classes='run'"), ({"classes": []}, r"classes=\[\]"), ({"frames": 0}, "frames is 0"),
    ({"classes": 2.0}, "classes=2.0"), ({"classes": True}, "classes=True"),
    ({"classes": ["a", "a"]}, "Two classes"), ({"classes": {"a", "b"}}, "expected their number"),
    ({"frames": "8"}, "frames='8'"), ({"frames": 2.5}, "frames=2.5"), ({"causal": "no"}, "causal='no'"),
    ({"dropout": 2}, "dropout=2"), ({"taps": 0}, "taps are 0"), ({"blend": "min"}, "it must be sum or max"),
])
def test_a_value_that_cannot_be_is_told(given: dict, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        create_model("tam-resnet_tiny", **{"classes": 5, **given})


@pytest.mark.parametrize(("name", "option"), [
    ("tsm-resnet_tiny", {"fold": 1}), ("tsm-resnet_tiny", {"halve": 5}), ("tin-resnet_tiny", {"fold": 3}),
    ("tin-resnet_tiny", {"causal": True}),
    ("tanet-resnet_tiny", {"causal": True}), ("tanet-resnet_tiny", {"widen": 0}),
    ("tsn+se-resnet_tiny", {"reduction": 0}), ("tsn+nonlocal-resnet_tiny", {"attention": "cosine"}),
])
def test_a_modules_own_limits_are_told(name: str, option: dict) -> None:
    with pytest.raises(ModelError, match=name.partition("-")[0].rpartition("+")[2]):
        create_model(name, 5, **option)


def test_a_number_of_any_library_is_a_number() -> None:
    assert create_model("tsn-resnet_tiny", np.int64(5), frames=np.int32(4)).classes == 5
    for name in (None, 3):
        with pytest.raises(ModelError, match="No model is called"):
            create_model(name)  # type: ignore[arg-type]


def test_labels_are_kept() -> None:
    network = create_model("tsn-resnet_tiny", ["sit", "stand"])
    assert (network.classes, network.labels) == (2, ("sit", "stand"))


def test_the_clip_is_what_was_asked_for() -> None:
    assert create_model("tsn-resnet_tiny").clip == ClipSpec(frames=8, height=112, width=112)
    grey = ClipSpec(frames=16, height=72, width=96, input="difference")
    network = create_model("i3d-resnet_tiny", 2, clip=grey)
    assert network.clip == grey
    assert network(torch.randn(1, *grey.shape_CTHW)).shape == (1, 2)
    assert create_model("tsn-resnet_tiny", clip=grey, frames=4).clip.frames == 4
    with pytest.raises(ModelError, match=r"shape \(N, 1, T, H, W\), not \(1, 3, 16, 72, 96\)"):
        network(torch.randn(1, 3, 16, 72, 96))


@pytest.mark.parametrize("name", ["i3d-resnet_tiny", "tsm-resnet_tiny", "s3d-inception_3d", "uniformer_s"])
def test_repeated_edges_show_a_still_video_the_same_in_all_frames(name: str) -> None:
    small = {"widths": (8, 16, 32, 64), "depths": (1, 1, 1, 1), "head": 8} if name == "uniformer_s" else {}
    network = create_model(name, 5, frames=8, edges="repeat", **small).eval()
    assert network.options["edges"] == "repeat"
    picture = torch.randn(1, 3, 1, 64, 64)
    with torch.no_grad():
        seen = network.feature_map(picture.expand(-1, -1, 8, -1, -1))
    torch.testing.assert_close(seen, seen[:, :, :1].expand_as(seen), rtol=1e-4, atol=1e-5 * float(seen.std()))


def test_unknown_edges_are_told() -> None:
    with pytest.raises(ModelError, match=r"edges='repeated' is unknown; it must be one of zeros, repeat"):
        create_model("tsn-resnet_tiny", 5, edges="repeated")
