"""Where it is kept: SQLAlchemy on SQLite, with Alembic migrations."""
