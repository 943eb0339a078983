"""Bringing a database up to date: Alembic, run from code."""

from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from .database import DatabaseUnavailable, configure, revision_of, unavailable, url
from .tables import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(path: Path) -> None:
    """Create the database at `path` or bring it to the newest revision, in one transaction.

    Raises DatabaseUnavailable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(f"The folder {path.parent} cannot be made: {error.strerror}.") from error
    if revision_of(path) != REVISION:
        _upgrade(path)


def _upgrade(path: Path) -> None:
    # Imported here: a start that has nothing to migrate is quicker without it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = create_engine(url(path, "pysqlite"), execution_options={"write": True})
    configure(engine)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise unavailable(path, error.orig) from error
    except CommandError as error:
        raise DatabaseUnavailable(
            f"The database {path} was made by a newer version of this program: {error}."
        ) from error
    finally:
        engine.dispose()
