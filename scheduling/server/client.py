"""A client of the REST API: signed in, at a steady rate."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2

Json = Mapping[str, Any]


class ApiError(Exception):
    """The server cannot be reached, or answers what no client could go on with; the message is for people."""


class Pace:
    """Lets one through every `1 / rate` seconds, and does not make up for lost time."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    async def wait(self) -> None:
        now = self._clock()
        if now < self._next:
            await self._sleep(self._next - now)
        self._next = max(self._next, now) + self._interval


class ApiClient:
    """Signs in with the first request, and again when the access token has expired."""

    def __init__(self, http: httpx2.AsyncClient, pace: Pace, email: str, password: str) -> None:
        self._http = http
        self._pace = pace
        self._login = {"email": email, "password": password}
        self._token = ""

    async def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Whatever the server answers, refusals too. Raises ApiError where it cannot be reached, or signed in to."""
        if not self._token:
            await self._sign_in()
        response = await self._request(method, path, **more)
        if response.status_code == 401:
            await self._sign_in()
            response = await self._request(method, path, **more)
        return response

    async def get(self, path: str, **query: str) -> list[Json]:
        """All that `path` lists. Raises ApiError."""
        rows: list[Json] = _body(await self.send("GET", path, params=query), 200)
        return rows

    async def post(self, path: str, body: Json) -> tuple[Json | None, list[Json]]:
        """What was created, or None with what the rules say against it. Raises ApiError."""
        return await self._write("POST", path, body, 201)

    async def put(self, path: str, body: Json) -> tuple[Json | None, list[Json]]:
        """What stands there now, or None with what the rules say against it. Raises ApiError."""
        return await self._write("PUT", path, body, 200)

    async def _write(self, method: str, path: str, body: Json, expected: int) -> tuple[Json | None, list[Json]]:
        response = await self.send(method, path, json=body)
        if response.status_code == 422:
            refused = _body(response, 422)
            if refused["type"] == "/problems/rules":
                return None, refused["errors"]
        return _body(response, expected), []

    async def _sign_in(self) -> None:
        self._token = ""
        response = await self._request("POST", "/api/auth/login", json=self._login)
        self._token = _body(response, 200)["access_token"]

    async def _request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        await self._pace.wait()
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            return await self._http.request(method, path, headers=headers, **more)
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            reason = str(error).removesuffix(".") or type(error).__name__
            raise ApiError(f"The server at {self._http.base_url} cannot be reached: {reason}.") from error


def _body(response: httpx2.Response, expected: int) -> Any:
    """The JSON of an answer with the `expected` status. Raises ApiError for any other."""
    place = f"{response.request.method} {response.request.url.path}"
    try:
        body = response.json()
        if response.status_code == expected:
            return body
        detail = body["detail"]
    except (ValueError, LookupError, TypeError) as error:
        detail = "which is no answer of this application. Is the address right?"
        raise ApiError(f"{place} was answered with {response.status_code}, {detail}") from error
    raise ApiError(f"{place} was answered with {response.status_code}: {detail}")
