"""Every ability is reached by its examples and by nobody else's; nothing is declared that nobody handles or says."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import datetime
from pathlib import Path

import pytest

from bot.clock import CHINA
from handlers import wording
from handlers.ability import load
from nlp.clean import fold
from storage.questions import QuestionKind
from storage.steps import StepKind
from tests.stage import parser

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
ABILITIES = load().abilities
SAYS = [(ability.name, text) for ability in ABILITIES.values() for text in ability.says]
NOT_SAYS = [(ability.name, text) for ability in ABILITIES.values() for text in ability.not_says]


@pytest.mark.parametrize(("name", "text"), SAYS)
def test_its_examples_reach_it(name: str, text: str) -> None:
    assert parser().parse(text, NOW, mentioned=True).ability == name


@pytest.mark.parametrize(("name", "text"), NOT_SAYS)
def test_its_counterexamples_do_not(name: str, text: str) -> None:
    assert parser().parse(text, NOW, mentioned=True).ability != name


def test_no_two_abilities_claim_the_same_example() -> None:
    owners: dict[str, str] = {}
    for name, text in SAYS:
        assert owners.setdefault(fold(text), name) == name, text


def test_every_ability_has_examples_and_a_line_of_help() -> None:
    for ability in ABILITIES.values():
        assert ability.help, ability.name
        assert any("\u4e00" <= character <= "\u9fff" for character in ability.help), ability.name
        # A push key is a bearer secret: there is no example of it to show.
        assert ability.says or ability.name == "registering.set_push", ability.name


def test_every_step_and_every_question_has_a_handler() -> None:
    registry = load()
    assert set(registry.steps) == set(StepKind)
    assert set(registry.answers) == set(QuestionKind)
    assert registry.daily


def test_every_wording_is_said_somewhere() -> None:
    """A sentence that nobody says is dead; found by the names that the handlers, the worker and wording itself use."""
    spoken = {
        name
        for name, function in inspect.getmembers(wording, inspect.isfunction)
        if function.__module__ == wording.__name__ and not name.startswith("_")
    }
    used: set[str] = set()
    for package in ("handlers", "bot"):
        for path in Path(package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            used |= {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "wording"
            }
    inside = ast.parse(inspect.getsource(wording))
    used |= {node.id for node in ast.walk(inside) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert spoken - used == set(), "said by nobody"


def test_no_handler_writes_a_sentence() -> None:
    """Chinese that people read stands in wording.py. Elsewhere it is phrases, examples and single words of data."""
    for path in Path("handlers").glob("*.py"):
        if path.name == "wording.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node)
            for part in ast.walk(node.body[0])
        }
        said |= {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
            for decorator in node.decorator_list
            for part in ast.walk(decorator)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                assert re.search("[\u4e00-\u9fff]{2}.*。", node.value) is None, f"{path}:{node.lineno} {node.value}"
