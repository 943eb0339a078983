"""Rules: asked once, shared, remembered for a while, withdrawn at once."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.stage import HAND_TURNED, Gate, Me, Notes, Room, hand
from tidings import DeclarationError, Handshake, Limits, User
from tidings.access.authorization import Authorization
from tidings.protocol.codes import ErrorCode
from tidings.protocol.messages import Refused

Ask = Callable[[Room, User, Handshake | None], bool | Awaitable[bool]]


@pytest.fixture(scope="module")
def anyio_backend() -> Any:
    return HAND_TURNED


class Rules:
    """An Authorization with one rule for rooms, and the questions that the rule was asked."""

    def __init__(self, rule: Ask = lambda channel, user, handshake: True, **limits: Any) -> None:
        self.asked: list[tuple[int, str]] = []
        self.authorization = Authorization(Limits(**limits), hand().time)
        self._rule = rule
        self.authorization.add(Room, self._ask, needs_handshake=False)

    def _ask(self, channel: Room, user: User, handshake: Handshake | None) -> bool | Awaitable[bool]:
        self.asked.append((channel.room_id, user.id))
        return self._rule(channel, user, handshake)

    async def allows(self, room_id: int = 1, user_id: str = "ann") -> bool:
        return await self.authorization.allows(Room(room_id=room_id), user_id, User(user_id), None)


def gated(gate: Gate, answers: list[bool]) -> Ask:
    """A rule that waits at the gate and then gives the next answer."""

    async def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
        await gate.passed()
        return answers.pop(0)

    return rule


class TestAsking:
    async def test_the_rule_gets_the_channel_the_user_and_the_handshake(self) -> None:
        questions: list[Any] = []
        handshake, user = Handshake(path="/ws"), User("ann")

        def rule(*question: Any) -> bool:
            questions.append(question)
            return True

        rules = Rules(rule)
        assert await rules.authorization.allows(Room(room_id=7), "ann", user, handshake)
        assert questions == [(Room(room_id=7), user, handshake)]

    @pytest.mark.parametrize(("answer", "allowed"), [(True, True), (False, False), (None, False), ("yes", True)])
    async def test_plain_and_async_answers_are_taken_for_their_truth(self, answer: Any, allowed: bool) -> None:
        async def later(channel: Room, user: User, handshake: Handshake | None) -> Any:
            return answer

        assert await Rules(lambda *question: answer).allows() is allowed
        assert await Rules(later).allows() is allowed

    async def test_a_channel_without_a_rule_is_nobodys_and_the_log_says_what_to_write(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert not await Rules().authorization.allows(Notes(), "ann", User("ann"), None)
        assert "add a rule, @manager.authorize(Notes)" in caplog.text

    async def test_a_users_own_channel_needs_no_rule_and_is_only_theirs(self) -> None:
        authorization = Rules().authorization
        assert await authorization.allows(Me(user_id="ann"), "ann", User("ann"), None)
        assert not await authorization.allows(Me(user_id="ann"), "bob", User("bob"), None)

    async def test_a_second_rule_is_refused(self) -> None:
        with pytest.raises(DeclarationError, match="one channel, one rule"):
            Rules().authorization.add(Room, lambda *question: True, needs_handshake=False)

    async def test_channels_that_need_a_rule_are_named(self) -> None:
        assert Rules().authorization.missing([Notes, Room, Me]) == [Notes]

    async def test_one_rule_with_dependencies_needs_the_handshakes(self) -> None:
        rules = Rules()
        assert not rules.authorization.needs_handshake
        rules.authorization.add(Notes, lambda *question: True, needs_handshake=True)
        assert rules.authorization.needs_handshake


class TestRemembering:
    async def test_a_no_is_not_remembered_so_that_who_is_let_in_gets_in(self) -> None:
        allowed = [False]
        rules = Rules(lambda *question: allowed[0], rule_cache=60.0)
        assert not await rules.allows()
        allowed[0] = True
        assert await rules.allows()

    async def test_a_yes_holds_for_the_user_and_the_channel_until_its_time_is_over(self) -> None:
        rules = Rules(lambda *question: True, rule_cache=60.0)
        for user_id, room_id in [("ann", 1), ("ann", 1), ("bob", 1), ("ann", 2)]:
            assert await rules.allows(room_id, user_id)
        assert rules.asked == [(1, "ann"), (1, "bob"), (2, "ann")]
        await hand().advance(59.9)
        await rules.allows()
        assert len(rules.asked) == 3
        await hand().advance(0.1)
        await rules.allows()
        assert len(rules.asked) == 4

    @pytest.mark.parametrize("limits", [{"rule_cache": 0.0}, {"rule_cache_size": 0}])
    async def test_without_a_memory_every_question_is_asked(self, limits: dict[str, Any]) -> None:
        rules = Rules(**limits)
        assert [await rules.allows() for _ in range(3)] == [True] * 3
        assert len(rules.asked) == 3

    async def test_the_memory_is_bounded_and_the_oldest_answer_goes_first(self) -> None:
        rules = Rules(rule_cache_size=2)
        for room_id in (1, 2, 3):
            await rules.allows(room_id)
        await rules.allows(3)
        await rules.allows(2)
        assert [room_id for room_id, _ in rules.asked] == [1, 2, 3]
        await rules.allows(1)
        assert [room_id for room_id, _ in rules.asked] == [1, 2, 3, 1]

    async def test_forgetting_a_user_or_one_channel_of_theirs(self) -> None:
        rules = Rules()
        for user_id in ("ann", "bob"):
            for room_id in (1, 2):
                await rules.allows(room_id, user_id)
        rules.asked.clear()
        rules.authorization.forget("ann", "room:1")
        for room_id, user_id in [(1, "ann"), (2, "ann"), (1, "bob")]:
            await rules.allows(room_id, user_id)
        assert rules.asked == [(1, "ann")]
        rules.authorization.forget("ann")
        for room_id, user_id in [(1, "ann"), (2, "ann"), (1, "bob")]:
            await rules.allows(room_id, user_id)
        assert rules.asked == [(1, "ann"), (1, "ann"), (2, "ann")]

    async def test_changes_counts_what_was_withdrawn(self) -> None:
        authorization = Rules().authorization
        authorization.forget("ann")
        authorization.forget("bob", "room:1")
        assert authorization.changes == 2


class TestSharing:
    async def test_many_who_ask_at_once_share_one_evaluation(self) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True]))
        askers = [asyncio.create_task(rules.allows()) for _ in range(50)]
        await gate.reached()
        gate.open()
        assert await asyncio.gather(*askers) == [True] * 50
        assert len(rules.asked) == 1

    async def test_without_a_memory_they_share_it_too(self) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True]), rule_cache=0.0)
        askers = [asyncio.create_task(rules.allows()) for _ in range(5)]
        await gate.reached()
        gate.open()
        assert await asyncio.gather(*askers) == [True] * 5

    async def test_who_asks_at_any_moment_while_the_answer_is_on_its_way_shares_it(self) -> None:
        asking: list[asyncio.Task[list[bool]]] = []

        async def ask_again_and_again() -> list[bool]:
            askers = []
            for _ in range(6):
                askers.append(asyncio.create_task(rules.allows()))
                await asyncio.sleep(0)
            return await asyncio.gather(*askers)

        async def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
            await asyncio.sleep(0)
            asking.append(asyncio.create_task(ask_again_and_again()))
            return True

        rules = Rules(rule)
        assert await rules.allows()
        assert await asking[0] == [True] * 6
        assert len(rules.asked) == 1

    @pytest.mark.parametrize("turns", range(6))
    async def test_a_withdrawal_at_any_moment_while_the_answer_is_on_its_way_is_not_forgotten(self, turns: int) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True, False, False]))
        asker = asyncio.create_task(rules.allows())
        await gate.reached()
        gate.open()
        for _ in range(turns):
            await asyncio.sleep(0)
        rules.authorization.forget("ann")
        await asker
        assert not await rules.allows()

    async def test_one_who_goes_does_not_take_the_answer_from_the_others(self) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True]))
        first, second = (asyncio.create_task(rules.allows()) for _ in range(2))
        await gate.reached()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.open()
        assert await second
        assert len(rules.asked) == 1

    async def test_an_answer_that_nobody_waits_for_any_more_is_no_complaint(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        gate = Gate()

        async def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
            await gate.passed()
            raise LookupError("nobody listens")

        rules = Rules(rule)
        asker = asyncio.create_task(rules.allows())
        await gate.reached()
        asker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asker
        gate.open()
        await self._ended(rules)
        gc.collect()
        assert "never retrieved" not in caplog.text

    async def test_what_was_asked_before_a_withdrawal_is_asked_again(self) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True, False]))
        asker = asyncio.create_task(rules.allows())
        await gate.reached()
        rules.authorization.forget("ann")
        gate.open()
        assert not await asker
        assert len(rules.asked) == 2

    async def test_a_withdrawal_of_another_users_does_not_ask_again(self) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True]))
        asker = asyncio.create_task(rules.allows())
        await gate.reached()
        rules.authorization.forget("bob")
        rules.authorization.forget("ann", "room:2")
        gate.open()
        assert await asker

    async def test_who_comes_after_the_withdrawal_does_not_get_the_void_answer(self) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True, False]))
        before = asyncio.create_task(rules.allows())
        await gate.reached()
        rules.authorization.forget("ann")
        after = asyncio.create_task(rules.allows())
        gate.open()
        assert not any(await asyncio.gather(before, after))

    @staticmethod
    async def _ended(rules: Rules) -> None:
        """Wait until no evaluation runs: a new question is evaluated after it, or shares it."""
        with pytest.raises(Refused):
            await rules.allows()


class TestFailing:
    async def test_a_rule_that_raises_is_an_internal_error_and_not_remembered(self) -> None:
        answers: list[Any] = [LookupError("the database is away"), True]

        def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return bool(answer)

        rules = Rules(rule)
        with pytest.raises(Refused) as refused:
            await rules.allows()
        assert (refused.value.code, refused.value.channel) == (ErrorCode.INTERNAL_ERROR, "room:1")
        assert "database" not in refused.value.reason
        assert isinstance(refused.value.__cause__, LookupError)
        assert await rules.allows()

    async def test_all_who_share_a_failing_rule_are_refused(self) -> None:
        gate = Gate()

        async def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
            await gate.passed()
            raise LookupError

        rules = Rules(rule)
        askers = [asyncio.create_task(rules.allows()) for _ in range(3)]
        await gate.reached()
        gate.open()
        found = await asyncio.gather(*askers, return_exceptions=True)
        assert [type(one) for one in found] == [Refused] * 3

    async def test_a_rule_that_takes_too_long_is_ended_for_all_who_wait(self) -> None:
        gate = Gate()
        rules = Rules(gated(gate, [True]), rule_timeout=10.0)
        first = asyncio.create_task(rules.allows())
        await gate.reached()
        await hand().advance(6.0)
        second = asyncio.create_task(rules.allows())
        await hand().advance(4.0)
        found = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(one) for one in found] == [Refused, Refused]
        assert len(rules.asked) == 1

    async def test_a_rule_that_nobody_waits_for_is_ended_too(self) -> None:
        gate, ended = Gate(), asyncio.Event()

        async def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
            try:
                await gate.passed()
            finally:
                ended.set()
            return True

        rules = Rules(rule, rule_timeout=10.0)
        asker = asyncio.create_task(rules.allows())
        await gate.reached()
        asker.cancel()
        await hand().advance(10.0)
        assert ended.is_set()

    async def test_a_rule_whose_own_work_was_cancelled_is_an_internal_error(self) -> None:
        async def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
            work = asyncio.get_running_loop().create_future()
            work.cancel()
            await work
            return True

        with pytest.raises(Refused) as refused:
            await Rules(rule).allows()
        assert refused.value.code is ErrorCode.INTERNAL_ERROR

    async def test_a_rule_may_refuse_with_its_own_reason(self) -> None:
        def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
            raise Refused(ErrorCode.FORBIDDEN, "the room is closed on Sundays", channel=channel.name)

        with pytest.raises(Refused, match="closed on Sundays"):
            await Rules(rule).allows()


def test_what_was_asked_on_a_loop_that_ended_does_not_hold_up_the_next() -> None:
    asked: list[str] = []

    async def rule(channel: Room, user: User, handshake: Handshake | None) -> bool:
        asked.append(user.id)
        if len(asked) == 1:
            await asyncio.get_running_loop().create_future()
        return True

    authorization = Authorization(Limits(), lambda: 0.0)
    authorization.add(Room, rule, needs_handshake=False)

    async def ask() -> bool:
        return await authorization.allows(Room(room_id=1), "ann", User("ann"), None)

    with asyncio.Runner() as ended, asyncio.Runner() as next_one:
        waiting = ended.get_loop().create_task(ask())
        while not asked:
            ended.run(asyncio.sleep(0))
        authorization.restart()
        assert next_one.run(ask())
        assert not waiting.done()
