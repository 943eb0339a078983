"""The garbage collector of a server, whose application stays and whose connections live long."""

import gc

_USUAL = gc.get_threshold()

# With Python's own, 10,000 connections that come at once are looked through 20 times, the whole application with them.
_THRESHOLDS = (10_000, 10, 100)


def settle() -> None:
    """Leave out of all further collections what was made until now, and collect less often.

    An application that has set thresholds of its own, or has switched the collector off, is left alone.
    """
    if gc.isenabled() and gc.get_threshold() == _USUAL:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_THRESHOLDS)
