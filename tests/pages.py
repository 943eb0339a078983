"""Pages of the documentation as a reader follows them: the files that their code makes, and what they had installed."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(?:python|ts|tsx)\n(?:#|//) ([\w./-]+\.(?:py|tsx?))\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INSTALL = re.compile(r'pip install "PATH/TO/CLONE(?:\[([\w,]+)\])?"([^`\n]*)')


def files(page: Path) -> dict[str, str]:
    """What the page's code blocks put into which file: each begins with a comment that names it, and goes on in it."""
    made = defaultdict[str, str](str)
    for name, source in _BLOCK.findall(page.read_text()):
        made[name] += source + "\n"
    return dict(made)


def installed(page: Path) -> set[str]:
    """The packages that the page's `pip install` lines name, those of our extras among them."""
    names = {"tidings"}
    for extras, others in _INSTALL.findall(page.read_text()):
        names.update(word.partition("[")[0].strip('"') for word in others.split("#")[0].split())
        for line in requires("tidings") or ():
            requirement = Requirement(line)
            if requirement.marker is None or any(
                requirement.marker.evaluate({"extra": it}) for it in extras.split(",")
            ):
                names.add(requirement.name)
    return names


def imported(sources: Iterable[str]) -> set[str]:
    """The packages outside the standard library that Python files import."""
    modules = set[str]()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            modules.add(node.module)
    return {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
