"""What can be said of a server from where its clients are: upgrades, proxies, timeouts, TLS, clocks."""

import asyncio
import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Origin

from tidings.cli.doctor.finding import Finding, compared_clocks, fault, passed, skipped, warning
from tidings.protocol.messages import WSEventType
from tidings.protocol.origins import is_loopback

_SECURE = {"https": "wss", "http": "ws", "wss": "wss", "ws": "ws"}
_STRANGER = "https://tidings-doctor.invalid"  # RFC 6761: nobody's

_PASS_ON = (
    "pass the upgrade on: in nginx proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade"; other balancers have a switch for WebSockets'
)
_REFUSALS = {  # by status: what is likely, and its fix
    403: (
        "there is nothing at {path}, or pages of {origin} may not connect",
        "compare the path with manager.router(…), and the origin with ConnectionManager(origins=[…]) and --origin",
    ),
    404: (
        "there is nothing at {path}, or a proxy takes the Upgrade header away and the application sees a plain GET",
        f"compare the path with manager.router(…); {_PASS_ON}",
    ),
    502: ("a proxy reaches no server", "see that the server runs, and at which address the proxy looks for it"),
    503: ("the server takes nobody now", "its /readyz and its log say why"),
    504: ("a proxy reaches no server in time", "see that the server runs, and at which address the proxy looks for it"),
}
_NO_UPGRADE = ("the upgrade did not reach the server, or was not understood", _PASS_ON)


@dataclass(frozen=True, slots=True)
class Address:
    """A server's endpoint, as its clients name it, and how to look at it. Times in seconds."""

    url: SplitResult
    origin: str
    patience: float = 10.0

    @classmethod
    def of(cls, text: str, origin: str | None = None, patience: float = 10.0) -> "Address":
        """Read a URL, its path `/ws` unless it has one. Raises ValueError for what is none."""
        url = urlsplit(text)
        try:
            known = url.scheme in _SECURE and url.hostname and url.port != 0
        except ValueError:  # the port
            known = False
        if not known:
            raise ValueError(f"{text!r} is no address of a server: write wss://app.example/ws")
        url = url._replace(scheme=_SECURE[url.scheme], path=url.path if url.path.strip("/") else "/ws", fragment="")
        return cls(url, origin or f"{'https' if url.scheme == 'wss' else 'http'}://{url.netloc}", patience)

    @property
    def readiness(self) -> str:
        """Where the server says whether it is ready."""
        scheme = {"wss": "https", "ws": "http"}[self.url.scheme]
        return self.url._replace(scheme=scheme, path="/readyz", query="").geturl()

    @property
    def where(self) -> str:
        """The address without its query, which may hold a token."""
        return self.url._replace(query="").geturl()

    def connected(self, origin: str | None = None) -> AbstractAsyncContextManager[ClientConnection]:
        """A connection of a page of this origin."""
        return connect(
            self.url.geturl(),
            origin=Origin(origin or self.origin),
            open_timeout=self.patience,
            close_timeout=2.0,
            ping_interval=None,
            compression=None,
            proxy=None,
        )


async def examine_address(address: Address, *, token: str | None, hold: float) -> list[Finding]:
    """Look at a server: whether it can be reached, upgrades, answers, refuses strangers, is ready, and leaves a quiet
    connection alone for `hold` seconds."""
    opened = await _upgrade(address)
    findings = [*_tls(address), opened, *await asyncio.to_thread(lambda: list(_readiness(address)))]
    if opened.level == "passed":
        findings += [await _stranger(address), await _held(address, token, hold)]
    return findings


def _tls(address: Address) -> Iterator[Finding]:
    if address.url.scheme == "ws" and not is_loopback(str(address.url.hostname)):
        yield fault(
            address.where,
            "no TLS: tokens can be read on the way, pages that came by https cannot connect, and some networks cut it",
            "terminate TLS in front of the server, and use wss://",
        )


async def _upgrade(address: Address) -> Finding:
    try:
        async with address.connected() as socket:
            await _answered(socket, address.patience)
    except InvalidStatus as error:
        return _refused(address, error)
    except TimeoutError:
        return fault(
            address.where,
            f"upgraded, or about to be, and no answer within {address.patience:g} s: something holds messages back, or "
            "this is no server of tidings",
            "switch buffering off on the way (nginx: proxy_buffering off), and see that the path is the manager's",
        )
    except (OSError, InvalidHandshake, ConnectionClosed) as error:
        return _unreached(address, error)
    return passed(address.where, "upgraded, and messages come through")


async def _answered(socket: ClientConnection, patience: float) -> None:
    async with asyncio.timeout(patience):
        await socket.send(json.dumps({"type": WSEventType.PING, "payload": {}, "id": "doctor"}))
        while json.loads(await socket.recv()).get("reply_to") != "doctor":
            pass


def _refused(address: Address, error: InvalidStatus) -> Finding:
    status = error.response.status_code
    likely, fix = _REFUSALS.get(status, _NO_UPGRADE)
    what = likely.format(origin=address.origin, path=address.url.path)
    said = _detail(bytes(error.response.body or b""))
    return fault(address.where, f"HTTP {status}: {what}{f' (it says: {said})' if said else ''}", fix)


def _detail(body: bytes) -> str:
    """What problem details (RFC 9457) say, as far as they are short."""
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    detail = document.get("detail") if isinstance(document, dict) else None
    return detail[:300] if isinstance(detail, str) else ""


def _unreached(address: Address, error: Exception) -> Finding:
    if isinstance(error, ssl.SSLError):
        return fault(
            address.where,
            f"TLS fails: {error.reason or error}",
            "see that the certificate is of this name, is in force, and comes with its intermediate certificates",
        )
    return fault(
        address.where,
        f"it cannot be reached, or ends at once: {error}",
        "see that the server runs, listens there, and no firewall is between",
    )


async def _stranger(address: Address) -> Finding:
    try:
        async with address.connected(_STRANGER):
            pass
    except InvalidStatus as error:
        if error.response.status_code == 403:
            return passed(address.where, "pages of other origins are refused")
        return skipped(address.where, f"a strange origin got HTTP {error.response.status_code}", "look again later")
    except (OSError, TimeoutError, InvalidHandshake) as error:
        return skipped(address.where, f"a strange origin could not be tried: {error}", "look again later")
    return fault(
        address.where,
        "any page may connect, in the name of whoever visits it",
        "see that the proxy passes Origin and Host on unchanged, and that the endpoint is manager.router(…)",
    )


def _readiness(address: Address) -> Iterator[Finding]:
    where = address.readiness
    try:
        status, date, body = _get(address)
    except (OSError, http.client.HTTPException) as error:
        yield skipped(where, f"it could not be asked: {error}", "see above")
        return
    if status == 200:
        yield passed(where, "ready")
    elif status == 503:
        yield fault(where, f"not ready: {_detail(body) or 'no reason is given'}", "mend what it says")
    else:
        yield warning(
            where,
            f"HTTP {status}: a balancer cannot see whether this server is ready",
            "app.include_router(manager.health_router()); where a proxy keeps /readyz inside, ask from inside",
        )
    if date is not None:
        yield compared_clocks(where, "the server's clock", date - time.time())


def _get(address: Address) -> tuple[int, float | None, bytes]:
    secure = address.url.scheme == "wss"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    asked = kind(str(address.url.hostname), address.url.port, timeout=address.patience)
    try:
        asked.request("GET", "/readyz")
        answer = asked.getresponse()
        date = answer.headers.get("Date")
        return (
            answer.status,
            None if date is None else parsedate_to_datetime(date).timestamp() + 0.5,
            answer.read(65_536),
        )
    finally:
        asked.close()


async def _held(address: Address, token: str | None, hold: float) -> Finding:
    """Do what a page does that has nothing to say."""
    if token is None or hold <= 0:
        return skipped(
            address.where,
            "whether quiet connections are cut was not looked at",
            "give a user's token in TIDINGS_TOKEN, and --hold seconds",
        )
    began = time.monotonic()
    try:
        async with address.connected() as socket:
            interval = await _authenticated(socket, token, address.patience)
            while (left := began + hold - time.monotonic()) > 0:
                await _quiet(socket, min(left, interval))
                await _answered(socket, address.patience)
    except _NotEstablished as error:
        return fault(address.where, f"the token of TIDINGS_TOKEN was refused: {error}", "give one that is in force")
    except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError) as error:
        return fault(
            address.where,
            f"a quiet connection was cut after {time.monotonic() - began:.0f} s ({str(error) or 'no answer'})",
            "raise the idle timeout of what is between (nginx: proxy_read_timeout 300s; AWS: idle timeout), or set "
            "Limits(ping_interval=…) below it",
        )
    return passed(address.where, f"a quiet connection lived for {hold:g} s")


class _NotEstablished(Exception):
    """Why the server did not take the token."""


async def _authenticated(socket: ClientConnection, token: str, patience: float) -> float:
    """Say who we are; returns after how many quiet seconds a client pings."""
    async with asyncio.timeout(patience):
        await socket.send(json.dumps({"type": WSEventType.AUTH, "payload": {"token": token}, "id": "token"}))
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == WSEventType.CONNECTION_ESTABLISHED:
                return float(message["payload"]["ping_interval"])
            if message["type"] == WSEventType.CONNECTION_ERROR:
                raise _NotEstablished(message["payload"]["message"])


async def _quiet(socket: ClientConnection, seconds: float) -> None:
    """Take what comes for so long."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                await socket.recv()
    except TimeoutError:
        pass
