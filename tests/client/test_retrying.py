"""When a client connects again after servers that said goodbye. (The rest: `test_reconnect.py`.)"""

from tidings.client.retrying import GOODBYES, LOWEST_CEILING, STABLE_AFTER, Loss, Retries

GOODBYE = Loss(reason="the server is going away", again=True)
LIFE = STABLE_AFTER - 0.5  # of a connection that never counts as stable


def after_goodbyes(count: int) -> tuple[float, float]:
    """The wait after the last of so many servers in a row, each of which was there for a while; and the time then."""
    retries, now, wait = Retries(lambda: 0.999, renewable=False), 100.0, 0.0
    for _ in range(count):
        retries.established(now)
        retries.announced = True
        now += LIFE
        found = retries.lost(GOODBYE, now)
        assert found is not None
        wait, now = found, now + found
    return wait, now


def test_after_the_first_it_comes_back_at_once() -> None:
    assert after_goodbyes(1)[0] == 0.0


def test_workers_that_are_replaced_one_after_the_other_are_no_outage() -> None:
    for count in range(2, GOODBYES + 2):
        assert 0.9 < after_goodbyes(count)[0] < LOWEST_CEILING


def test_more_of_them_are() -> None:
    assert after_goodbyes(GOODBYES + 2)[0] > LIFE
    assert after_goodbyes(GOODBYES + 3)[0] > 2 * LIFE


def test_a_try_that_fails_after_a_goodbye_is_one() -> None:
    retries = Retries(lambda: 0.999, renewable=False)
    retries.established(0.0)
    retries.announced = True
    assert retries.lost(GOODBYE, 1.0) == 0.0
    waits = [retries.lost(Loss(reason="nobody", again=True, before_open=True), now) for now in (1.0, 3.0, 6.0)]
    assert waits == [0.999 * ceiling for ceiling in (1.0, 2.0, 5.0)]
