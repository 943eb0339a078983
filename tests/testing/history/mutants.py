"""Violations planted in correct histories: one function per way in which a history can go wrong.

Each takes the records and a source of chance, and returns the records with one violation, or None where this history
gives no occasion for it.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random

import msgspec

from tidings.protocol.log import Position
from tidings.testing.history import Kind, Record
from tidings.testing.history.records import (
    Committed,
    Final,
    Heard,
    Logged,
    OfReader,
    Publishing,
    Renumbered,
    Reset,
    RolledBack,
    Subscribed,
    Trimmed,
    Unsubscribed,
)

Mutant = Callable[[list[Record], Random], list[Record] | None]
MUTANTS: dict[Mutant, Kind] = {}


def plants(kind: Kind) -> Callable[[Mutant], Mutant]:
    """Declare what the checker must say of a mutant's histories."""

    def declare(mutant: Mutant) -> Mutant:
        MUTANTS[mutant] = kind
        return mutant

    return declare


# ---- looking around in a history


def streams(records: list[Record]) -> dict[tuple[str, str], list[int]]:
    """Where the records of each reader on each channel stand."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        if isinstance(record, OfReader):
            found[record.reader, record.channel].append(index)
    return found


def pairs(records: list[Record]) -> Iterator[tuple[int, int, Heard, Heard]]:
    """Two events of one epoch that a reader heard one right after the other: their places, and they."""
    for stream in streams(records).values():
        for index, following in pairwise(stream):
            one, other = records[index], records[following]
            if isinstance(one, Heard) and isinstance(other, Heard) and one.position.epoch == other.position.epoch:
                yield index, following, one, other


def ends(records: list[Record]) -> Iterator[tuple[int, Heard]]:
    """The last event of each reader that follows to the end, where that is its last record."""
    for stream in streams(records).values():
        last = records[stream[-1]]
        if isinstance(last, Heard):
            yield stream[-1], last


def published(records: list[Record]) -> dict[str, Publishing]:
    return {record.id: record for record in records if isinstance(record, Publishing)}


def committed(records: list[Record]) -> dict[str, float]:
    """Since when an event was known to be committed."""
    found: dict[str, float] = {}
    for record in records:
        if isinstance(record, Committed):
            found.setdefault(record.id, record.at)
    return found


def began(records: list[Record]) -> dict[str, float]:
    found: dict[str, float] = {}
    for record in records:
        if isinstance(record, Publishing):
            found.setdefault(record.id, record.at)
    return found


def witnessed(records: list[Record], event: Heard) -> bool:
    """Whether anybody else knows of the event's place."""
    return any(
        isinstance(record, Heard | Logged)
        and record is not event
        and (record.channel, record.position) == (event.channel, event.position)
        for record in records
    )


def trimmed_beyond(records: list[Record], channel: str, position: Position) -> bool:
    return any(
        isinstance(record, Trimmed)
        and (record.channel, record.position.epoch) == (channel, position.epoch)
        and record.position.offset > position.offset
        for record in records
    )


def later(records: list[Record], index: int) -> list[OfReader]:
    """What the same reader saw on the same channel after that."""
    known = records[index]
    assert isinstance(known, OfReader)
    return [
        record
        for record in records[index + 1 :]
        if isinstance(record, OfReader) and (record.reader, record.channel) == (known.reader, known.channel)
    ]


def with_offset(event: Heard, offset: int, id: str) -> Heard:
    return msgspec.structs.replace(event, position=Position(event.position.epoch, offset, id), after=None, key=None)


def without(records: list[Record], *indices: int) -> list[Record]:
    return [record for index, record in enumerate(records) if index not in indices]


def inserted(records: list[Record], index: int, record: Record) -> list[Record]:
    return [*records[:index], record, *records[index:]]


def replaced(records: list[Record], index: int, record: Record) -> list[Record]:
    return [*records[:index], record, *records[index + 1 :]]


# ---- loss


@plants(Kind.SILENT_GAP)
def an_event_is_left_out(records: list[Record], chance: Random) -> list[Record] | None:
    found = [index for index, _, _, _ in pairs(records)]
    return without(records, chance.choice(found)) if found else None


@plants(Kind.LOST)
def an_event_is_left_out_that_others_have(records: list[Record], chance: Random) -> list[Record] | None:
    known = committed(records)
    found = [index for index, _, one, _ in pairs(records) if one.position.id in known and witnessed(records, one)]
    return without(records, chance.choice(found)) if found else None


@plants(Kind.LOST)
def the_last_event_never_comes(records: list[Record], chance: Random) -> list[Record] | None:
    known = committed(records)
    found = [index for index, event in ends(records) if event.position.id in known and witnessed(records, event)]
    return without(records, chance.choice(found)) if found else None


@plants(Kind.LOST)
def the_log_never_had_it(records: list[Record], chance: Random) -> list[Record] | None:
    """Nobody heard it, and all that came after it has a lower number."""
    known, beginnings = committed(records), began(records)
    found = []
    for stream in streams(records).values():
        seen = [records[index] for index in stream]
        since = max((record.at for record in seen if isinstance(record, Subscribed | Reset)), default=math.inf)
        conflated = any(isinstance(record, Heard) and record.after is not None for record in seen)
        if not conflated and not isinstance(seen[-1], Unsubscribed):
            for record in seen:
                if isinstance(record, Heard) and record.position.id in known:
                    found += [record] if beginnings[record.position.id] > since else []
    if not found:
        return None
    gone = chance.choice(found)
    return list(_closing_ranks(records, gone.channel, gone.position))


def _closing_ranks(records: list[Record], channel: str, gone: Position) -> Iterator[Record]:
    for record in records:
        if not isinstance(record, Heard | Logged | Subscribed | Reset | Trimmed) or record.channel != channel:
            yield record
            continue
        position = record.position
        if position == gone and isinstance(record, Heard | Logged):
            continue
        shift = int(position.epoch == gone.epoch and position.offset >= gone.offset)
        moved = msgspec.structs.replace(record, position=position._replace(offset=position.offset - shift))
        if isinstance(moved, Heard) and moved.after is not None and position.epoch == gone.epoch:
            moved = msgspec.structs.replace(moved, after=moved.after - int(moved.after >= gone.offset))
        yield moved


@plants(Kind.LOST)
def a_reader_is_put_too_far(records: list[Record], chance: Random) -> list[Record] | None:
    beginnings, known = began(records), committed(records)
    found = []
    for stream in streams(records).values():
        for index, following, rest in zip(stream, stream[1:], [*stream[2:], None], strict=False):
            start, event = records[index], records[following]
            if rest is not None and isinstance(records[rest], Reset):
                continue  # which would tell of it
            if isinstance(start, Subscribed | Reset) and isinstance(event, Heard) and event.position.id in known:
                after_start = beginnings[event.position.id] > start.at and witnessed(records, event)
                if after_start and start.position.epoch == event.position.epoch:
                    found.append((index, following, msgspec.structs.replace(start, position=event.position)))
    if not found:
        return None
    index, following, start = chance.choice(found)
    return without(replaced(records, index, start), following)


@plants(Kind.SILENT_GAP)
def a_subscription_goes_on_later(records: list[Record], chance: Random) -> list[Record] | None:
    found = [(index, event) for index, _, event, _ in pairs(records)]
    if not found:
        return None
    index, event = chance.choice(found)
    start = Subscribed(at=event.at, reader=event.reader, channel=event.channel, position=event.position)
    return replaced(records, index, start)


@plants(Kind.SILENT_GAP)
def a_reset_is_not_told(records: list[Record], chance: Random) -> list[Record] | None:
    found = []
    for stream in streams(records).values():
        for before, index, following in zip(stream, stream[1:], stream[2:], strict=False):
            old, reset, event = records[before], records[index], records[following]
            if isinstance(old, Heard) and isinstance(reset, Reset) and isinstance(event, Heard):
                found += [index] if old.position != reset.position else []
    return without(records, chance.choice(found)) if found else None


@plants(Kind.SILENT_GAP)
def another_epoch_begins_silently(records: list[Record], chance: Random) -> list[Record] | None:
    found = list(ends(records))
    if not found:
        return None
    index, event = chance.choice(found)
    return replaced(records, index, msgspec.structs.replace(event, position=Position("other", 1, event.position.id)))


# ---- conflation


@plants(Kind.SILENT_GAP)
def a_conflated_event_does_not_say_so(records: list[Record], chance: Random) -> list[Record] | None:
    found = []
    for _, following, one, other in pairs(records):
        if other.after is not None and other.position.offset > one.position.offset + 1:
            found.append((following, msgspec.structs.replace(other, after=None)))
    return replaced(records, *chance.choice(found)) if found else None


@plants(Kind.LOST)
def the_last_of_a_key_is_conflated_away(records: list[Record], chance: Random) -> list[Record] | None:
    known = committed(records)
    found = []
    for index, following, one, other in pairs(records):
        rest = later(records, index)
        final = all(isinstance(record, Heard) and record.key != one.key for record in rest)
        if one.key and final and one.position.id in known and witnessed(records, one):
            covering = msgspec.structs.replace(other, after=(one.after or one.position.offset - 1))
            found.append((index, following, covering))
    if not found:
        return None
    index, following, covering = chance.choice(found)
    return without(replaced(records, following, covering), index)


@plants(Kind.LOST)
def an_event_without_a_key_is_conflated_away(records: list[Record], chance: Random) -> list[Record] | None:
    known = committed(records)
    found = []
    for index, following, one, other in pairs(records):
        if one.key is None and one.position.id in known and witnessed(records, one):
            found.append((index, following, msgspec.structs.replace(other, after=one.position.offset - 1)))
    if not found:
        return None
    index, following, covering = chance.choice(found)
    return without(replaced(records, following, covering), index)


# ---- duplicates and order


@plants(Kind.DUPLICATE)
def an_event_comes_twice(records: list[Record], chance: Random) -> list[Record] | None:
    found = [(following + 1, chance.choice([one, other])) for _, following, one, other in pairs(records)]
    return inserted(records, *chance.choice(found)) if found else None


@plants(Kind.DUPLICATE)
def an_event_is_logged_twice(records: list[Record], chance: Random) -> list[Record] | None:
    found = []
    for _, following, one, other in pairs(records):
        if not later(records, following):
            found.append((following + 1, with_offset(other, other.position.offset + 1, one.position.id)))
    return inserted(records, *chance.choice(found)) if found else None


@plants(Kind.OUT_OF_ORDER)
def two_events_change_places(records: list[Record], chance: Random) -> list[Record] | None:
    found = [pair for pair in pairs(records) if pair[2].after is None and pair[3].after is None]
    if not found:
        return None
    index, following, one, other = chance.choice(found)
    return replaced(replaced(records, index, other), following, one)


@plants(Kind.MISORDERED)
def the_log_is_not_in_the_order_of_commits(records: list[Record], chance: Random) -> list[Record] | None:
    ended, beginnings = committed(records), began(records)
    found = []
    for _, _, one, other in pairs(records):
        if ended.get(one.position.id, math.inf) < beginnings.get(other.position.id, 0.0):
            found.append((one, other))
    if not found:
        return None
    one, other = chance.choice(found)
    places = {one.position: (other, one.position.offset), other.position: (one, other.position.offset)}
    return [_exchanged(record, one.channel, places) for record in records]


def _exchanged(record: Record, channel: str, places: dict[Position, tuple[Heard, int]]) -> Record:
    if not isinstance(record, Heard | Logged) or record.channel != channel or record.position not in places:
        return record
    event, offset = places[record.position]
    position = Position(event.position.epoch, offset, event.position.id)
    return msgspec.structs.replace(record, position=position, key=event.key, version=event.version)


# ---- what should never have come


@plants(Kind.ROLLED_BACK)
def a_rolled_back_event_comes(records: list[Record], chance: Random) -> list[Record] | None:
    failed = {record.id for record in records if isinstance(record, RolledBack)}
    events = published(records)
    found = []
    for index, event in ends(records):
        ids = [id for id in sorted(failed) if event.channel in events[id].channels]
        found += [(index + 1, with_offset(event, event.position.offset + 1, id)) for id in ids]
    return inserted(records, *chance.choice(found)) if found else None


@plants(Kind.ROLLED_BACK)
def a_rolled_back_event_is_logged(records: list[Record], chance: Random) -> list[Record] | None:
    events = published(records)
    failed = sorted(record.id for record in records if isinstance(record, RolledBack))
    if not failed:
        return None
    event = events[chance.choice(failed)]
    return [*records, Logged(at=math.inf, channel=event.channels[0], position=Position("other", 1, event.id))]


@plants(Kind.UNPUBLISHED)
def nobody_published_it(records: list[Record], chance: Random) -> list[Record] | None:
    found = sorted({record.position.id for record in records if isinstance(record, Heard)})
    if not found:
        return None
    id = chance.choice(found)
    fate = Publishing | Committed | RolledBack
    return [record for record in records if not isinstance(record, fate) or record.id != id]


@plants(Kind.WRONG_CHANNEL)
def an_event_of_another_channel_comes(records: list[Record], chance: Random) -> list[Record] | None:
    events = published(records)
    found = []
    for index, event in ends(records):
        ids = [id for id in sorted(committed(records)) if event.channel not in events[id].channels]
        found += [(index + 1, with_offset(event, event.position.offset + 1, id)) for id in ids]
    return inserted(records, *chance.choice(found)) if found else None


@plants(Kind.NOT_SUBSCRIBED)
def an_event_comes_after_the_end(records: list[Record], chance: Random) -> list[Record] | None:
    found = []
    for stream in streams(records).values():
        for before, index in pairwise(stream):
            event, end = records[before], records[index]
            if isinstance(event, Heard) and isinstance(end, Unsubscribed):
                found.append((index + 1, with_offset(event, event.position.offset + 1, event.position.id)))
    return inserted(records, *chance.choice(found)) if found else None


@plants(Kind.NOT_SUBSCRIBED)
def the_subscription_is_missing(records: list[Record], chance: Random) -> list[Record] | None:
    began_well = (stream for stream in streams(records).values() if len(stream) > 1)
    found = [stream[0] for stream in began_well if isinstance(records[stream[1]], Heard | Reset)]
    return without(records, chance.choice(found)) if found else None


@plants(Kind.CONTRADICTION)
def another_event_stands_there(records: list[Record], chance: Random) -> list[Record] | None:
    events = published(records)
    found = []
    for index, event in ((index, record) for index, record in enumerate(records) if isinstance(record, Heard)):
        others = [id for id, other in events.items() if event.channel in other.channels and id != event.position.id]
        if others and witnessed(records, event):
            found.append((index, with_offset(event, event.position.offset, chance.choice(others))))
    return replaced(records, *chance.choice(found)) if found else None


@plants(Kind.CONTRADICTION)
def an_event_is_altered(records: list[Record], chance: Random) -> list[Record] | None:
    found = [
        (index, msgspec.structs.replace(record, version=record.version + 1))
        for index, record in enumerate(records)
        if isinstance(record, Heard) and record.version is not None
    ]
    return replaced(records, *chance.choice(found)) if found else None


# ---- resets and states


@plants(Kind.NEEDLESS_RESET)
def a_reset_for_nothing(records: list[Record], chance: Random) -> list[Record] | None:
    found = []
    for index, record in enumerate(records):
        if isinstance(record, Heard) and not trimmed_beyond(records, record.channel, record.position):
            reset = Reset(at=record.at, reader=record.reader, channel=record.channel, position=record.position)
            found.append((index + 1, reset))
    return inserted(records, *chance.choice(found)) if found else None


@plants(Kind.NEEDLESS_RESET)
def a_reset_in_place_of_a_replay(records: list[Record], chance: Random) -> list[Record] | None:
    found = []
    for _, following, one, other in pairs(records):
        if not trimmed_beyond(records, one.channel, one.position):
            reset = Reset(at=other.at, reader=other.reader, channel=other.channel, position=other.position)
            found.append((following, reset))
    return replaced(records, *chance.choice(found)) if found else None


@plants(Kind.NEEDLESS_RESET)
def a_reset_to_another_epoch(records: list[Record], chance: Random) -> list[Record] | None:
    renumbered = {channel for record in records if isinstance(record, Renumbered) for channel in record.channels}
    found = [(index, event) for index, event in ends(records) if event.channel not in renumbered]
    if not found:
        return None
    index, event = chance.choice(found)
    reset = Reset(at=event.at, reader=event.reader, channel=event.channel, position=Position("other", 0, ""))
    return inserted(records, index + 1, reset)


@plants(Kind.WRONG_STATE)
def a_reader_shows_something_else(records: list[Record], chance: Random) -> list[Record] | None:
    found = [(index, record) for index, record in enumerate(records) if isinstance(record, Final) and record.state]
    if not found:
        return None
    index, final = chance.choice(found)
    state = dict(final.state)
    key = chance.choice(sorted(state))
    match chance.randrange(3):
        case 0:
            state[key] += 1
        case 1:
            del state[key]
        case _:
            state["stray"] = 1
    return replaced(records, index, msgspec.structs.replace(final, state=state))
