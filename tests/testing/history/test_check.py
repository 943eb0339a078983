"""The history checker: silent on correct histories, and it catches every kind of violation that is planted."""

import itertools
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.testing.history.mutants import MUTANTS, Mutant
from tests.testing.history.simulation import CHANNELS, READERS, Simulation
from tidings.protocol.log import Position
from tidings.testing.history import History, Kind, Record, check, read, written
from tidings.testing.history.records import OfReader

SEED = 20261123


def planted(mutant: Mutant, chance: Random) -> list[Record]:
    """A history with this violation: the first of a few simulated ones that gives the occasion."""
    for _ in range(50):
        records = mutant(Simulation(chance).records, chance)
        if records is not None:
            return records
    raise AssertionError(f"no history gave the occasion for {mutant.__name__}")


def shuffled(records: list[Record], chance: Random) -> list[Record]:
    """As several processes have written them: each reader's in their order, the others in any."""
    parts: dict[object, list[Record]] = {}
    for number, record in enumerate(records):
        parts.setdefault(record.reader if isinstance(record, OfReader) else number, []).append(record)
    chance.shuffle(order := list(parts.values()))
    return [record for part in order for record in part]


def test_no_alarm_on_a_hundred_correct_histories() -> None:
    chance = Random(SEED)
    heard = resets = 0
    for _ in range(100):
        report = check(shuffled(Simulation(chance, steps=300).records, chance))
        assert not report.violations, report
        heard, resets = heard + report.heard, resets + report.resets
    assert heard > 5_000
    assert resets > 100


def test_a_hundred_of_a_hundred_planted_violations() -> None:
    chance = Random(SEED)
    mutants = list(itertools.islice(itertools.cycle(MUTANTS), 100))
    for mutant in mutants:
        report = check(shuffled(planted(mutant, chance), chance))
        assert report.counts[MUTANTS[mutant]], f"{mutant.__name__} was not caught: {report}"


def test_every_kind_is_planted() -> None:
    assert set(MUTANTS.values()) == set(Kind)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False))
def test_correct_histories_are_clean(chance: Random) -> None:
    report = check(Simulation(chance, steps=60).records)
    assert not report.violations, report


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutant=st.sampled_from(list(MUTANTS)), seed=st.integers(0, 2**32 - 1))
def test_whatever_is_planted_is_caught(mutant: Mutant, seed: int) -> None:
    report = check(planted(mutant, Random(seed)))
    assert report.counts[MUTANTS[mutant]], f"not caught: {report}"


def test_the_world_is_wide_enough() -> None:
    """What the hundred histories contain: otherwise silence would say little."""
    chance = Random(SEED)
    records = [record for _ in range(100) for record in Simulation(chance).records]
    kinds = {type(record).__name__ for record in records}
    assert kinds >= {"Publishing", "Committed", "RolledBack", "Logged", "Trimmed", "Renumbered"}
    assert kinds >= {"Subscribed", "Heard", "Reset", "Unsubscribed", "Final", "Expected"}
    assert {record.channel for record in records if isinstance(record, OfReader)} == set(CHANNELS)
    assert {record.reader for record in records if isinstance(record, OfReader)} == set(READERS)


# ---- what single histories mean


@pytest.fixture
def history() -> History:
    ticks = itertools.count(1.0)
    return History(clock=lambda: next(ticks))


def at(offset: int, id: str = "", epoch: str = "E") -> Position:
    return Position(epoch, offset, id or f"e{offset}" if offset else "")


def publish(history: History, *offsets: int, outcome: str = "committed", key: str | None = None) -> None:
    for offset in offsets:
        history.publishing(f"e{offset}", "news", key=key)
        if outcome != "unknown":
            getattr(history, outcome)(f"e{offset}")


def kinds(history: History, holds: int | None = None) -> set[Kind]:
    return set(check(history.records, holds=holds).counts)


def test_an_event_of_unknown_outcome_may_come_once_or_never(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1, 2, outcome="unknown")
    reader.event("news", at(1))
    assert not kinds(history)
    other = history.reader("ben")
    other.subscribed("news", at(0))
    assert kinds(history) == {Kind.LOST}  # somebody has it: then everybody must


def test_an_event_that_is_nowhere_is_lost_to_who_followed(history: History) -> None:
    early, late = history.reader("early"), history.reader("late")
    early.subscribed("news", at(0))
    publish(history, 1)
    late.subscribed("news", at(1))
    report = check(history.records)
    assert [(violation.kind, violation.reader) for violation in report.violations] == [(Kind.LOST, "early")]


def test_the_answer_before_a_reset_is_no_gap(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1, 2, 3)
    history.trimmed("news", at(2))
    reader.subscribed("news", at(3))
    reader.reset("news", at(3))
    assert not kinds(history)


def test_a_bound_of_the_log_excuses_a_reset(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1, 2, 3)
    reader.reset("news", at(3))
    assert not kinds(history, holds=2)
    assert kinds(history, holds=3) == {Kind.NEEDLESS_RESET}
    assert kinds(history) == {Kind.NEEDLESS_RESET}


def test_a_trim_that_comes_later_does_not(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1, 2)
    reader.reset("news", at(2))
    history.trimmed("news", at(2))
    assert kinds(history) == {Kind.NEEDLESS_RESET}


def test_each_renumbering_excuses_one_reset(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    history.renumbered()
    reader.reset("news", at(0, epoch="F"))
    assert not kinds(history)
    reader.reset("news", at(0, epoch="G"))
    assert kinds(history) == {Kind.NEEDLESS_RESET}


def test_a_retry_that_succeeds_after_a_rollback_is_committed(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1, outcome="rolled_back")
    publish(history, 1)
    reader.event("news", at(1))
    assert not kinds(history)


def test_a_retry_of_unknown_outcome_after_a_rollback_is_unknown(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1, outcome="rolled_back")
    publish(history, 1, outcome="unknown")
    assert not kinds(history)
    reader.event("news", at(1))
    assert not kinds(history)


def test_conflation_needs_no_keys_in_what_readers_record(history: History) -> None:
    history.reader("all").subscribed("news", at(0))
    reader = history.reader("slow")
    reader.subscribed("news", at(0))
    publish(history, 1, 2, 3, key="k")
    for offset in (1, 2, 3):
        history.reader("all").event("news", at(offset))
    reader.event("news", at(3), after=0)
    assert not kinds(history)


def test_an_outcome_that_nobody_announced_is_an_error(history: History) -> None:
    publish(history, 1)
    history.committed("e1", "other")
    with pytest.raises(ValueError, match=r"the outcome of 'e1' on 'other', which no `publishing` announces"):
        check(history.records)


def test_a_report_says_what_where_and_who(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1, 2)
    reader.event("news", at(1))
    reader.event("news", at(1))
    reader.final("news", {"a": 1, "b": 2})
    history.expected("news", {"a": 1, "b": 3, "c": 4})
    assert str(check(history.records)).splitlines() == [
        "1 × duplicate, 1 × lost, 1 × wrong state; 2 events published, 2 committed, 2 heard by 1 readers, 0 resets",
        "  duplicate on news at E/1, reader anna, event e1: it was heard before",
        "  lost on news, reader anna, event e2: committed while the reader followed, and never heard",
        "  wrong state on news, reader anna: b is 2, not 3; c is missing",
    ]


def test_all_violations_are_counted_and_some_kept(history: History) -> None:
    reader = history.reader("anna")
    reader.subscribed("news", at(0))
    publish(history, 1)
    for _ in range(101):
        reader.event("news", at(1))
    report = check(history.records, keep=10)
    assert (report.counts[Kind.DUPLICATE], len(report.violations)) == (100, 10)
    assert str(report).endswith("and 80 more")


# ---- as lines


def test_a_history_survives_as_lines(history: History) -> None:
    records = Simulation(Random(SEED)).records
    assert list(read(written(records))) == records


def test_a_writer_keeps_nothing_and_names_its_source() -> None:
    lines: list[bytes] = []
    history = History("page", clock=lambda: 1.5, write=lines.append)
    history.reader("anna").event("news", at(1), version=0)
    assert lines == [
        b'{"record":"heard","reader":"page/anna","channel":"news","position":["E",1,"e1"],"version":0,"at":1.5}\n'
    ]
    assert not history.records


def test_a_torn_last_line_is_passed_over() -> None:
    lines = list(written(Simulation(Random(SEED)).records))
    assert len(list(read([*lines[:5], lines[5][:-9]]))) == 5


def test_a_line_that_is_no_record_is_named() -> None:
    with pytest.raises(ValueError, match=r"line 2 is no record of a history: .*'nonsense'"):
        list(read([next(written(Simulation(Random(SEED)).records)), b'{"record": "nonsense"}\n']))
