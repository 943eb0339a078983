"""Alembic's entry: migrates over the connection that `store.migrate` hands over."""

from alembic import context

from scheduling.server.store.tables import Table
from tidings.brokers.database.tables import tables
from tidings.outbox.rows import OutboxTable

# Batch mode: SQLite alters a table by copying it.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[Table.metadata, tables().metadata, OutboxTable(None).metadata],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
