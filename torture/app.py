"""The application under torture: items in a database, changed over HTTP and published through the outbox in the same
transaction, or after it. Served as `tidings serve torture.app:app`, by processes that get killed.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.util import await_only

from tidings import ConnectionManager, User
from tidings.auth import JWTAuth
from tidings.outbox import Outbox
from torture import logs, tables
from torture.access import SECRET
from torture.changes import Change
from torture.live import Guarded, Item, ItemChanged, ItemRemoved, Items, Lobby, OwnedItems, Visits
from torture.settings import RULE_TAKES, Settings

settings = Settings.from_environment()
engine = tables.engine(settings.database, settings.connections)
sessions = async_sessionmaker(engine)
broker = logs.broker(settings, engine)
manager = ConnectionManager(
    channels=[Items, OwnedItems, Visits, Lobby, Guarded], authenticate=JWTAuth(SECRET), broker=broker
)
outbox = Outbox(manager, engine if settings.redis else None)
asked: Counter[tuple[str, str]] = Counter()


@asynccontextmanager
async def relaying(_: FastAPI) -> AsyncIterator[None]:
    """Relay what the outbox holds, within the manager's lifespan."""
    async with outbox.relaying():
        yield


app = FastAPI()
app.include_router(manager.router("/ws"))
app.include_router(APIRouter(lifespan=relaying))


@manager.authorize(Items, OwnedItems)
def may_see(channel: Items | OwnedItems, user: User) -> bool:
    """Everybody may; how often it was asked is counted."""
    asked[user.id, channel.name] += 1
    return True


@manager.authorize(Visits, Lobby)
def may_visit(_: Visits | Lobby, __: User) -> bool:
    """Everybody may. Nothing is kept of it."""
    return True


@manager.authorize(Guarded)
async def may_enter(channel: Guarded, user: User) -> bool:
    """Guests may. The answer is old when it is given."""
    guests = tables.guests.c
    mine = select(guests.user).where(guests.user == user.id, guests.number == channel.number)
    async with sessions() as session:
        answer = await session.scalar(mine) is not None
    await asyncio.sleep(RULE_TAKES)
    return answer


class RolledBack(Exception):
    """The change was to be rolled back."""


@app.exception_handler(DBAPIError)
@app.exception_handler(PoolTimeout)
@app.exception_handler(OSError)
@app.exception_handler(RedisError)
def unavailable(_: Request, error: Exception) -> JSONResponse:
    """The database, or the log, failed. What came of a change is unknown: ask again."""
    return JSONResponse({"detail": type(error).__name__}, 503)


@app.post("/changes")
async def change(wanted: Change) -> dict[str, str]:
    """Make a change. 409: it was rolled back, as was asked for. 503: the database failed, or the log did."""
    made = "now"
    try:
        async with sessions.begin() as session:
            await session.execute(insert(tables.changes).values(id=wanted.id))
            await _make(session, wanted)
    except RolledBack as error:
        raise HTTPException(409, "rolled back") from error
    except IntegrityError:
        made = "before"
    if settings.direct:
        for event, channels, id in _events(wanted):
            await manager.publish(event, *channels, id=id)
    return {"made": made}


async def _make(session: AsyncSession, wanted: Change) -> None:
    await _write(session, wanted)
    if wanted.strays:
        await _stray(session, wanted)
    _publish(session, wanted)
    if wanted.fails == "before":
        raise RolledBack
    if wanted.seconds or wanted.fails:
        # Behind the outbox, which listens since `publish`: its rows are written, and the channels locked.
        event.listen(session.sync_session, "before_commit", partial(_hinder, wanted))


def _hinder(wanted: Change, _: object) -> None:
    await_only(asyncio.sleep(wanted.seconds))
    if wanted.fails:
        raise RolledBack


async def _write(session: AsyncSession, wanted: Change) -> None:
    mine = tables.items.c.id == wanted.item
    values = {"version": wanted.version, "owner": wanted.owner, "text": wanted.text}
    if wanted.owner is None:
        await session.execute(delete(tables.items).where(mine))
    elif wanted.version == 1:
        await session.execute(insert(tables.items).values(id=wanted.item, **values))
    else:
        await session.execute(update(tables.items).where(mine).values(values))


def _publish(session: AsyncSession, wanted: Change) -> None:
    if not settings.direct:
        for event, channels, id in _events(wanted):
            outbox.publish(session, event, *channels, id=id)


def _events(wanted: Change) -> Iterator[tuple[ItemChanged | ItemRemoved, Sequence[Items | OwnedItems], str]]:
    removed = ItemRemoved(id=wanted.item, version=wanted.version)
    if wanted.owner is None:
        yield removed, (Items(), OwnedItems(owner=str(wanted.left))), wanted.id
        return
    item = Item(id=wanted.item, version=wanted.version, owner=wanted.owner, text=wanted.text)
    yield ItemChanged(item=item), (Items(), OwnedItems(owner=wanted.owner)), wanted.id
    if wanted.left is not None:
        yield removed, (OwnedItems(owner=wanted.left),), f"{wanted.id}.left"


async def _stray(session: AsyncSession, wanted: Change) -> None:
    """Publish in a savepoint, and roll that back."""
    if settings.direct:
        return
    savepoint = await session.begin_nested()
    removed = ItemRemoved(id=wanted.item, version=wanted.version)
    outbox.publish(session, removed, Items(), id=f"{wanted.id}.stray")
    await savepoint.rollback()


@app.get("/items")
async def read(owner: str | None = None) -> Sequence[Item]:
    """All items, or one owner's."""
    query = select(tables.items).order_by(tables.items.c.id)
    if owner is not None:
        query = query.where(tables.items.c.owner == owner)
    async with sessions() as session:
        return [Item.model_validate(row) for row in await session.execute(query)]


@app.get("/present")
async def present() -> dict[str, int]:
    """Who is in the lobby, with how many connections, as this process knows it."""
    return {user.user_id: user.connections for user in await manager.presence(Lobby())}


@app.post("/guarded/{number}")
async def say(number: int, item: Item) -> None:
    """Publish on a guarded channel."""
    await manager.publish(ItemChanged(item=item), Guarded(number=number))


@app.post("/guarded/{number}/guests/{user}")
async def let_in(number: int, user: str) -> None:
    """Let somebody follow a guarded channel."""
    async with sessions.begin() as session:
        await session.execute(insert(tables.guests).values(user=user, number=number))


@app.delete("/guarded/{number}/guests/{user}")
async def shut_out(number: int, user: str) -> None:
    """Let somebody follow a guarded channel no longer."""
    guests = tables.guests.c
    async with sessions.begin() as session:
        await session.execute(delete(tables.guests).where(guests.user == user, guests.number == number))
    await manager.revoke(user, Guarded(number=number))


@app.get("/rules")
def rules() -> dict[str, int]:
    """How often rules were asked in this process, in all and at most for one user and channel."""
    return {"asked": asked.total(), "most": max(asked.values(), default=0)}
