"""What makes the application publish: a request to it, over connections that are kept."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import SimpleQueue
from urllib.parse import urlsplit

from tidings.cli.bench.follower import BenchError

TIMEOUT = 10.0  # seconds for an answer


class Requests:
    """POST requests, each of which has the application publish one event; so many at the same time, over as many
    connections. Raises BenchError for a URL that is none.
    """

    def __init__(self, url: str, body: str, token: str | None, *, connections: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BenchError(f"{url} is no address to post to: write one like http://127.0.0.1:8000/announce")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connections: SimpleQueue[HTTPConnection] = SimpleQueue()
        for _ in range(connections):
            self._connections.put(kind(parts.hostname, parts.port, timeout=TIMEOUT))
        self._path = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        self._body = body.encode()
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._threads = ThreadPoolExecutor(connections)

    async def post(self) -> None:
        """One request. Raises BenchError unless the answer is a good one."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._post)

    def close(self) -> None:
        """Close all connections."""
        self._threads.shutdown()
        while not self._connections.empty():
            self._connections.get().close()

    def _post(self) -> None:
        connection = self._connections.get()
        try:
            connection.request("POST", self._path, self._body, self._headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise BenchError(f"the request to {self._path} had no answer: {error}") from error
        finally:
            self._connections.put(connection)
        if not 200 <= answer.status < 300:
            raise BenchError(
                f"the request to {self._path} was answered with {answer.status}: {said[:200].decode(errors='replace')}"
            )
