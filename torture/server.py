"""The application under torture in processes of its own, which are killed and started again."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from torture.outcome import TortureError
from torture.settings import Settings

START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 40.0  # seconds: longer than any grace
ORDERLY = (0, -signal.SIGTERM)  # exit statuses of who was told to stop: uvicorn ends by the signal once all is done
_STARTED = b"Application startup complete"
_LINE = 1_048_576  # bytes


class ServerError(TortureError):
    """The server did not start; the message says why."""


class Server:
    """`tidings serve torture.app:app` on one address, through all of its lives. One process, or `workers` and their
    supervisor, which starts a worker again that has died.

        async with Server(Settings(url), directory) as server:
            await server.kill()      # SIGKILL
            await server.start()
    """

    def __init__(self, settings: Settings, directory: Path, *, workers: int = 1) -> None:
        self.settings, self._workers = settings, workers
        self.log = directory / "server.log"  # of all lives
        # Bound and never listening, it keeps the port from everybody who does not name it.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port: int = self._reserved.getsockname()[1]
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.ready = False  # as a balancer knows it, which asks who has started
        self._starts = 0  # of workers, in all lives
        self._started = asyncio.Condition()

    @property
    def url(self) -> str:
        """Where HTTP is answered."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        """Where clients connect."""
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def pid(self) -> int:
        """The process, or the supervisor of the workers."""
        assert self._process is not None
        return self._process.pid

    @property
    def workers(self) -> list[int]:
        """The processes that serve, the oldest first."""
        if self._workers == 1:
            return [self.pid]
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]

    @property
    def tracebacks(self) -> int:
        """How many the log holds."""
        return self.log.read_bytes().count(b"Traceback (most recent call last)")

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            self._reserved.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        self._reserved.close()

    async def start(self) -> None:
        """Start, and return when it serves. Raises ServerError."""
        before = self._starts
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tidings.cli", "serve", "torture.app:app", "--port", str(self.port)),
            *("--workers", str(self._workers), "--log-level", "info"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | self.settings.environment(),
            limit=_LINE,
            start_new_session=True,  # so that its workers can be found and ended with it
        )
        self._reading = asyncio.create_task(self._read(self._process))
        try:
            await self.await_starts(before + self._workers)
        except BaseException:
            await self.kill()
            raise
        self.ready = True

    async def await_starts(self, starts: int) -> None:
        """Return when so many workers have started, those of earlier lives counted. Raises ServerError."""
        assert self._reading is not None
        reading = self._reading
        async with self._started:
            try:
                async with asyncio.timeout(START_TIMEOUT):
                    await self._started.wait_for(lambda: self._starts >= starts or reading.done())
            except TimeoutError:
                raise ServerError(f"it did not start within {START_TIMEOUT:g} s: {self._last_words()}") from None
        if self._starts < starts:
            raise ServerError(f"it did not start: {self._last_words()}")

    @property
    def starts(self) -> int:
        """How many workers have started, in all lives."""
        return self._starts

    async def kill(self) -> None:
        """End all of its processes with SIGKILL."""
        if self._process is None or self._reading is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading
        self._process = self._reading = None
        self.ready = False

    async def stop(self) -> int:
        """End it with SIGTERM, as a deployment does; returns its exit status. Raises ServerError where it stays."""
        assert self._process is not None
        assert self._reading is not None
        process, reading = self._process, self._reading
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                status = await process.wait()
                await reading
        except TimeoutError:
            await self.kill()
            raise ServerError(f"it did not end within {STOP_TIMEOUT:g} s: {self._last_words()}") from None
        self._process = self._reading = None
        self.ready = False
        return status

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Keep what it says, until its end."""
        assert process.stderr is not None
        with self.log.open("ab") as log:
            async for line in process.stderr:
                log.write(line)
                log.flush()
                if _STARTED in line:
                    async with self._started:
                        self._starts += 1
                        self._started.notify_all()
        async with self._started:
            self._started.notify_all()

    def _last_words(self) -> str:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"
