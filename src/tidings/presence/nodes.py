"""Which nodes live, as far as this one can tell."""

from tidings.protocol.presence import MAX_NODES

BEAT = 2.0  # seconds between two signs of life of a node
TTL = 10.0  # seconds after its last one, within which every other node knows that a node is gone
_SILENCE = TTL - 1.5 * BEAT  # the others look once a beat, and what they say of it travels


class Nodes:
    """When each other node was heard last. Times are seconds of one clock; `grace` is for nodes that stop.

    A node is not judged by its silence while this one does not hear itself: then it is this one that is cut off, or
    was held up.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._heard: dict[str, float] = {}
        self._leaving: dict[str, float] = {}
        self._own: float | None = None

    @property
    def leaving(self) -> list[str]:
        """The nodes that stop, or have stopped, and are not gone yet."""
        return list(self._leaving)

    def hear(self, node: str, now: float) -> None:
        """Another node said something."""
        if node in self._heard or len(self._heard) < MAX_NODES:
            self._heard[node] = now

    def hear_self(self, now: float) -> None:
        """What this node said of itself came back. All that the others said while it did not is yet to come."""
        if self._own is not None and (missed := now - self._own - BEAT) > BEAT:
            self._heard = {node: heard + missed for node, heard in self._heard.items()}
        self._own = now

    def leave(self, node: str, now: float) -> None:
        """A node said that it stops."""
        self.hear(node, now)
        if node in self._heard:
            self._leaving.setdefault(node, now)

    def forget(self, node: str) -> None:
        """The node is gone."""
        self._heard.pop(node, None)
        self._leaving.pop(node, None)

    def alive(self) -> set[str]:
        """The other nodes that may answer."""
        return self._heard.keys() - self._leaving.keys()

    def gone(self, now: float) -> list[str]:
        """The nodes whose time is over."""
        gone = [node for node, since in self._leaving.items() if now - since >= self._grace]
        if self._own is not None and now - self._own <= 2 * BEAT:
            gone += [node for node, heard in self._heard.items() if now - heard >= _SILENCE and node not in gone]
        return gone
