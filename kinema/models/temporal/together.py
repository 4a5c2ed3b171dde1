"""Several temporal modules in one network: `i3d+se`, `tsm+nonlocal`."""

from dataclasses import dataclass

from torch import nn

from kinema.models.temporal.base import Place, Temporal


def answers(module: Temporal) -> tuple[str, ...]:
    """The questions a module has an answer of its own to."""
    return tuple(q for q in Temporal.QUESTIONS if getattr(type(module), q) is not getattr(Temporal, q))


@dataclass(eq=False)
class Together(Temporal):
    """Modules that answer different questions, asked as one."""

    modules: tuple[Temporal, ...] = ()

    @property
    def strides(self) -> bool:  # type: ignore[override]
        return self._who("conv").strides

    def before(self, channels: int, place: Place) -> nn.Module:
        return self._who("before").before(channels, place)

    def conv(
        self, inputs: int, outputs: int, size: int, stride: tuple[int, int], place: Place, groups: int = 1
    ) -> nn.Module:
        return self._who("conv").conv(inputs, outputs, size, stride, place, groups)

    def gate(self, channels: int, place: Place) -> nn.Module:
        return self._who("gate").gate(channels, place)

    def after(self, channels: int, place: Place) -> nn.Module:
        return self._who("after").after(channels, place)

    def pool(self, size: int, stride: tuple[int, int], method: str, place: Place) -> nn.Module:
        return self._who("pool").pool(size, stride, method, place)

    def _who(self, question: str) -> Temporal:
        return next((module for module in self.modules if question in answers(module)), Temporal(self.causal))
