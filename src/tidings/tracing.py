"""OpenTelemetry's spans of an event: from who publishes it, through its message, to its delivery on every node.

Nothing is made, and nothing is paid but a look, where no tracer provider is set. Attributes name the event's type and
the patterns of its channels; never a user, a parameter or a payload.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

try:
    from opentelemetry import trace

    _installed = True
except ModuleNotFoundError:  # the extra `tracing`
    _installed = False

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer, TracerProvider

_TYPE = re.compile(rb'\{"type":"([^"\\]*)"')
_PARENT = re.compile(rb'"traceparent":"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})"')
UNTRACED: AbstractContextManager[object] = nullcontext()
_TAIL = 100  # bytes of a message in which `traceparent`, its last field, stands


class Tracing:
    """The spans of one manager. `provider` is the application's, by default the one that it has set for the process,
    before this is made or before `look`; `pattern` gives that of a channel's name.
    """

    def __init__(self, pattern: Callable[[str], str], provider: "TracerProvider | None" = None) -> None:
        self._pattern, self._provider = pattern, provider
        self._tracer: Tracer | None = None
        self.look()

    def look(self) -> None:
        """See whether the process has a provider by now: to ask for it costs too much to be done for each delivery."""
        if not _installed or self._tracer is not None:
            return
        provider = self._provider or trace.get_tracer_provider()
        if not isinstance(provider, trace.ProxyTracerProvider):  # which stands for none
            self._tracer = provider.get_tracer("tidings")

    @property
    def active(self) -> bool:
        """Whether spans are made."""
        return self._tracer is not None

    def publishing(self, event_type: str, names: Iterable[str], operation: str) -> AbstractContextManager[object]:
        """The span of an event that is being published. `operation` as OpenTelemetry has it: `send` appends it here,
        `create` leaves that to the commit of a transaction.
        """
        if self._tracer is None:
            return UNTRACED
        attributes = {**_attributes(event_type, operation), "tidings.channels": sorted(set(map(self._pattern, names)))}
        return _current(self._tracer, f"publish {event_type}", attributes)

    def traceparent(self) -> str | None:
        """What a trace goes on from that leads through the span in which this is called (W3C Trace Context)."""
        if self._tracer is None:
            return None
        context = trace.get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def delivery(self, channel: str, message: bytes) -> "Span | None":
        """The span, just begun, of an event's delivery to the readers here; None where it is not traced."""
        if self._tracer is None:
            return None
        parent, type = _context(message), _TYPE.match(message)
        if parent is None or type is None:
            return None
        event_type = type[1].decode()
        attributes = {
            **_attributes(event_type, "process"),
            "messaging.destination.template": self._pattern(channel),
        }
        kind = trace.SpanKind.CONSUMER
        return self._tracer.start_span(f"deliver {event_type}", context=parent, kind=kind, attributes=attributes)


def _attributes(event_type: str, operation: str) -> dict[str, Any]:
    """OpenTelemetry's semantic conventions for messaging."""
    return {
        "messaging.system": "tidings",
        "messaging.operation.type": operation,
        "tidings.event.type": event_type,
    }


@contextmanager
def _current(tracer: "Tracer", name: str, attributes: dict[str, Any]) -> Iterator[None]:
    """What is raised is told by its type alone: its text may quote the payload."""
    with tracer.start_as_current_span(
        name,
        kind=trace.SpanKind.PRODUCER,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except BaseException as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
            raise


def _context(message: bytes) -> "Context | None":
    found = _PARENT.search(message, len(message) - _TAIL if len(message) > _TAIL else 0)
    if found is None:
        return None
    parent = trace.SpanContext(
        int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=trace.TraceFlags(int(found[3], 16))
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(parent))
