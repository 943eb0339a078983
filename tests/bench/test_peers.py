"""What is true of every peer without installing it, and the load's side of one that waits for its clients' answers."""

import json
import re
import sys
from pathlib import Path

import pytest

from bench.machine import Cores
from bench.peers import PEERS, guide, smoke
from bench.peers.peer import Answer, Peer, Step, Unavailable, WayIn
from bench.peers.running import running
from bench.peers.runtimes import NODE, REQUIREMENTS, NodePackages, OnPath, Project, Wheels
from bench.servers import workload

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the load generator needs epoll")

ANSWERING = Peer(
    name="answering",
    kind="Python",
    about="waits for answers",
    runtime=Project(("websockets",)),
    arguments=lambda place: ["-m", "tests.bench.answering", str(place.port)],
    way_in=lambda token, channels: WayIn("/", (Step("welcome"),)),
    answer=Answer("<", 9, len(" end"), ">"),
)


def test_every_event_is_answered() -> None:
    with running(ANSWERING, ANSWERING.runtime.install("answering"), Cores()) as (server, load):
        load.stream(server.trigger())
        load.clients(server.way_in(token) for token in workload.tokens(3))
        load.open()
        load.fire(3)
        assert re.fullmatch(rb"event \.{200} 0000-000[0-2] end", load.sample())


def test_the_guide_sends_a_users_event_to_the_user_whatever_is_subscribed_to() -> None:
    with running(guide.PEER, guide.PEER.runtime.install("the-guide"), Cores()) as (server, load):
        for number, token in enumerate(workload.tokens(2)):
            load.stream(server.trigger(workload.personal(number)))
            load.clients([server.way_in(token, [])], number)
        load.open()
        load.fire(4)


def test_a_program_that_is_not_here_is_named() -> None:
    peer = Peer(
        "none", "C", "is not here", OnPath("no-such-program"), lambda _: [], lambda token, channels: WayIn("/", ())
    )
    with pytest.raises(Unavailable, match=r"^no-such-program is not on the PATH$"):
        smoke.tried(peer)


def test_a_peer_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["nothing"]) == 2
    assert "there is no peer nothing: write one of tidings, the-guide, " in capsys.readouterr().err


def test_each_has_a_folder_of_its_own() -> None:
    assert len({peer.folder for peer in PEERS}) == len(PEERS)


@pytest.mark.parametrize(
    "peer", [peer for peer in PEERS if isinstance(peer.runtime, Wheels)], ids=lambda peer: peer.folder
)
def test_wheels_are_locked_by_hashes(peer: Peer) -> None:
    locked = Path(REQUIREMENTS, f"{peer.folder}.txt").read_text()
    pinned = re.findall(r"^[\w.-]+==\S+.*? \\\n    --hash=sha256:", locked, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^\S+==", locked, re.MULTILINE)) > 0
    assert "://" not in locked


@pytest.mark.parametrize(
    "peer", [peer for peer in PEERS if isinstance(peer.runtime, NodePackages)], ids=lambda peer: peer.folder
)
def test_node_packages_are_locked(peer: Peer) -> None:
    packages = json.loads(Path(NODE, peer.folder, "package-lock.json").read_text())["packages"]
    del packages[""]
    assert packages
    assert all("integrity" in package and "resolved" not in package for package in packages.values())
