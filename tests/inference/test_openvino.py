"""What OpenVINO gets wrong, and how networks are written so that it does not."""

import pytest
import torch

from kinema.inference.engines.openvino import agrees, compiled_graph, converted
from kinema.models.transformer.attention import Attention, Heads
from kinema.models.transformer.tokens import Grid

pytest.importorskip("openvino")
TOKENS = Grid(0, 4, 2, 2)


class Attends(torch.nn.Module):
    """An attention on its own."""

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.attention = Attention(heads)

    def forward(self, x_NLD: torch.Tensor) -> torch.Tensor:
        return self.attention(x_NLD, TOKENS)


@pytest.mark.slow
@pytest.mark.parametrize("form", [{}, {"rotary": True}, {"bias": "qv"}])
def test_no_head_is_taken_for_a_token_where_there_are_as_many(form: dict) -> None:
    layer = Attends(Heads(12 * TOKENS.patches, TOKENS.patches, **form)).eval()
    tokens_NLD = torch.randn(2, TOKENS.patches, 12 * TOKENS.patches)
    assert agrees(compiled_graph(converted(layer, (tokens_NLD,)), "fp32", {}), layer, (tokens_NLD,))
