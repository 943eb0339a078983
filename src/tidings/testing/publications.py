"""What was published, for tests: no socket, no server, no lifespan.

Installed, tidings is a pytest plugin with the fixture `tidings`:

    def test_a_saved_schedule_is_told(client: TestClient, tidings: Publications) -> None:
        client.post("/api/schedules", json={...})
        event = tidings.only(ScheduleCreated, on=Schedules())
        assert event.schedule.role == "nurse"

It sees what every manager of the process publishes while the test runs, on any thread and any event loop: with
TestClient, httpx2's ASGITransport, anyio's plugin and pytest-asyncio alike. It waits for nothing: what is published
after the call that is tested has returned has not been published yet.
"""

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, overload

import pytest

from tidings.protocol.channels import Channel
from tidings.protocol.events import Draft, Event
from tidings.testing.wanted import Place, Wanted

E = TypeVar("E", bound=Event)

_SHOWN = 20  # publications in a message
_SHOWN_PAYLOAD = 200  # characters of each


@dataclass(slots=True)
class Publication:
    """One event, and the channels it was published to. `payload` is what goes over the wire."""

    manager: object
    event: Event | Mapping[str, Any]
    event_type: str
    id: str
    payload: Mapping[str, Any]
    channels: list[str]

    def __str__(self) -> str:
        payload = json.dumps(self.payload, ensure_ascii=False)
        if len(payload) > _SHOWN_PAYLOAD:
            payload = payload[:_SHOWN_PAYLOAD] + "…"
        return f"{self.event_type} on {', '.join(self.channels)}: {payload}"

    def is_of(self, kind: Wanted | None, channel: str | None) -> bool:
        """Whether it is of this kind, on this channel; None stands for any."""
        name = kind if kind is None or isinstance(kind, str) else kind.event_type
        return name in {None, self.event_type} and (channel is None or channel in self.channels)

    def read_as(self, kind: Wanted | None) -> Any:
        """The event as it was published; a message of `create_ws_message` as the class that is asked for."""
        if isinstance(kind, type) and not isinstance(self.event, kind):
            return kind.from_payload(self.payload)
        return self.event


class Publications:
    """The events of one test, in the order in which they were published.

    One event that is published to several channels, in one call or with the same id in several, is one event.
    `kind` is an event class, or the type of a message that none was declared for; `on` is a channel or its name.
    """

    def __init__(self) -> None:
        self._published: list[Publication] = []
        self._lock = threading.Lock()

    @overload
    def only(self, kind: type[E], *, on: Place | None = None) -> E: ...
    @overload
    def only(self, kind: str, *, on: Place | None = None) -> Mapping[str, Any]: ...
    def only(self, kind: Wanted, *, on: Place | None = None) -> Any:
        """Assert that exactly one event was published (on the channel), and that it is of this kind; return it."""
        __tracebackhide__ = True
        channel = _name(on)
        found = self._found(None, channel)
        if len(found) != 1 or not found[0].is_of(kind, channel):
            raise AssertionError(self._explained(f"exactly one event{_where(channel)}, {_called(kind)}"))
        return found[0].read_as(kind)

    @overload
    def all(self, kind: type[E], *, on: Place | None = None) -> list[E]: ...
    @overload
    def all(self, kind: str | None = None, *, on: Place | None = None) -> list[Any]: ...
    def all(self, kind: Wanted | None = None, *, on: Place | None = None) -> list[Any]:
        """The events (of this kind, on this channel), in order. Asserts nothing."""
        return [publication.read_as(kind) for publication in self._found(kind, _name(on))]

    def none(self, kind: Wanted | None = None, *, on: Place | None = None) -> None:
        """Assert that no event (of this kind, on this channel) was published."""
        __tracebackhide__ = True
        channel = _name(on)
        if self._found(kind, channel):
            what = "no event" if kind is None else f"no event that is {_called(kind)}"
            raise AssertionError(self._explained(f"{what}{_where(channel)}"))

    def clear(self) -> None:
        """Forget what was published so far: for a test of several steps."""
        with self._lock:
            self._published.clear()

    def add(self, manager: object, event: Event | Mapping[str, Any], draft: Draft, channels: tuple[str, ...]) -> None:
        """Record a publication. Called on the thread that publishes."""
        with self._lock:
            for known in self._published:
                if known.manager is manager and known.id == draft.id:
                    known.channels += [channel for channel in channels if channel not in known.channels]
                    return
            payload = json.loads(draft.payload)
            self._published.append(Publication(manager, event, draft.type, draft.id, payload, list(channels)))

    def __repr__(self) -> str:
        return self._explained("")

    def _found(self, kind: Wanted | None, channel: str | None) -> list[Publication]:
        with self._lock:
            return [publication for publication in self._published if publication.is_of(kind, channel)]

    def _explained(self, expected: str) -> str:
        published = self._found(None, None)
        lines = [f"  {number}. {publication}" for number, publication in enumerate(published[:_SHOWN], 1)]
        if len(published) > _SHOWN:
            lines.append(f"  and {len(published) - _SHOWN} more")
        found = f"{len(published)} published:" if published else "nothing was published"
        return "\n".join([f"expected {expected}; {found}" if expected else found, *lines])


def _name(place: Place | None) -> str | None:
    if isinstance(place, type):
        raise TypeError(f"on={place.__name__} is a class: give the channel, on={place.__name__}(…)")
    return place.name if isinstance(place, Channel) else place


def _where(channel: str | None) -> str:
    return "" if channel is None else f" on {channel}"


def _called(kind: Wanted) -> str:
    return repr(kind) if isinstance(kind, str) else f"{kind.__name__} ({kind.event_type})"


# Managers raise the audit event `tidings.publish` (manager, event, draft, channels). An audit hook cannot be removed,
# so there is one for the process, added when it is first needed, and the list of those that listen.
_listening: list[Publications] = []
_hooked = threading.Lock()


def _hook(name: str, arguments: tuple[Any, ...]) -> None:
    if name == "tidings.publish":
        for publications in tuple(_listening):
            publications.add(*arguments)


@contextmanager
def recording() -> Iterator[Publications]:
    """Record what is published until the end of the block: the fixture, for other test runners."""
    if _hooked.acquire(blocking=False):  # never released: once for the process
        sys.addaudithook(_hook)
    publications = Publications()
    _listening.append(publications)
    try:
        yield publications
    finally:
        _listening.remove(publications)


@pytest.fixture
def tidings() -> Iterator[Publications]:
    """What is published during the test, by every manager: `only`, `all`, `none`."""
    with recording() as publications:
        yield publications
