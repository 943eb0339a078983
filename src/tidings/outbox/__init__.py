"""Events that commit with the data.

outbox = Outbox(manager)                                  # with a DatabaseBroker: the rows are the log itself
outbox.publish(session, ScheduleCreated(...), Schedules())
session.commit()                                          # now, and only now, the event is there
"""

try:
    import sqlalchemy as _sqlalchemy  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("the outbox needs SQLAlchemy: install tidings[database]", name="sqlalchemy") from error

from tidings.outbox.light import after_commit
from tidings.outbox.outbox import Outbox
from tidings.outbox.relay import RelaySettings
from tidings.outbox.rows import OutboxMeasures
from tidings.outbox.sessions import AnySession
from tidings.outbox.transactions import OutboxError

__all__ = ["AnySession", "Outbox", "OutboxError", "OutboxMeasures", "RelaySettings", "after_commit"]
