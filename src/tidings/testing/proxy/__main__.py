"""`python -m tidings.testing.proxy --upstream 127.0.0.1:8000`: the fault proxy as a process.

It reads commands from its input, one JSON object a line, and answers each with a line: its state or an error
(`tidings.testing.proxy.control`). The first line it writes says where it listens. It ends with its input.
"""

import argparse
import asyncio
import json
import sys
from typing import Any

from tidings.testing.proxy.control import address, obey, state
from tidings.testing.proxy.proxy import Address, FaultProxy


async def run(upstream: Address, listen: Address) -> None:
    """Serve until the input ends."""
    async with FaultProxy(upstream, host=listen[0], port=listen[1]) as proxy:
        _answer(state(proxy))
        while line := await asyncio.to_thread(sys.stdin.readline):
            _answer(obey(proxy, line))


def _answer(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _address(text: str) -> Address:
    try:
        return address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m tidings.testing.proxy",
        description="A TCP proxy with faults. Commands come as JSON lines on standard input, such as "
        '{"to_client": {"delay": 0.2}}, {"do": "reset"}; it ends with its input.',
    )
    parser.add_argument("--upstream", required=True, type=_address, metavar="HOST:PORT", help="the server")
    parser.add_argument(
        "--listen",
        default=("127.0.0.1", 0),
        type=_address,
        metavar="HOST:PORT",
        help="default: a free port of 127.0.0.1",
    )
    options = parser.parse_args()
    asyncio.run(run(options.upstream, options.listen))


if __name__ == "__main__":
    main()
