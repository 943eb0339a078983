"""The page that Prometheus reads: of one manager, of those that share a directory, of the workers of one server."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from prometheus_client import Metric
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine

from tests.fastapi.application import Happened, News, Room, application, make_manager, subscribed
from tests.transports.client import opened
from tests.transports.servers import START_TIMEOUT, Server, serving
from tidings import ConnectionManager, DatabaseBroker
from tidings.prometheus import nodes
from tidings.prometheus.families import COUNTERS, GAUGES, HISTOGRAMS, families
from tidings.prometheus.nodes import answering, gathered
from tidings.prometheus.text import exposition


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def manager() -> ConnectionManager:
    manager = make_manager()
    manager.authorize(News, Room)(lambda channel, user: isinstance(channel, News))
    return manager


def read(text: str) -> dict[str, Metric]:
    return {metric.name: metric for metric in text_string_to_metric_families(text)}


def total(metrics: dict[str, Metric], name: str, **labels: str) -> float:
    """The sum of a family's samples with these labels, `_total` or none, over all nodes."""
    plain = [sample for sample in metrics[name].samples if sample.name in {name, f"{name}_total", f"{name}_count"}]
    return sum(sample.value for sample in plain if labels.items() <= sample.labels.items())


class TestPage:
    @pytest.fixture
    def client(self, manager: ConnectionManager) -> Iterator[TestClient]:
        app = application(manager)
        app.include_router(manager.metrics_router())
        with TestClient(app) as client:
            yield client

    def test_it_shows_what_has_happened(self, manager: ConnectionManager, client: TestClient) -> None:
        with client.websocket_connect("/ws?token=ann") as socket:
            socket.receive_json()
            subscribed(socket, "news", "room:7")
            manager.sync.publish(Happened(what="rain"), News())
            assert socket.receive_json()["payload"] == {"what": "rain"}
            metrics = read(client.get("/metrics").text)
        assert total(metrics, "tidings_connections") == 1
        assert total(metrics, "tidings_subscriptions") == 2
        assert total(metrics, "tidings_ready") == 1
        assert total(metrics, "tidings_publishes", outcome="appended") == 1
        assert total(metrics, "tidings_deliveries", kind="live") == 1
        assert total(metrics, "tidings_refusals", reason="forbidden") == 1
        assert total(metrics, "tidings_delivery_seconds") == 1
        assert metrics["tidings_info"].samples[0].labels["broker"] == "MemoryBroker"
        assert metrics["tidings_node_up"].samples[0].labels == {"node": "1"}

    def test_no_name_of_a_user_a_channel_or_an_event_is_in_it(
        self, manager: ConnectionManager, client: TestClient
    ) -> None:
        with client.websocket_connect("/ws?token=annabel") as socket:
            socket.receive_json()
            subscribed(socket, "news")
            manager.sync.publish(Happened(what="thunderstorm"), News(), id="event1")
            socket.receive_json()
            text = client.get("/metrics").text
        assert not re.search("annabel|news|thunderstorm|happened|event1", text)

    def test_it_is_openmetrics_where_that_is_asked_for(self, client: TestClient) -> None:
        answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
        assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
        assert {it.name for it in openmetrics.text_string_to_metric_families(answer.text)} >= {"tidings_connections"}


async def test_every_name_of_the_tables_is_told_once_something_has_a_number_for_it(manager: ConnectionManager) -> None:
    manager.metrics.gauges["all"] = lambda: dict.fromkeys(GAUGES, 1.0)
    told = {family.name for family in await families(manager)}
    assert told >= {f"tidings_{row[0]}" for row in (*COUNTERS, *HISTOGRAMS)} | {f"tidings_{name}" for name in GAUGES}


async def test_a_gauge_that_fails_is_left_out_and_logged(
    manager: ConnectionManager, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> dict[str, float]:
        raise ConnectionError("password=secret")

    manager.metrics.gauges["broker"] = broken
    told = {family.name for family in await families(manager)}
    assert "tidings_connections" in told
    assert "tidings_broker_lag" not in told
    assert "ConnectionError" in caplog.text
    assert "secret" not in caplog.text


class TestNodes:
    @pytest.fixture(autouse=True)
    def patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine with much else to do is no reason to be taken for silent."""
        monkeypatch.setattr(nodes, "ANSWER_TIME", START_TIMEOUT)

    async def test_each_manager_answers_for_itself_under_its_number(self, tmp_path: Path) -> None:
        first, second = make_manager(), make_manager()
        second.metrics.opened = 5
        async with answering(first, tmp_path), answering(second, tmp_path):
            text, _ = exposition(await gathered(tmp_path), "")
        opened = read(text.decode())["tidings_connections_opened"].samples
        assert {sample.labels["node"]: sample.value for sample in opened if sample.name.endswith("_total")} == {
            "1": 0,
            "2": 5,
        }
        assert await gathered(tmp_path) == {}

    async def test_one_that_takes_the_place_of_another_has_its_number(self, tmp_path: Path) -> None:
        async with answering(make_manager(), tmp_path):
            async with answering(make_manager(), tmp_path):
                assert list(await gathered(tmp_path)) == ["1", "2"]
            async with answering(make_manager(), tmp_path):
                assert list(await gathered(tmp_path)) == ["1", "2"]

    async def test_what_a_killed_one_left_is_passed_over(self, tmp_path: Path) -> None:
        server = await asyncio.start_unix_server(lambda reader, writer: None, tmp_path / "1.sock")
        server.close()
        await server.wait_closed()
        (tmp_path / "2.sock").touch()
        assert await gathered(tmp_path) == {}
        async with answering(make_manager(), tmp_path):
            assert list(await gathered(tmp_path)) == ["1"]

    async def test_one_that_does_not_answer_is_down(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(nodes, "ANSWER_TIME", 0.05)
        hangs = asyncio.Event()

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await hangs.wait()
            writer.close()

        async with await asyncio.start_unix_server(hang, tmp_path / "1.sock"):
            text, _ = exposition(await gathered(tmp_path), "")
            hangs.set()
        assert [sample.value for sample in read(text.decode())["tidings_node_up"].samples] == [0]

    async def test_nonsense_is_as_good_as_no_answer(self, tmp_path: Path) -> None:
        async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello")
            writer.close()

        async with await asyncio.start_unix_server(say, tmp_path / "1.sock"):
            assert await gathered(tmp_path) == {"1": None}

    async def test_a_directory_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(RuntimeError, match=r"TIDINGS_METRICS_DIR=.*/file/here cannot be made: Not a directory; "):
            async with answering(make_manager(), tmp_path / "file" / "here"):
                pass

    async def test_a_directory_whose_name_is_too_long_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError, match="too long for the path of a socket"):
            async with answering(make_manager(), tmp_path / ("x" * 90)):
                pass


SHARED = """
from fastapi import FastAPI
from sqlalchemy import create_engine
from tests.fastapi.application import News, Room, application, make_manager
from tidings import DatabaseBroker

manager = make_manager(broker=DatabaseBroker(create_engine("sqlite:///app.db")))
manager.authorize(News, Room)(lambda channel, user: True)
app = application(manager)
app.include_router(manager.metrics_router())
"""


async def test_one_scrape_shows_all_workers_at_the_port_for_it_and_at_the_page(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'app.db'}")
    DatabaseBroker(engine).metadata.create_all(engine)
    engine.dispose()
    (tmp_path / "shared.py").write_text(SHARED)
    options = ("--workers", "2", "--metrics-port", "0")
    with serving("uvicorn-native", "shared:app", *options, directory=tmp_path) as server:
        async with httpx2.AsyncClient(timeout=START_TIMEOUT) as http, asyncio.timeout(START_TIMEOUT):
            while not (page := re.search(r"Metrics are at (http\S+)", server.log)):
                await asyncio.to_thread(server.process.poll)
            await both_up(http, page[1], server)
            async with opened(server.url, "?token=ann") as one, opened(server.url, "?token=bob") as two:
                await one.next()
                await two.next()
                for url in (page[1], f"{server.url}/metrics"):
                    assert total(await both_up(http, url, server), "tidings_connections") == 2


async def both_up(http: httpx2.AsyncClient, url: str, server: Server) -> dict[str, Metric]:
    """A page on which two nodes have told their numbers: one that had no time to answer is asked again."""
    while True:
        metrics = read((await http.get(url)).text)
        if [sample.labels["node"] for sample in metrics["tidings_node_up"].samples if sample.value] == ["1", "2"]:
            return metrics
        assert server.process.poll() is None, server.log
