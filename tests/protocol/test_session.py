"""The table of a client's states."""

import itertools

import pytest

from tidings.protocol.session import TRANSITIONS, Input, State, step

OPENED, AUTHENTICATING, ESTABLISHED, REFRESHING, CLOSED = State


def after(*inputs: Input) -> State | None:
    state: State | None = OPENED
    for input in inputs:
        assert state is not None
        state = step(state, input)
    return state


@pytest.mark.parametrize(
    ("inputs", "state"),
    [
        ((Input.AUTH, Input.ACCEPTED), ESTABLISHED),
        ((Input.AUTH, Input.REFUSED), CLOSED),
        ((Input.AUTH, Input.AUTH_TIMEOUT), CLOSED),
        ((Input.AUTH_TIMEOUT,), CLOSED),
        ((Input.AUTH, Input.ACCEPTED, Input.AUTH), REFRESHING),
        ((Input.AUTH, Input.ACCEPTED, Input.AUTH, Input.ACCEPTED), ESTABLISHED),
        ((Input.AUTH, Input.ACCEPTED, Input.AUTH, Input.REFUSED), ESTABLISHED),  # the old token stays in force
        ((Input.AUTH, Input.ACCEPTED, Input.AUTH, Input.EXPIRED), CLOSED),
        ((Input.AUTH, Input.ACCEPTED, Input.EXPIRED), CLOSED),
        ((Input.AUTH, Input.ACCEPTED, Input.SUBSCRIBE), ESTABLISHED),
    ],
)
def test_a_life(inputs: tuple[Input, ...], state: State) -> None:
    assert after(*inputs) is state


def test_every_state_stands_in_the_table() -> None:
    assert TRANSITIONS.keys() == set(State)


@pytest.mark.parametrize("state", [state for state in State if state is not CLOSED])
def test_any_open_state_answers_pings_and_can_be_closed(state: State) -> None:
    assert step(state, Input.PING) is state
    assert step(state, Input.CLOSE) is CLOSED


@pytest.mark.parametrize("input", Input)
def test_nothing_happens_after_the_close(input: Input) -> None:
    assert step(CLOSED, input) is None


@pytest.mark.parametrize("input", [Input.SUBSCRIBE, Input.UNSUBSCRIBE, Input.APPLICATION, Input.ACCEPTED])
def test_before_a_token_only_auth_and_ping_are_taken(input: Input) -> None:
    assert step(OPENED, input) is None


def test_only_an_accepted_token_establishes() -> None:
    leading = {
        (state, input)
        for state, input in itertools.product(State, Input)
        if step(state, input) is ESTABLISHED and state is not ESTABLISHED
    }
    assert leading == {
        (AUTHENTICATING, Input.ACCEPTED),
        (REFRESHING, Input.ACCEPTED),
        (REFRESHING, Input.REFUSED),
    }


@pytest.mark.parametrize("state", [ESTABLISHED, REFRESHING])
def test_an_established_client_has_no_auth_timeout(state: State) -> None:
    assert step(state, Input.AUTH_TIMEOUT) is None
