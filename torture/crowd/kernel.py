"""What the kernel holds for TCP sockets, as `ss -tanm` shows it: asked by netlink (sock_diag(7)), so that `ss` need not
be installed.
"""

import os
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY, _DONE, _ERROR = 20, 3, 2  # types of messages
_REQUEST_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_SKMEMINFO = 7  # INET_DIAG_SKMEMINFO
_ALL_STATES = 0xFFFF_FFFF
_MESSAGE = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence number, port
_QUERY = struct.Struct("=BBBxI48x")  # inet_diag_req_v2: family, protocol, extensions, states; no socket in particular
_FOUND = struct.Struct("!xBxxHH")  # inet_diag_msg: its state and ports are all that is needed
_INODE = struct.Struct("=68xI")
_FOUND_SIZE = 72
_ATTRIBUTE = struct.Struct("=HH")
_MEMORY = struct.Struct("=6I")  # SK_MEMINFO: received, its limit, in flight, its limit, kept in advance, queued


class Held(NamedTuple):
    """One socket: its peer's port, the bytes of kernel memory that its queues take (0 where it has none left), and the
    number by which its process's /proc/…/fd names it.
    """

    peer_port: int
    memory: int
    inode: int


def sockets_of(port: int) -> list[Held]:
    """The sockets of a server on a port of this machine, in any state, FIN-WAIT and TIME-WAIT too; listening ones not.

    Raises OSError where the kernel does not answer.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as asking:
        query = _QUERY.pack(socket.AF_INET, socket.IPPROTO_TCP, 1 << (_SKMEMINFO - 1), _ALL_STATES)
        asking.send(_MESSAGE.pack(_MESSAGE.size + len(query), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + query)
        return [held for source, held in _answers(asking) if source == port and held.peer_port]


def _answers(asking: socket.socket) -> Iterator[tuple[int, Held]]:
    while True:
        data = asking.recv(1 << 20)
        while data:
            length, kind, _, _, _ = _MESSAGE.unpack_from(data)
            if kind == _DONE:
                return
            if kind == _ERROR:
                code = -struct.unpack_from("=i", data, _MESSAGE.size)[0]
                raise OSError(code, f"the kernel does not say what sockets there are: {os.strerror(code)}")
            yield _socket(data[_MESSAGE.size : length])
            data = data[(length + 3) & ~3 :]


def _socket(answer: bytes) -> tuple[int, Held]:
    _, port, peer_port = _FOUND.unpack_from(answer)
    return port, Held(peer_port, sum(_memory(answer[_FOUND_SIZE:])), *_INODE.unpack_from(answer))


def _memory(attributes: bytes) -> Iterator[int]:
    while attributes:
        length, kind = _ATTRIBUTE.unpack_from(attributes)
        if kind == _SKMEMINFO:
            received, _, in_flight, _, ahead, queued = _MEMORY.unpack_from(attributes, _ATTRIBUTE.size)
            yield received + max(in_flight, queued) + ahead
        attributes = attributes[(length + 3) & ~3 :]
