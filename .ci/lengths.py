"""Hold Python to the house's lengths: functions of at most 60 lines of code, files of at most 500 lines.

Usage: lengths.py  Names whatever is longer in the repository's own files, and then fails. A function's docstring,
comments and blank lines do not count. `lengths.ts` does the same for TypeScript.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTION, FILE = 60, 500
# The guide's own files, which our tests and measurements run as they are.
FOREIGN = ("bench/servers/guide_manager.py", "tests/guide/endpoint.py")


def own_files() -> Iterator[Path]:
    names = subprocess.run(["git", "ls-files", "*.py"], stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout
    return (Path(name) for name in names.splitlines() if not any(each in name for each in FOREIGN))


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    first = function.body[1] if ast.get_docstring(function) is not None and function.body[1:] else function.body[0]
    head = function.body[0].lineno - function.lineno
    body = lines[first.lineno - 1 : function.end_lineno]
    return head + sum(1 for line in body if line.strip() and not line.lstrip().startswith("#"))


def faults(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if len(lines) > FILE:
        yield f"{path} has {len(lines)} lines: {FILE} at most"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = lines_of_code(node, lines)
            if length > FUNCTION:
                yield f"{path}:{node.lineno} {node.name} has {length} lines of code: {FUNCTION} at most"


def main() -> int:
    found = [fault for path in own_files() for fault in faults(path)]
    print(*found, f"Lengths: {len(found)} of Python too long", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
