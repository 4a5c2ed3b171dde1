"""Several temporal modules in one network: `i3d+se`, `tsm+nonlocal`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import nn

from kinema.errors import ModelError
from kinema.models.plan import Place
from kinema.models.temporal.base import Temporal


def answers(module: Temporal) -> list[str]:
    """The questions that a module has an answer of its own to."""
    return [q for q in Temporal.QUESTIONS if getattr(type(module), q) is not getattr(Temporal, q)]


def together(modules: Sequence[tuple[str, Temporal]], name: str) -> Temporal:
    """Modules that answer different questions, asked as one; two answers to one question are an error."""
    who: dict[str, Temporal] = {}
    called: dict[str, str] = {}
    for module, temporal in modules:
        for question in answers(temporal):
            if question in who:
                raise ModelError(f"{name}: {called[question]} and {module} do not add up, both say what a block's "
                                 f"`{question}` is. Keep one of them.")
            who[question], called[question] = temporal, module
    return Together(modules[0][1].causal, who)


@dataclass(eq=False)
class Together(Temporal):
    """Each question goes to the module in `who` that has an answer of its own."""

    who: dict[str, Temporal] = field(default_factory=dict)

    @property
    def strides(self) -> bool:  # type: ignore[override]
        return self._ask("conv").strides

    def before(self, channels: int, place: Place) -> nn.Module:
        return self._ask("before").before(channels, place)

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        return self._ask("conv").conv(inputs, outputs, size, stride, place, groups)

    def gate(self, channels: int, place: Place) -> nn.Module:
        return self._ask("gate").gate(channels, place)

    def after(self, channels: int, place: Place) -> nn.Module:
        return self._ask("after").after(channels, place)

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        return self._ask("pool").pool(size, stride, method, place)

    def _ask(self, question: str) -> Temporal:
        return self.who.get(question, Temporal(self.causal))
