"""Bringing a database up to date: Alembic, run from code."""

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from .database import place_at
from .place import DatabaseUnavailable, Place
from .tables import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(address: str | Path) -> Place:
    """Create the tables of the database at `address` or bring them to the newest revision, in one transaction.

    Makes a SQLite file where there is none. Raises DatabaseUnavailable.
    """
    place = place_at(address)
    place.prepare()
    if place.revision() != REVISION:
        upgrade(place)
    return place


def upgrade(place: Place, revision: str = "head") -> None:
    """Bring the tables to `revision`. Raises DatabaseUnavailable."""
    # Imported here: a start that has nothing to migrate is quicker without it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = place.migrating()
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except DBAPIError as error:
        raise place.unavailable(error.orig) from error
    except CommandError as error:
        raise DatabaseUnavailable(
            f"The database {place} was made by a newer version of this program: {error}."
        ) from error
    finally:
        engine.dispose()
