"""What the README shows works as it is shown."""

import re
from pathlib import Path

import pytest
import torch

from kinema.models import create_model, list_models, names
from kinema.models.temporal import MODULES

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_example_of_a_temporal_module_is_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = re.findall(r"```python\n(# kinema/models/temporal/memory\.py\n.*?)```", README, re.S)
    assert len([line for line in example.splitlines() if line.strip()]) <= 15
    defined: dict = {"__name__": "memory"}
    exec(compile(example, "memory.py", "exec"), defined)
    monkeypatch.setitem(MODULES, "memory", defined["Memory"])
    assert names.MODULES is MODULES
    assert "memory-resnet50-tp" in list_models("memory-*")
    network = create_model("memory+se-resnet_tiny-tp", 3, taps=5).eval()
    x_NCTHW = torch.randn(1, 3, 8, 32, 32)
    assert network(x_NCTHW).shape == (1, 3)
    assert not torch.allclose(network(x_NCTHW), network(x_NCTHW.flip(2)))


def test_names_in_the_readme_are_names() -> None:
    listed = {*list_models()}
    told = set(re.findall(r"`([a-z0-9_]+-(?:resnet|inception|vit)\w*(?:-tp)?)`", README))
    assert told - {"memory-resnet50"} <= listed
    for name in ("slowfast_r50_8x8", "x3d_m", "r2plus1d_18", "timesformer", "movinet_a0_stream", "mvitv2_s_16x4"):
        assert f"`{name}`" in README
        assert name in listed
