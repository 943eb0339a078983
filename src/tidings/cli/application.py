"""What is served, and how: an application by its import string, the managers in it, and the choices there are."""

import importlib
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from pydantic import ValidationError

from tidings.manager import ConnectionManager

Transport = Literal["native", "asgi"]
LogFormat = Literal["text", "json"]
LogLevel = Literal["critical", "error", "warning", "info", "debug", "trace"]

ERRORS_SHOWN = 5
"""Of one ValidationError."""


class CannotServe(Exception):
    """Why an application is not served: one sentence for whoever wants it to be."""


def load(target: str) -> tuple[Any, list[ConnectionManager]]:
    """Import `module:attribute`, with the current directory first on the path; returns the application and the managers
    that its module or its `state` holds.

    Raises CannotServe.
    """
    directory = str(Path.cwd())
    if directory not in sys.path:
        sys.path.insert(0, directory)
    name, _, attribute = target.partition(":")
    if not name or not attribute:
        raise CannotServe(f"{target!r} does not name an application: write module:attribute, as in main:app")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise CannotServe(f"there is no module {error.name!r} in {directory} or on sys.path") from error
        raise CannotServe(f"{name} cannot be imported: {described(error)}") from error
    except Exception as error:
        raise CannotServe(f"{name} cannot be imported: {described(error)}") from error
    application: Any = module
    for part in attribute.split("."):
        try:
            application = getattr(application, part)
        except AttributeError as error:
            raise CannotServe(f"module {name!r} has no attribute {attribute!r}") from error
        except CannotServe:
            raise
        except Exception as error:
            raise CannotServe(f"{target} cannot be made: {described(error)}") from error
    return application, list(dict.fromkeys(_managers(application, vars(module))))


def described(error: BaseException) -> str:
    """An exception in one line, with the place it was raised at."""
    places = list(traceback.walk_tb(error.__traceback__))
    lines = str(error).strip().splitlines()
    if isinstance(error, ValidationError):
        lines = [_invalid(error)]
        # Where pydantic raised it says nothing; where it was given the data does.
        places = [(frame, line) for frame, line in places if not _of_pydantic(frame)]
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return f"{text} ({places[-1][0].f_code.co_filename}, line {places[-1][1]})" if places else text


def _invalid(error: ValidationError) -> str:
    """The place and the message of each error, but not what was given there, as it may be a secret."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{'.'.join(map(str, (error.title, *each['loc'])))}: {' '.join(each['msg'].split())}" for each in found]
    more = [f"and {len(told) - ERRORS_SHOWN} more"] if len(told) > ERRORS_SHOWN else []
    return "; ".join(told[:ERRORS_SHOWN] + more)


def _of_pydantic(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in {"pydantic", "pydantic_settings"}


def _managers(application: Any, names: dict[str, Any]) -> Iterator[ConnectionManager]:
    state = getattr(getattr(application, "state", None), "_state", {})
    for value in (*names.values(), *state.values()):
        if isinstance(value, ConnectionManager):
            yield value
