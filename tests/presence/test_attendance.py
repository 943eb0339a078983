"""The connections on one channel of one node, without a clock and without a log."""

from hypothesis import given
from hypothesis import strategies as st

from tidings.presence.attendance import Attendance
from tidings.presence.nodes import Nodes
from tidings.protocol.presence import Changed, Present, Roster

USERS = st.sampled_from(["anna", "ben", "cleo", "dora"])
ACTS = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "end", "expire", "release", "update", "say", "full", "fail"]), USERS),
    max_size=60,
)


class Channel:
    """A channel's attendance, who is to be there, and what was said of it."""

    def __init__(self, limit: int) -> None:
        self.attendance, self.roster = Attendance(limit), Roster()
        self.here: dict[str, list[str]] = {}
        self.ended: dict[str, list[str]] = {}

    def act(self, act: str, user: str, now: int) -> None:
        """Do one thing, if it can be done."""
        mine, gone = self.here.setdefault(user, []), self.ended.setdefault(user, [])
        acts = {"leave": mine, "end": mine, "update": mine, "expire": gone}
        if acts.get(act, True):
            getattr(self, act)(user, mine, gone, now)

    def enter(self, user: str, mine: list[str], gone: list[str], now: int) -> None:
        self.attendance.enter(user, f"c{now}")
        mine.append(f"c{now}")
        del gone[:1]

    def leave(self, user: str, mine: list[str], gone: list[str], now: int) -> None:
        self.attendance.leave(user, mine.pop())

    def end(self, user: str, mine: list[str], gone: list[str], now: int) -> None:
        gone.append(mine.pop())
        self.attendance.leave(user, gone[-1], until=float(now))

    def expire(self, user: str, mine: list[str], gone: list[str], now: int) -> None:
        self.attendance.expire(user, gone.pop(0), float(now))

    def release(self, user: str, mine: list[str], gone: list[str], now: int) -> None:
        self.attendance.release(user)
        gone.clear()

    def update(self, user: str, mine: list[str], gone: list[str], now: int) -> None:
        self.attendance.update(user, mine[-1], {"at": now})

    def fail(self, *_: object) -> None:
        self.attendance.mark(self.attendance.changes())

    def say(self, *_: object, full: bool = False) -> None:
        users = self.attendance.everyone() if full else self.attendance.changes()
        self.roster.apply(Changed("n", users, full=full))
        self.attendance.confirm(users, full=full)

    def full(self, *_: object) -> None:
        self.say(full=True)


@given(ACTS, st.integers(1, 4))
def test_what_is_said_adds_up_to_who_is_there(acts, limit) -> None:
    channel = Channel(limit)
    for number, (act, user) in enumerate(acts):
        channel.act(act, user, number)
    for _ in range(2):  # who had to wait for room is said with the second
        channel.say()
    counts = {user: len(channel.here[user]) + len(channel.ended[user]) for user in channel.here}
    shown = {user.user_id: user.connections for user in channel.roster.users()}
    assert shown.items() <= counts.items()
    assert len(shown) == min(limit, sum(map(bool, counts.values())))
    assert channel.attendance.unused == (not any(counts.values()))


def test_the_latest_sixteen_of_a_user_are_said() -> None:
    attendance = Attendance()
    for number in range(20):
        attendance.enter("anna", f"c{number}")
        attendance.update("anna", f"c{number}", {"at": number})
    attendance.update("anna", "c0", {"at": 0})
    assert attendance.changes() == [Present("anna", 20, [{"at": at} for at in [*range(5, 20), 0]])]


def test_a_page_that_is_loaded_again_says_nothing() -> None:
    attendance = Attendance()
    attendance.enter("anna", "first")
    attendance.update("anna", "first", {"week": 48})
    attendance.confirm(attendance.changes())
    attendance.leave("anna", "first", until=10.0)
    attendance.enter("anna", "second")
    assert attendance.changes() == []
    attendance.update("anna", "second", {"week": 48})
    assert attendance.changes() == []
    attendance.expire("anna", "first", 10.0)
    assert attendance.changes() == []


def test_what_an_ended_connection_said_ends_with_its_place() -> None:
    attendance = Attendance()
    attendance.enter("anna", "first")
    attendance.update("anna", "first", {"week": 48})
    attendance.leave("anna", "first", until=10.0)
    attendance.enter("anna", "second")
    assert attendance.changes() == [Present("anna", 1, [{"week": 48}])]
    attendance.expire("anna", "first", 10.0)
    assert attendance.changes() == [Present("anna", 1)]


def test_a_node_that_does_not_hear_itself_judges_no_other() -> None:
    nodes = Nodes(10.0)
    nodes.hear_self(0.0)
    nodes.hear("other", 0.0)
    assert nodes.gone(20.0) == []  # neither does it hear itself
    nodes.hear_self(20.0)
    assert nodes.gone(20.0) == []  # the other's are yet to come
    nodes.hear_self(22.0)
    assert nodes.gone(22.0) == []
    for second in range(24, 36, 2):
        nodes.hear_self(float(second))
    assert nodes.gone(34.0) == ["other"]


def test_a_node_that_stops_is_gone_after_the_grace() -> None:
    nodes = Nodes(10.0)
    nodes.leave("other", 5.0)
    assert (nodes.alive(), nodes.gone(14.9), nodes.gone(15.0)) == (set(), [], ["other"])
    nodes.forget("other")
    assert (nodes.leaving, nodes.gone(30.0)) == ([], [])
