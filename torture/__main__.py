"""`python -m torture`: every fault run in its long form, with its figures, written to torture/results.json and
torture/RESULTS.md. `python -m torture NAME` does one, with `--short` as `make test` does it, which writes nothing.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from bench.machine import UnfitError
from bench.process import ServerError
from tidings.client import ClientError
from torture import guarantees, postgres, results
from torture.faults import FAULTS
from torture.ground import Ground
from torture.outcome import Outcome, TortureError
from torture.postgres import Postgres


def main() -> int:
    """Run what was asked for; returns the exit status."""
    options = _options()
    try:
        with ExitStack() as stack:
            server = cache(lambda: stack.enter_context(postgres.running()))
            failed = [name for name in options.names or FAULTS if not _passes(name, server, options)]
    except KeyboardInterrupt:
        return 130
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _passes(name: str, server: Callable[[], Postgres], options: argparse.Namespace) -> bool:
    print(f"\n{name}, {'short' if options.short else 'long'} form", flush=True)
    with tempfile.TemporaryDirectory(prefix="tidings-torture-") as directory:
        begin = time.monotonic()
        ground = Ground(options.short, Path(directory), server, options.seed)
        try:
            outcome = asyncio.run(FAULTS[name](ground))
        except (TortureError, ClientError, ServerError, UnfitError, TimeoutError) as error:
            outcome = Outcome("the run broke off")
            outcome.violated(f"{type(error).__name__}: {error}")
        outcome.figures["seconds in all"] = round(time.monotonic() - begin)
    print("\n".join(outcome.text()), flush=True)
    if not options.short:
        guarantees.quote(results.record(name, outcome))
    return outcome.passed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(FAULTS)} (all)")
    parser.add_argument("--short", action="store_true", help="as `make test` does it; nothing is written")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what is left to chance (1)")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in FAULTS]:
        parser.error(f"there is no run {unknown[0]!r}: {', '.join(FAULTS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
