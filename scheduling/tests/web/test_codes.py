"""Every refusal has a code, and the dashboard is compiled against the list of them."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from scheduling.server.domain.rules import ReasonCode
from scheduling.server.services.errors import RefusalCode, Refused
from scheduling.server.web.codes import typescript
from scheduling.server.web.problems import KINDS

SERVER = Path(__file__).parents[2] / "server"
WRITTEN = Path(__file__).parents[2] / "web" / "src" / "codes.gen.ts"
SPREADSHEETS = {"imports.py"}
"""Lines of a spreadsheet are objected to in words of their own."""


def test_the_dashboard_has_the_codes_of_now():
    assert WRITTEN.read_text() == typescript(), "run `make types`"


@pytest.mark.parametrize("refusal", KINDS)
def test_each_refusal_has_a_code(refusal: type[Refused]):
    assert refusal.kind in get_args(RefusalCode)


def _codes(source: Path) -> Iterator[str]:
    """The constant codes of the violations that a module makes."""
    for node in ast.walk(ast.parse(source.read_text())):
        match node:
            case ast.Call(func=ast.Name(id="Violation" | "_refused"), args=[_, ast.Constant(value=str(code)), *_]):
                yield code


def test_each_objection_has_a_declared_code():
    sources = [*(SERVER / "domain").glob("*.py"), *(SERVER / "services").glob("*.py")]
    used = {code for source in sources if source.name not in SPREADSHEETS for code in _codes(source)}
    assert used == set(get_args(ReasonCode))
