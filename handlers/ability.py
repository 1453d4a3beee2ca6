"""How a function joins the bot: @on for what people say, @answers for what they answer, @due and @every for time."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from handlers.turn import Outcome, Tick, Turn
from nlp.intent import Meaning, Rule
from storage.people import Role
from storage.questions import QuestionKind
from storage.steps import StepKind

Handler = Callable[[Turn], Iterator[Outcome]]
TickHandler = Callable[[Tick], Iterator[Outcome]]
Accepts = Callable[[Turn], bool]


@dataclass(frozen=True, slots=True)
class Ability:
    """Something people can ask for: its phrases, its examples, who may, and the line 帮助 prints."""

    name: str
    handler: Handler
    rule: Rule
    says: tuple[str, ...]
    not_says: tuple[str, ...]
    only: frozenset[Role]  # empty: everybody
    help: str


@dataclass(frozen=True, slots=True)
class Answering:
    handler: Handler
    accepts: Accepts


@dataclass(slots=True)
class Registry:
    """Everything the handlers folder offers, in the order of its files."""

    abilities: dict[str, Ability] = field(default_factory=dict)
    answers: dict[QuestionKind, Answering] = field(default_factory=dict)
    steps: dict[StepKind, TickHandler] = field(default_factory=dict)
    daily: dict[str, TickHandler] = field(default_factory=dict)

    def rules(self) -> list[Rule]:
        return [ability.rule for ability in self.abilities.values()]


_registry = Registry()


def on(
    *phrases: str,
    means: Meaning,
    command: str | None = None,
    says: tuple[str, ...] = (),
    not_says: tuple[str, ...] = (),
    only: frozenset[Role] = frozenset(),
) -> Callable[[Handler], Handler]:
    """Join a handler to phrases and to a meaning. Its Chinese docstring is its line in 帮助."""

    def join(handler: Handler) -> Handler:
        name = f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
        if name in _registry.abilities:
            raise ValueError(f"two abilities are called {name}")
        rule = Rule(name, means, phrases, command)
        _registry.abilities[name] = Ability(
            name, handler, rule, says, not_says, only, (handler.__doc__ or "").strip().splitlines()[0]
        )
        return handler

    return join


def answers(kind: QuestionKind, *, accepts: Accepts) -> Callable[[Handler], Handler]:
    """Join a handler to the answers of one kind of question; `accepts` tells an answer from other talk."""

    def join(handler: Handler) -> Handler:
        _registry.answers[kind] = Answering(handler, accepts)
        return handler

    return join


def due(*kinds: StepKind) -> Callable[[TickHandler], TickHandler]:
    """Join a function to steps of an order: it runs when one is due and still makes sense."""

    def join(handler: TickHandler) -> TickHandler:
        for kind in kinds:
            _registry.steps[kind] = handler
        return handler

    return join


def every(setting: str) -> Callable[[TickHandler], TickHandler]:
    """Join a function to a time of day of each community: a key of its settings, or `quiet_end`."""

    def join(handler: TickHandler) -> TickHandler:
        _registry.daily[f"{setting}/{handler.__name__}"] = handler
        return handler

    return join


def load() -> Registry:
    """Import every file of this folder once and return what joined."""
    import handlers

    for module in pkgutil.iter_modules(handlers.__path__):
        importlib.import_module(f"handlers.{module.name}")
    return _registry
