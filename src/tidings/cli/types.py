"""`tidings types`: the TypeScript of a module's events and channels, written to a file or checked against it."""

import importlib
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from tidings.cli.application import described
from tidings.cli.typescript import TypesError, generate
from tidings.protocol.channels import Channel
from tidings.protocol.errors import TidingsError
from tidings.protocol.events import Event


def types(
    target: Annotated[
        str,
        typer.Argument(
            metavar="MODULE",
            help="Where events and channels are declared: a module, or MODULE:ATTRIBUTE, a class or a list of classes.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file, not to the terminal.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with status 1 when the file is not up to date.")
    ] = False,
) -> None:
    """Write TypeScript for the events and channels that a module declares.

    tidings types app.live -o web/src/live.gen.ts
    """
    if check and output is None:
        raise typer.BadParameter("--check compares with a file: give it with -o FILE", param_hint="--check")
    try:
        text = generate(*declarations(target), f"tidings types {shlex.quote(target)}")
        if output is None:
            typer.echo(text, nl=False)
        elif check:
            _check(text, output, target)
        else:
            _write(text, output)
    except TidingsError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")


def declarations(target: str) -> tuple[list[type[Event]], list[type[Channel[Any]]]]:
    """The event and channel classes that a module, or one of its attributes, holds.

    Imports the module, with the current directory first on the path. Raises TypesError when that fails, or
    when nothing is declared there.
    """
    name, _, attribute = target.partition(":")
    found = list(_classes(_attribute(_module(name), attribute) if attribute else _module(name), target))
    events = [cls for cls in found if issubclass(cls, Event) and cls.event_type]
    channels = [cls for cls in found if issubclass(cls, Channel) and cls.pattern]
    if not events and not channels:
        raise TypesError(f"{target} holds no events and no channels: name the module that declares them")
    return events, channels


def _module(name: str) -> ModuleType:
    directory = str(Path.cwd())
    if directory not in sys.path:
        sys.path.insert(0, directory)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise TypesError(f"{name} cannot be imported: {error}. It is looked for in {directory} and sys.path") from error
    except Exception as error:
        raise TypesError(f"{name} cannot be imported: {described(error)}") from error


def _attribute(module: ModuleType, path: str) -> Any:
    value: Any = module
    for name in path.split("."):
        try:
            value = getattr(value, name)
        except AttributeError as error:
            raise TypesError(f"{module.__name__} has no attribute {path!r}: {error}") from error
    return value


def _classes(holder: Any, target: str) -> Iterable[type[Any]]:
    """The classes in a module's or a list's keeping; those of tidings itself are not the application's."""
    values = vars(holder).values() if isinstance(holder, ModuleType) else holder
    if isinstance(holder, type):
        values = [holder]
    if not isinstance(values, Iterable):
        raise TypesError(f"{target} is a {type(holder).__name__}: name a module, a class or a list of classes")
    for value in values:
        if isinstance(value, type) and issubclass(value, Event | Channel) and not _is_ours(value):
            yield value


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "tidings"


def _write(text: str, output: Path) -> None:
    """Write the file unless it holds the same: a watching build is not woken for nothing."""
    if _read(output) != text:
        output.write_text(text, encoding="utf-8", newline="\n")
        typer.echo(f"Wrote {output}", err=True)


def _check(text: str, output: Path, target: str) -> None:
    found = _read(output)
    if found != text:
        state = "does not exist" if found is None else "is not up to date"
        command = shlex.join(["tidings", "types", target, "-o", str(output)])
        _fail(f"{output} {state}. Run: {command}")


def _read(output: Path) -> str | None:
    try:
        return output.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _fail(reason: str) -> None:
    typer.echo(f"tidings types: {reason}", err=True)
    raise typer.Exit(1)
