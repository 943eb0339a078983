"""Publishing from programs that hold no connections: Celery tasks, scripts, other frameworks."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from tidings.broker import Broker
from tidings.concurrency.loops import running_loop
from tidings.protocol.channels import Channel, Declarations
from tidings.protocol.events import Event
from tidings.protocol.limits import Limits
from tidings.publishing.preparing import Preparation
from tidings.tracing import Tracing

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

E = TypeVar("E", bound=Event)
R = TypeVar("R")


class Publisher:
    """Publishes to the logs that servers read, with the checks, the errors and the guarantees of
    `ConnectionManager.publish`.

    `to` is the URL of the servers' broker: redis://… (each form that RedisBroker takes), or an SQLAlchemy URL of the
    database with the tables; or a broker, where that has options of its own. Nothing is connected before the first
    publish. A Publisher may be made at the top of a module, used from any thread and any event loop, and be there
    before a process is forked: each process has connections of its own. `channels` are the declared ones; without
    any, every channel class is allowed. `tracer_provider` is OpenTelemetry's, by default the process' own.

    Raises ValueError for a URL that is none.
    """

    def __init__(
        self,
        to: str | Broker,
        *,
        channels: Iterable[type[Channel[Any]]] = (),
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        ids: Callable[[], str] = lambda: secrets.token_hex(16),
        tracer_provider: "TracerProvider | None" = None,
    ) -> None:
        self.broker = to if isinstance(to, Broker) else _broker(to)
        if not self.broker.multiprocess:
            raise ValueError(
                f"Publisher({type(self.broker).__name__}(…)): no other process reads what is published there"
            )
        declarations = Declarations(channels)
        self.tracing = Tracing(declarations.pattern, tracer_provider)
        self._preparation = Preparation(
            declarations, limits or Limits(), clock=clock, ids=ids, warn=lambda name: None, trace=self.tracing
        )

    def publish(self, event: E, *channels: Channel[E], id: str | None = None) -> str:
        """Append one event to the log of each channel; returns its id, one for all channels.

        The same `id` again changes nothing while the log holds the event: a task that is run twice publishes once.
        Raises what `ConnectionManager.publish` raises, and RuntimeError on a thread whose event loop is running, where
        waiting would stop that loop.
        """
        if running_loop() is not None:
            raise RuntimeError("publisher.publish would stop this event loop: write `await publisher.apublish(…)` here")
        return asyncio.run(self.apublish(event, *channels, id=id))

    async def apublish(self, event: E, *channels: Channel[E], id: str | None = None) -> str:
        """`publish`, awaited."""
        self.tracing.look()  # it may have been made at the top of a module, before a provider was set
        named = (str(getattr(channel, "name", "")) for channel in channels)
        with self.tracing.publishing(getattr(event, "event_type", ""), named, "send"):
            draft, names = self._preparation.event(event, channels, id, "publish(")
            for name in names:
                await self.broker.append(name, draft)
        return draft.id

    def close(self) -> None:
        """Close all connections; the next publish opens them again. A program that ends need not call it."""
        if running_loop() is not None:
            raise RuntimeError("publisher.close would stop this event loop: write `await publisher.aclose()` here")
        asyncio.run(self.aclose())

    async def aclose(self) -> None:
        """`close`, awaited."""
        await self.broker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


def _broker(url: str) -> Broker:
    """The broker that a URL names, whose library is imported now."""
    if not isinstance(url, str):
        raise TypeError(f"Publisher({url!r:.80}): write the URL of the servers' broker, or the broker")
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme in {"redis", "rediss", "unix"}:
        from tidings.brokers.redis import RedisBroker

        return RedisBroker(url)
    from tidings.brokers.database import database_broker

    return database_broker(url)
