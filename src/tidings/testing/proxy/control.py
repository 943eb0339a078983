"""The fault proxy's commands, as JSON lines: for tests in other languages, which start it as a process."""

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from tidings.testing.proxy.pipe import Way
from tidings.testing.proxy.proxy import Address, FaultProxy

_ACTIONS: dict[str, Callable[[FaultProxy], None]] = {
    "reset": FaultProxy.reset,
    "close": FaultProxy.close,
    "heal": FaultProxy.heal,
}


def obey(proxy: FaultProxy, line: str) -> dict[str, Any]:
    """Do what a command says, all or nothing; returns the proxy's state, or `{"error": …}`.

    A command is an object with any of: `to_server` and `to_client`, objects of `delay`, `rate`, `blackhole`, `drop`,
    `cut_after` (numbers) and `cut_in_frame` (true); `refusing`; `upstream`, "host:port"; and `do`: "reset", "close" or
    "heal", which is done first.
    """
    try:
        for act in _read(proxy, json.loads(line)):
            act()
    except ValueError as error:  # JSON's own is one
        return {"error": str(error)}
    return state(proxy)


def state(proxy: FaultProxy) -> dict[str, Any]:
    """What it has counted."""
    counted = {
        name: {"received": way.received, "passed": way.passed, "dropped": way.dropped}
        for name, way in (("to_server", proxy.to_server), ("to_client", proxy.to_client))
    }
    connections = {name: getattr(proxy, name) for name in ("accepted", "refused", "unreachable")}
    host, port = proxy.address
    return {"listening": f"{host}:{port}", "open": len(proxy.links), **connections, **counted}


def address(text: str) -> Address:
    """An address written as host:port. Raises ValueError for one that is not."""
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isdecimal() and int(port) < 65_536):
        raise ValueError(f"{text!r} is not an address: host:port, such as 127.0.0.1:8000")
    return host.strip("[]"), int(port)


def _read(proxy: FaultProxy, command: object) -> list[Callable[[], object]]:
    """What a command asks for. Raises ValueError for what is none."""
    if not isinstance(command, dict):
        raise ValueError("a command is a JSON object")  # noqa: TRY004 - all bad input is one kind of error here
    acts: list[Callable[[], object]] = []
    for name, value in sorted(command.items(), key=lambda item: item[0] != "do"):
        if name == "do" and isinstance(value, str) and value in _ACTIONS:
            acts.append(partial(_ACTIONS[value], proxy))
        elif name == "refusing" and isinstance(value, bool):
            acts.append(partial(setattr, proxy, name, value))
        elif name == "upstream" and isinstance(value, str):
            acts.append(partial(setattr, proxy, name, address(value)))
        elif name in {"to_server", "to_client"} and isinstance(value, dict):
            acts += [_read_fault(getattr(proxy, name), *fault) for fault in value.items()]
        else:
            known = "do (reset, close, heal), refusing, upstream, to_server and to_client"
            raise ValueError(f"{name}: {json.dumps(value)} is no command; there are {known}")
    return acts


def _read_fault(way: Way, name: str, value: Any) -> Callable[[], object]:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    match name:
        case "delay" if number and value >= 0:
            return partial(setattr, way, name, value)
        case "rate" if value is None or (number and value > 0):
            return partial(setattr, way, name, value)
        case "blackhole" if isinstance(value, bool):
            return partial(setattr, way, name, value)
        case "drop" | "cut_after" if number and isinstance(value, int) and value >= 0:
            return partial(getattr(way, name), value)
        case "cut_in_frame" if value is True:
            return way.cut_in_frame
    known = (
        "delay (seconds), rate (bytes per second or null), blackhole, drop and cut_after (bytes), cut_in_frame (true)"
    )
    raise ValueError(f"{name}: {json.dumps(value)} is no fault; there are {known}")
