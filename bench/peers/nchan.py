"""nchan, Debian's module for nginx: a channel is an address, an event a request, a token a signed link."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import md5
from pathlib import Path

from bench.peers import http_api
from bench.peers.peer import Installed, Peer, Place, Unavailable, WayIn
from bench.peers.runtimes import OnPath
from bench.servers.workload import SECRET

_HOUR = 3_600  # seconds
_MODULE = "ngx_nchan_module.so"
_SPOOLS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # folders for what nginx puts aside
_CONFIGURATION = """\
load_module {module};
daemon off;
master_process off;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/errors crit;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  {spools}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    keepalive_requests 1000000000;
    location ~ ^/ws/(?<followed>.+)$ {{
      secure_link $arg_signature,$arg_expires;
      secure_link_md5 "$arg_expires $arg_user {secret}";
      if ($secure_link != "1") {{ return 403; }}
      nchan_subscriber websocket;
      nchan_channel_id $followed;
      nchan_channel_id_split_delimiter ",";
    }}
    location ~ ^/publish/(?<channel>.+)$ {{
      nchan_publisher http;
      nchan_channel_id $channel;
      nchan_message_buffer_length 1000;
      nchan_deflate_message_for_websocket {deflate};
      client_body_buffer_size 64k;
      client_body_in_single_buffer on;
    }}
  }}
}}
"""


class NginxModule:
    """nginx with a module that its package puts beside it."""

    def install(self, name: str) -> Installed:
        """Only looks for both."""
        nginx = OnPath("nginx", ("-v",)).install(name)
        folder = Path(nginx.program).resolve().parents[1] / "lib" / "nginx" / "modules"
        if not (folder / _MODULE).is_file():
            raise Unavailable(f"nginx is here without its module nchan, {folder / _MODULE}")
        return replace(nginx, folder=folder, versions=nginx.versions.removeprefix("nginx version: "))


def arguments(place: Place) -> Sequence[str]:
    """One process of nginx, without a master, that keeps everything it writes in its folder."""
    spools = " ".join(f"{name}_temp_path {place.folder}/{name};" for name in _SPOOLS)
    path = place.folder / "nginx.conf"
    values = {"module": place.installed.folder / _MODULE, "folder": place.folder, "port": place.port, "spools": spools}
    deflate = "on" if place.compressed else "off"
    path.write_text(_CONFIGURATION.format(**values, secret=SECRET, deflate=deflate))
    return ["-c", str(path), "-e", f"{place.folder}/errors"]


def way_in(token: str, channels: Sequence[str]) -> WayIn:
    """A link that is signed for an hour; who is let in follows."""
    expires = int(time.time()) + _HOUR
    user = md5(token.encode()).hexdigest()
    signature = urlsafe_b64encode(md5(f"{expires} {user} {SECRET}".encode()).digest()).decode().rstrip("=")
    return WayIn(f"/ws/{','.join(channels)}?user={user}&expires={expires}&signature={signature}", ())


def publish(place: Place, channel: str) -> bytes:
    """A message is what a request brings."""
    return http_api.post(place, f"/publish/{channel}", http_api.event(place).encode())


PEER = Peer(
    name="nchan",
    kind="C",
    about="nginx with nchan, one process; it verifies nginx's own signed link, not a JWT",
    runtime=NginxModule(),
    arguments=arguments,
    way_in=way_in,
    publish=publish,
    cannot={"recovery": "has a buffer of messages: not measured"},
)
