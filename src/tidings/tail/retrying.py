"""Work that goes on for ever, whatever fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tidings.protocol.errors import in_one_line

log = logging.getLogger("tidings")


async def retry_forever(
    work: Callable[[Callable[[], None]], Awaitable[None]],
    what: str,
    *,
    to: str = "the logs",
    patience: float,
    random: Callable[[], float],
) -> None:
    """Do something for ever, with pauses after failures. An outage is told when it begins and when it ends: `what`
    cannot be done, to what.

    `work` calls the function that it is given whenever it has succeeded.
    """
    failures = 0

    def works() -> None:
        nonlocal failures
        if failures:
            log.warning("%s can be %s again, after %d failures", to, what, failures)
        failures = 0

    while True:
        try:
            await work(works)
        except Exception as error:
            if not failures:
                log.error("%s cannot be %s, which is tried until they can: %s", to, what, in_one_line(error))  # noqa: TRY400
                log.debug("%s cannot be %s", to, what, exc_info=error)
            failures += 1
            await asyncio.sleep(random() * min(patience, 0.1 * 2 ** min(failures, 10)))
