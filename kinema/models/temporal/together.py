"""Several temporal modules in one network: `i3d+se`, `tsm+nonlocal`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kinema.errors import ModelError
from kinema.models.temporal.base import Temporal


def answers(module: Temporal) -> list[str]:
    """The questions that a module has an answer of its own to."""
    return [q for q in Temporal.QUESTIONS if getattr(type(module), q) is not getattr(Temporal, q)]


def add_up(one: type[Temporal], other: type[Temporal]) -> bool:
    """Do two modules answer different questions, so that both can be in a network?"""
    return not any(getattr(one, q) is not getattr(Temporal, q) and getattr(other, q) is not getattr(Temporal, q)
                   for q in Temporal.QUESTIONS)


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
        return "conv" in self.who and self.who["conv"].strides

    @property
    def tp(self) -> bool:  # type: ignore[override]
        return all(module.tp for module in self.who.values())

    @property
    def order_aware(self) -> bool:  # type: ignore[override]
        return any(module.order_aware for module in self.who.values())


def pass_on(question: str) -> Callable[..., Any]:
    """A method that hands a question to the module that answers it; the usual answer may ask other modules in turn."""
    def ask(self: Together, *args: Any, **kwargs: Any) -> Any:
        who = self.who.get(question)
        return getattr(who, question)(*args, **kwargs) if who else getattr(Temporal, question)(self, *args, **kwargs)

    return ask


for question in Temporal.QUESTIONS:
    setattr(Together, question, pass_on(question))
