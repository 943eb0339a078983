"""The composition root: the one place that knows every layer."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import APIRouter, FastAPI

from tidings import ConnectionManager, JWTAuth, Limits
from tidings.broker import Broker
from tidings.brokers.database import DatabaseBroker
from tidings.brokers.redis import RedisBroker
from tidings.cli.application import CannotServe
from tidings.cli.server import serve
from tidings.outbox import Outbox

from .calendar.writer import write
from .domain.instants import Clock
from .notify.admission import Admission, any_staff
from .notify.live import CHANNELS, FOR_ALL_STAFF, MANAGERS_ONLY
from .notify.notifier import LiveNotifier
from .services.calendar import CalendarService
from .services.changes import ANSWER_RETENTION, Desk
from .services.checks import CheckService
from .services.imports import ImportService
from .services.needs import NeedsService
from .services.offers import OfferService
from .services.open_shifts import OpenShiftService
from .services.passwords import Passwords
from .services.ports import Dice
from .services.schedules import ScheduleService
from .services.sessions import SessionService
from .services.simulation import Demo, SimulationService
from .services.staff import TeamService
from .services.templates import TemplateService
from .services.time_off import TimeOffService
from .services.tokens import Tokens
from .settings import BROKER_VARIABLE, WEB_VARIABLE, Settings, UnusableSettings, read_settings
from .store.backend import DatabaseUnavailable
from .store.database import Database, SqlTransaction
from .web import auth, calendar, checks, demo, needs, offers, open_shifts, schedules, sheets, team, templates, time_off
from .web.bodies import MOST_BATCH_BYTES
from .web.body_limit import BodyLimit
from .web.callers import Services
from .web.dashboard import dashboard
from .web.problems import RESPONSES, install

__all__ = ["CannotServe", "create_app", "now", "serve"]

LARGER_BODIES = {
    sheets.IMPORT_PATH: sheets.MOST_BYTES,
    schedules.BATCH_PATH: MOST_BATCH_BYTES,
    templates.router.prefix: MOST_BATCH_BYTES,
}
"""Bytes that a request may bring where many shifts come at once."""


def now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    clock: Clock = now,
    dice: Dice = secrets.token_urlsafe,
    passwords: Passwords | None = None,
    visited: Demo | None = None,
) -> FastAPI:
    """The whole application: REST under /api, events at /ws, the dashboard at /.

    With `visited` it is a demo: visitors are told how to sign in, and may have colleagues simulated.
    Opens nothing; the database must have been migrated. At start it raises DatabaseUnavailable if it was not. Raises
    DatabaseUnavailable for an address that is none, UnusableSettings for a broker or a dashboard that is none.
    """
    database = Database(settings.database)
    manager = live_manager(settings, database, _broker(settings, database))
    outbox = live_outbox(database, manager)
    desk = live_desk(database, outbox, clock, answer_retention=settings.answer_retention)
    simulation = SimulationService(desk, visited.players) if visited else None
    app = FastAPI(
        title="scheduling",
        lifespan=_lifespan(database, simulation),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=RESPONSES,
    )
    app.state.services = _services(desk, settings, dice, passwords or Passwords(), visited)
    # Where `tidings serve` looks, to refuse more workers than the manager's broker can serve.
    app.state.live = manager
    app.add_middleware(BodyLimit, limit=settings.max_body_size, others=LARGER_BODIES)
    install(app)
    # First, as the manager asks for its path: FastAPI prepares all routes that it looks through on the way.
    app.include_router(manager.router("/ws"))
    app.include_router(manager.health_router())
    for module in (auth, team, schedules, checks, needs, time_off, open_shifts, offers, calendar, sheets, templates):
        app.include_router(module.router)
    app.include_router(demo.about_router)
    if simulation:
        app.state.simulation = simulation
        app.include_router(demo.router)
    app.include_router(APIRouter(lifespan=lambda _: outbox.relaying()))  # within the manager's lifespan
    if settings.web_build is not None:
        app.include_router(dashboard(_built(settings.web_build)))
    return app


def _built(web: Path) -> Path:
    if not (web / "index.html").is_file():
        raise UnusableSettings(f"{WEB_VARIABLE}: no dashboard is built in {web}: `make build` builds it")
    return web


def _broker(settings: Settings, database: Database) -> Broker:
    age = settings.event_retention.total_seconds()
    if settings.broker is None:
        return DatabaseBroker(database.engine, age=age)
    try:
        return RedisBroker(settings.broker.get_secret_value(), age=age)
    except ValueError as error:
        raise UnusableSettings(f"{BROKER_VARIABLE}: {error}") from error


def live_outbox(database: Database, manager: ConnectionManager) -> Outbox:
    """What is changed and what is told of it commit together, in one database.

    With logs in that database, too, the rows are the logs; else they wait in it until they are relayed.
    """
    in_database = isinstance(manager.broker, DatabaseBroker)
    return Outbox(manager) if in_database else Outbox(manager, database.engine)


def live_manager(settings: Settings, database: Database, broker: Broker) -> ConnectionManager:
    """The connections, and who may follow what."""
    admission = Admission(JWTAuth(settings.secret.get_secret_value()), database)
    manager = ConnectionManager(
        channels=CHANNELS,
        authenticate=admission,
        origins=settings.origins,
        development=settings.development,
        broker=broker,
        limits=Limits(presence_grace=settings.presence_grace.total_seconds()),
    )
    manager.authorize(*FOR_ALL_STAFF)(any_staff)
    manager.authorize(*MANAGERS_ONLY)(admission.managers)
    return manager


def live_desk(
    database: Database,
    outbox: Outbox,
    clock: Clock,
    fresh: Callable[[], str] = lambda: secrets.token_hex(6),
    answer_retention: timedelta = ANSWER_RETENTION,
) -> Desk:
    """Where changes are made, each told with the session that it is written with."""

    def notifier(tx: SqlTransaction, request_id: str | None) -> LiveNotifier:
        return LiveNotifier(outbox, tx.session, request_id, fresh)

    return Desk(database, notifier, clock, answer_retention)


def _services(desk: Desk, settings: Settings, dice: Dice, passwords: Passwords, visited: Demo | None) -> Services:
    tokens = Tokens(settings.secret.get_secret_value(), settings.access_token_lifetime)
    return Services(
        sessions=SessionService(desk, tokens, passwords, dice),
        team=TeamService(desk, passwords),
        schedules=ScheduleService(desk),
        checks=CheckService(desk),
        needs=NeedsService(desk),
        time_off=TimeOffService(desk),
        open_shifts=OpenShiftService(desk),
        offers=OfferService(desk),
        calendar=CalendarService(desk, dice, write),
        imports=ImportService(desk),
        templates=TemplateService(desk),
        demo=visited,
    )


def _lifespan(
    database: Database, simulation: SimulationService | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await database.open()
        try:
            if simulation:
                await simulation.open()
            yield
            if simulation:
                await simulation.close()
        finally:
            await database.close()

    return lifespan


def __getattr__(name: str) -> FastAPI:
    """`scheduling.server.main:app`, made from the environment when a server asks for it, not at import."""
    if name == "app":
        try:
            return create_app(read_settings())
        except (UnusableSettings, DatabaseUnavailable) as error:
            raise CannotServe(str(error)) from error
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
