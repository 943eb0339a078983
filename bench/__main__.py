"""`python -m bench`: measure tidings and the guide's server in alternating pairs, and write bench/RESULTS.md.

`python -m bench desk` measures the scheduling desk in a browser instead; `python -m bench peers [NAME…]` tries each
peer: whether it installs, starts and delivers.
"""

import argparse
import gc
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench import machine, report
from bench.desk import run as desk
from bench.measure import Plan, Run, run
from bench.opening import LoadError
from bench.peers import smoke
from bench.process import Server, ServerError
from bench.servers import workload

OURS = ("tidings", ["tidings.cli", "serve", "bench.servers.ours:app", "--port", "0"])
GUIDE = ("the guide", ["uvicorn", "bench.servers.guide:app", "--port", "0"])

_FULL = Plan()
_QUICK = Plan(pairs=1, idle=2_000, warm_up=1.0, window=3.0)


def main() -> int:
    """Measure and write; returns the exit status. What cannot be measured is said in one sentence."""
    if sys.argv[1:2] == ["desk"]:
        return desk.main(sys.argv[2:])
    if sys.argv[1:2] == ["peers"]:
        return smoke.main(sys.argv[2:])
    options = _options()
    plan: Plan = options.plan
    try:
        if not options.output.parent.is_dir():
            raise machine.UnfitError(f"there is no directory {options.output.parent} to write {options.output.name} to")
        core, remarks = machine.prepare(max(plan.connections, plan.idle))
        pairs = _measure(plan, core, remarks)
    except (machine.UnfitError, ServerError, LoadError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    page = report.page(pairs, plan, machine.description(), datetime.now(UTC), remarks)
    about_desk = desk.kept(options.output)
    options.output.write_text(f"{page}\n{about_desk}" if about_desk else page)
    print("\n" + page.partition("## What")[0] + f"written to {options.output}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="one short pair")
    add("--pairs", type=_positive, metavar="N", help="how many pairs (5)")
    add("--connections", type=_positive, metavar="N", help="connections on the channel (1,000)")
    add("--idle", type=_positive, metavar="N", help="connections whose memory is measured (10,000)")
    add("--window", type=_positive, metavar="SECONDS", help="how long each measurement takes (6)")
    add("--output", type=Path, default=Path(__file__).with_name("RESULTS.md"), help="where the results go")
    options = parser.parse_args()
    options.plan = _plan(options)
    return options


def _plan(options: argparse.Namespace) -> Plan:
    plan = _QUICK if options.quick else _FULL
    chosen = {name: getattr(options, name) for name in ("pairs", "connections", "idle", "window")}
    return replace(plan, **{name: value for name, value in chosen.items() if value is not None})


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _measure(plan: Plan, core: int | None, remarks: list[str]) -> list[tuple[Run, Run]]:
    """The pairs; every second one begins with the guide."""
    for remark in remarks:
        print(f"bench: {remark}", file=sys.stderr)
    gc.disable()  # the load's own, which makes no cycles
    tokens = list(workload.tokens(max(plan.connections, plan.idle + 1)))
    pairs = []
    for number in range(plan.pairs):
        runs = {}
        for side in (OURS, GUIDE) if number % 2 == 0 else (GUIDE, OURS):
            name, arguments = side
            print(f"pair {number + 1} of {plan.pairs}: {name}", flush=True)
            runs[name] = run(partial(Server, name, arguments, core), tokens, plan)
        pairs.append((runs[OURS[0]], runs[GUIDE[0]]))
    return pairs


if __name__ == "__main__":
    sys.exit(main())
