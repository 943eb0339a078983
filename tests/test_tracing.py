"""One trace, from the request that publishes to the delivery; and nothing at all where nobody traces."""

import json
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from tests.fastapi.application import Happened, Me, News, Room, application, make_manager, subscribed
from tests.stage import HAND_TURNED, NotePosted, Notes, Stage
from tidings import ConnectionManager, DatabaseBroker, EventError, MemoryBroker, Publisher
from tidings.broker import Broker
from tidings.outbox import Outbox
from tidings.protocol.events import TRACEPARENT


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> Iterator[TracerProvider]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


def traced(provider: TracerProvider, broker: Broker | None = None) -> ConnectionManager:
    manager = make_manager(tracer_provider=provider, broker=broker)
    manager.authorize(News, Room)(lambda channel, user: True)
    return manager


def posting(manager: ConnectionManager, provider: TracerProvider, post: Callable[[], object]) -> FastAPI:
    """An application whose requests have a span, as instrumentation gives them."""
    app = application(manager)

    @app.middleware("http")
    async def span(request: Request, proceed: Any) -> Response:
        with provider.get_tracer("http").start_as_current_span(f"{request.method} {request.url.path}"):
            response: Response = await proceed(request)
            return response

    @app.post("/news")
    def endpoint() -> None:
        post()

    return app


def heard(app: FastAPI) -> dict[str, Any]:
    """What a client is sent of a request to publish."""
    with TestClient(app) as client, client.websocket_connect("/ws?token=ann") as socket:
        socket.receive_json()
        subscribed(socket, "news")
        client.post("/news").raise_for_status()
        message: dict[str, Any] = socket.receive_json()
    return message


def lineage(exporter: InMemorySpanExporter) -> list[str]:
    """The names from the delivery up to the span without a parent; all of one trace."""
    spans = exporter.get_finished_spans()
    by_id = {span.context.span_id: span for span in spans}
    names, span = [], next(span for span in spans if span.name.startswith("deliver"))
    assert len({span.context.trace_id for span in spans}) == 1
    following: ReadableSpan | None = span
    while following is not None:
        names.append(following.name)
        following = by_id[following.parent.span_id] if following.parent is not None else None
    return names


WHOLE = ["deliver happened", "publish happened", "POST /news"]


@pytest.mark.parametrize("form", ["direct", "light", "relay", "log"])
def test_a_request_leads_to_the_delivery(
    form: str, provider: TracerProvider, exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'app.db'}", poolclass=QueuePool)
    broker = DatabaseBroker(engine) if form == "log" else MemoryBroker()
    manager = traced(provider, broker)
    event, channel = Happened(what="rain"), News()

    def post() -> None:
        if form == "direct":
            manager.sync.publish(event, channel)
            return
        with Session(engine) as session:
            publish = manager.publish_after_commit if form == "light" else outbox.publish
            publish(session, event, channel)
            session.commit()

    app = posting(manager, provider, post)
    if form in {"relay", "log"}:
        outbox = Outbox(manager, engine if form == "relay" else None)
        outbox.metadata.create_all(engine)
        app.router.lifespan_context = relaying(app.router.lifespan_context, outbox)
    message = heard(app)
    engine.dispose()
    assert lineage(exporter) == WHOLE
    assert TRACEPARENT.fullmatch(message["traceparent"])
    assert f"{exporter.get_finished_spans()[0].context.trace_id:032x}" in message["traceparent"]


def relaying(inner: Any, outbox: Outbox) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        async with inner(app) as state, outbox.relaying():
            yield state

    return lifespan


def test_attributes_name_types_and_patterns_and_nobody(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    manager = traced(provider)
    with TestClient(application(manager)) as client, client.websocket_connect("/ws?token=annabel") as socket:
        socket.receive_json()
        manager.sync.publish(Happened(what="thunderstorm"), Me(user_id="annabel"), Room(room_id=4711))
        socket.receive_json()
    told = {span.name: dict(span.attributes or {}) for span in exporter.get_finished_spans()}
    assert told["publish happened"]["tidings.channels"] == ("room:{room_id}", "user:{user_id}")
    assert told["deliver happened"] == {
        "messaging.system": "tidings",
        "messaging.operation.type": "process",
        "messaging.destination.template": "user:{user_id}",
        "tidings.event.type": "happened",
        "tidings.readers": 1,
    }
    for secret in ("annabel", "thunderstorm", "4711"):
        assert secret not in json.dumps([told, [span.to_json() for span in exporter.get_finished_spans()]])


def test_what_a_publisher_elsewhere_appends_is_traced_too(
    provider: TracerProvider, exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    broker = DatabaseBroker(engine)
    broker.metadata.create_all(engine)
    with Publisher(broker, channels=[News], tracer_provider=provider) as publisher:
        publisher.publish(Happened(what="rain"), News())
    with engine.connect() as connection:
        [message] = connection.scalars(select(broker.tables.events.c.message))
    engine.dispose()
    [span] = exporter.get_finished_spans()
    assert span.name == "publish happened"
    assert f"{span.context.span_id:016x}" in json.loads(message)["traceparent"]


async def test_what_is_refused_is_told_by_its_type_alone(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    manager = traced(provider)
    with pytest.raises(EventError):
        await manager.publish(Happened(what="secret \ud800"), News())
    [span] = exporter.get_finished_spans()
    assert (span.status.status_code, span.events) == (trace.StatusCode.ERROR, ())
    assert "secret" not in span.to_json()


async def test_without_a_provider_messages_are_as_they_were() -> None:
    stage = Stage()
    client = await stage.subscribed("7", "notes")
    await stage.manager.publish(NotePosted(note_id=1), Notes())
    assert "traceparent" not in client.one()


async def test_a_context_that_somebody_wrote_into_a_row_does_no_harm(
    provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    tracing = traced(provider).tracing
    for context in (b"", b'"00-"', b'"00-' + b"g" * 32 + b'-b7ad6b7169203331-01"', b"7"):
        assert tracing.delivery("news", b'{"type":"happened","traceparent":' + context + b"}") is None
    assert exporter.get_finished_spans() == ()
