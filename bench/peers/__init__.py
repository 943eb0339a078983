"""The servers that are measured side by side: what each needs, how it is started, how its clients get in."""

from bench.peers import asgi, centrifugo, guide, nchan, socketio, tidings, uwebsockets, ws
from bench.peers.peer import Peer

PEERS: tuple[Peer, ...] = (
    tidings.PEER,
    guide.PEER,
    asgi.FASTAPI_ONCE,
    socketio.PYTHON,
    asgi.CHANNELS,
    asgi.PUBSUB,
    asgi.CHANX,
    asgi.LITESTAR,
    ws.PEER,
    socketio.NODE,
    centrifugo.PEER,
    nchan.PEER,
    uwebsockets.PEER,
)
