"""The history checker: what was promised (spec/protocol.md, section 7) against what was seen."""

from collections.abc import Iterable, Iterator
from typing import Any

from tidings.testing.history.ledger import Ledger
from tidings.testing.history.reading import Reading
from tidings.testing.history.records import Expected, Final, OfReader, Record
from tidings.testing.history.report import Kind, Report, Violation

_SHOWN_KEYS = 5
_MISSING: Any = object()


def check(records: Iterable[Record], *, holds: int | None = None, keep: int = 1_000) -> Report:
    """Judge a history that is over: everybody who still follows a channel has had the time to come to its end.

    Each reader's records must stand in their order; the rest may come in any, as from several files. With `holds` no
    log is taken to hold more than its last so many events: a reset over a wider gap is no violation. `keep` bounds
    the violations that are kept; all are counted. Raises ValueError for the outcome of an event that no record
    announces.
    """
    known = list(records)
    report = Report(keep)
    ledger = Ledger(known, report)
    readings: dict[tuple[str, str], Reading] = {}
    for record in known:
        if isinstance(record, OfReader):
            place = record.reader, record.channel
            reading = readings.get(place)
            if reading is None:
                reading = readings[place] = Reading(*place, ledger, report, holds)
            reading.take(record)
    for reading in readings.values():
        reading.end()
    report.readers = len(readings)
    _judge_states(known, report)
    return report


def _judge_states(records: list[Record], report: Report) -> None:
    expected = {record.channel: record.state for record in records if isinstance(record, Expected)}
    finals = {(record.reader, record.channel): record.state for record in records if isinstance(record, Final)}
    for (reader, channel), state in finals.items():
        if channel in expected and state != expected[channel]:
            why = "; ".join(_differences(state, expected[channel]))
            report.add(Violation(Kind.WRONG_STATE, channel, why, reader=reader))


def _differences(state: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    keys = [key for key in {**expected, **state} if state.get(key, _MISSING) != expected.get(key, _MISSING)]
    for key in keys[:_SHOWN_KEYS]:
        if key not in state:
            yield f"{key} is missing"
        elif key not in expected:
            yield f"{key} should not be there"
        else:
            yield f"{key} is {state[key]!r:.100}, not {expected[key]!r:.100}"
    if len(keys) > _SHOWN_KEYS:
        yield f"and {len(keys) - _SHOWN_KEYS} more"
