"""Bringing a database up to date: Alembic, run from code."""

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from .backend import Backend, DatabaseUnavailable
from .database import backend_at
from .tables import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(address: str | Path) -> Backend:
    """Create the tables of the database at `address` or bring them to the newest revision, in one transaction.

    Makes a SQLite file where there is none. Raises DatabaseUnavailable.
    """
    backend = backend_at(address)
    backend.prepare()
    if backend.revision() != REVISION:
        upgrade(backend)
    return backend


def upgrade(backend: Backend, revision: str = "head") -> None:
    """Bring the tables to `revision`. Raises DatabaseUnavailable."""
    # Imported here: a start that has nothing to migrate is quicker without it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = backend.migrating()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except DBAPIError as error:
        raise backend.unavailable(error.orig) from error
    except CommandError as error:
        raise DatabaseUnavailable(
            f"The database {backend} was made by a newer version of this program: {error}."
        ) from error
    finally:
        engine.dispose()
