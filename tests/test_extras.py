"""What lacks an extra says which; the command says which version it is."""

import subprocess
import sys
from importlib.metadata import version

MISSING = {
    "JWTAuth": ("jwt", "tidings[jwt]"),
    "DatabaseBroker": ("sqlalchemy", "tidings[database]"),
    "Outbox": ("sqlalchemy", "tidings[database]"),
    "RedisBroker": ("redis", "tidings[redis]"),
}

PROGRAM = """
import sys
missing, name = sys.argv[1:]
sys.modules[missing] = None
import tidings
try:
    getattr(tidings, name)
except ModuleNotFoundError as error:
    print(error)
"""


def says(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_a_name_whose_extra_is_missing_says_which() -> None:
    for name, (module, extra) in MISSING.items():
        assert says("-c", PROGRAM, module, name).endswith(f": install {extra}"), name


def test_the_command_says_its_version() -> None:
    assert says("-m", "tidings.cli", "--version") == f"tidings {version('tidings')}"
