"""The fault proxy's commands, and the proxy as a process."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from tidings.testing.proxy import FaultProxy
from tidings.testing.proxy.control import address, obey


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    async with FaultProxy(("127.0.0.1", 1)) as running:
        yield running


def command(proxy: FaultProxy, document: object) -> dict[str, Any]:
    return obey(proxy, json.dumps(document))


async def test_commands_set_faults(proxy: FaultProxy) -> None:
    answer = command(
        proxy,
        {
            "to_client": {"delay": 0.5, "rate": 1_000},
            "to_server": {"blackhole": True},
            "refusing": True,
            "upstream": "h:9",
        },
    )
    assert (proxy.to_client.delay, proxy.to_client.rate, proxy.to_server.blackhole) == (0.5, 1_000, True)
    assert (proxy.refusing, proxy.upstream) == (True, ("h", 9))
    host, port = proxy.address
    assert answer["listening"] == f"{host}:{port}"
    assert answer["to_client"] == {"received": 0, "passed": 0, "dropped": 0}


async def test_heal_comes_before_what_else_is_said(proxy: FaultProxy) -> None:
    proxy.to_client.delay = proxy.to_server.delay = 1
    command(proxy, {"to_client": {"delay": 2}, "do": "heal"})
    assert (proxy.to_client.delay, proxy.to_server.delay) == (2, 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "a command is a JSON object"),
        ('{"do": "explode"}', "do: .*explode.* is no command; there are do"),
        ('{"do": []}', "do: .* is no command"),
        ('{"to_client": {"delay": "long"}}', 'delay: "long" is no fault; there are delay'),
        ('{"to_client": {"delay": -1}}', "delay: -1 is no fault"),
        ('{"to_client": {"delay": NaN}}', "delay: NaN is no fault"),
        ('{"to_client": {"rate": 0}}', "rate: 0 is no fault"),
        ('{"to_client": {"drop": true}}', "drop: true is no fault"),
        ('{"to_client": {"warp": 1}}', "warp: 1 is no fault"),
        ('{"upstream": "nowhere"}', "'nowhere' is not an address: host:port"),
    ],
)
async def test_a_wrong_command_is_answered_and_does_nothing(proxy: FaultProxy, line: str, reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(obey(proxy, line)["error"])
    proxy.to_server.delay = 1
    assert "error" in command(proxy, {"do": "heal", "to_client": {"delay": 1, "warp": 1}})
    assert (proxy.to_client.delay, proxy.to_server.delay) == (0, 1)


def test_addresses() -> None:
    assert address("[::1]:8000") == ("::1", 8000)
    for text in ("", "host", ":1", "host:", "host:65536", "host:-1"):
        with pytest.raises(ValueError, match="is not an address"):
            address(text)


async def test_as_a_process() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        with suppress(ConnectionResetError):
            await reader.read()
        writer.close()

    async with asyncio.timeout(60), await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()[:2]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-m", "tidings.testing.proxy", "--upstream", f"{host}:{port}",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        listening = address(json.loads(await process.stdout.readline())["listening"])
        reader, writer = await asyncio.open_connection(*listening)
        assert await reader.readexactly(5) == b"hello"
        process.stdin.write(b'{"do": "reset"}\n')
        assert json.loads(await process.stdout.readline())["to_client"]["passed"] == 5
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        process.stdin.close()
        assert await process.wait() == 0


async def test_a_wrong_address_is_explained() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tidings.testing.proxy", "--upstream", "nowhere", stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"'nowhere' is not an address: host:port, such as 127.0.0.1:8000" in errors
