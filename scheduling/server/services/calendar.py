"""Use cases around calendars: shifts for the programs in which people keep the rest of their life."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduling.server.domain.calendar import AHEAD, BACK, CalendarLink
from scheduling.server.domain.schedule import Schedule
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .changes import Change, Desk, NamedRequest
from .errors import Gone, LimitReached, NotFound
from .ports import MOST_ROWS, CalendarEntry, CalendarPage, CalendarWriter, Dice, Transaction, Window, at_most
from .shifts import no_location
from .tokens import hashed

MOST_LINKS = 20
"""Of one person; so many that were revoked are remembered, too, to say of them that they were."""

READ_AGAIN = timedelta(minutes=1)
"""Programs that ask more often than this are noted once."""


@dataclass(frozen=True, slots=True)
class NewCalendarLink:
    """A link that was made, and the secret part of its address: told this once, only its hash is kept."""

    link: CalendarLink
    token: str


class CalendarService:
    def __init__(self, desk: Desk, dice: Dice, write: CalendarWriter) -> None:
        self._desk = desk
        self._dice = dice
        self._write = write

    async def make(self, owner: Staff, location: str | None, named: NamedRequest | None = None) -> NewCalendarLink:
        """A link to one's own shifts, or to those of a location.

        Raises Forbidden when staff ask for a location's, NotFound when there is none, LimitReached.
        """
        if location is not None:
            require_manager(owner, "make links to a location's shifts")
        token = self._dice()
        async with self._desk.change(named) as change:
            links = change.tx.calendar_links
            if location is not None and await change.tx.locations.get(location) is None:
                raise NotFound(await no_location(change.tx, location))
            if len(await links.active(owner.id)) >= MOST_LINKS:
                raise LimitReached(
                    f"You have {MOST_LINKS} calendar links, which is all there can be. Revoke one first."
                )
            link = await links.add(owner.id, location, hashed(token), change.now)
            change.notifier.notify_calendar_link(link)
        return NewCalendarLink(link, token)

    async def links(self, owner: Staff) -> list[CalendarLink]:
        """One's own that were not revoked, the newest first."""
        async with self._desk.store.read() as tx:
            return await tx.calendar_links.active(owner.id)

    async def revoke(self, owner: Staff, link_id: int, named: NamedRequest | None = None) -> None:
        """Raises NotFound unless it is one of one's own that was not revoked yet."""
        async with self._desk.change(named) as change:
            links = change.tx.calendar_links
            link = next((each for each in await links.active(owner.id) if each.id == link_id), None)
            if link is None:
                raise NotFound(f"You have no calendar link {link_id}, or it is revoked already.")
            await _revoke(change, [link])

    async def feed(self, token: str, host: str) -> bytes:
        """What the link shows now: published shifts as iCalendar (RFC 5545); `host` makes its names unique.

        Of more than MOST_ROWS it shows those of as many whole weeks ahead as fit: a shorter calendar, never none.
        Raises NotFound when there is no such link, Gone when it was revoked or its owner may no longer see the shifts.
        """
        token_hash = hashed(token)
        async with self._desk.store.read() as tx:
            link, owner = await _good_link(tx, token_hash)
            now = self._desk.clock()
            page = await _page_of(tx, link, owner, host, now)
        if _is_to_be_noted(link, now):
            await self._note_reading(token_hash)
        # In a thread: a long feed takes a while, in which others are served.
        return await asyncio.to_thread(self._write, page)

    async def between(self, viewer: Staff, window: Window, host: str) -> bytes:
        """All published shifts that start in a time, as iCalendar. Raises TooMany."""
        async with self._desk.store.read() as tx:
            found = at_most(await tx.schedules.find(window, status="published", limit=MOST_ROWS + 1), "schedules")
            entries = await _named(tx, [shift for shift in found if window.holds(shift.starts_at)], viewer.id)
        return await asyncio.to_thread(self._write, CalendarPage("Shifts", host, entries))

    async def _note_reading(self, token_hash: str) -> None:
        async with self._desk.change() as change:
            link = await change.tx.calendar_links.find(token_hash)
            if link is not None and _is_to_be_noted(link, change.now):
                await _save(change, link.read(change.now))


async def revoke_links(change: Change, before: Staff, after: Staff) -> None:
    """Revoke what somebody may no longer read, or could not while they were away: all links, or those to locations."""
    links = await change.tx.calendar_links.active(after.id)
    same = before.active == after.active
    await _revoke(change, [link for link in links if not (same and (link.scope == "me" or after.is_manager))])


async def _revoke(change: Change, links: Sequence[CalendarLink]) -> None:
    for link in links:
        await _save(change, link.revoked(change.now))
        await change.tx.calendar_links.forget_revoked(link.staff_id, MOST_LINKS)


def _is_to_be_noted(link: CalendarLink, now: datetime) -> bool:
    return link.revoked_at is None and (link.read_at is None or now - link.read_at >= READ_AGAIN)


async def _good_link(tx: Transaction, token_hash: str) -> tuple[CalendarLink, Staff]:
    link = await tx.calendar_links.find(token_hash)
    owner = None if link is None else await tx.staff.get(link.staff_id)
    if link is None or owner is None:
        raise NotFound(
            "There is no such calendar link. Copy the whole address again, or make a new link under `Calendar link`."
        )
    if not owner.active or (link.scope == "location" and not owner.is_manager):
        raise Gone(
            "This calendar link shows nothing any more: whoever made it has left the team or is no manager now. "
            "Ask a manager for a new one."
        )
    if link.revoked_at is not None:
        raise Gone(
            "This calendar link was revoked and shows nothing any more. Remove it from your calendar; "
            "who may see the shifts makes a new one under `Calendar link`."
        )
    return link, owner


async def _page_of(tx: Transaction, link: CalendarLink, owner: Staff, host: str, now: datetime) -> CalendarPage:
    window = Window(now - BACK, now + AHEAD)
    staff_id = owner.id if link.location is None else None
    rows = await tx.schedules.find(
        window, staff_id=staff_id, location=link.location, status="published", limit=MOST_ROWS + 1
    )
    entries = await _named(tx, _that_fit(rows, now), owner.id)
    return CalendarPage(f"Shifts: {link.location or owner.name}", host, entries)


def _that_fit(rows: Sequence[Schedule], now: datetime) -> Sequence[Schedule]:
    """All of `rows`, which are by start; of more than MOST_ROWS those that start in the whole weeks that fit."""
    if len(rows) <= MOST_ROWS:
        return rows
    week = timedelta(weeks=1)
    end = now + (rows[MOST_ROWS].starts_at - now) // week * week
    return [shift for shift in rows if shift.starts_at < end]


async def _named(tx: Transaction, shifts: Sequence[Schedule], reader: int) -> list[CalendarEntry]:
    """Each with whose it is, where that is not the reader."""
    names = {member.id: member.name for member in await tx.staff.all()}
    return [
        CalendarEntry(shift, None if shift.staff_id is None else names.get(shift.staff_id), shift.staff_id == reader)
        for shift in shifts
    ]


async def _save(change: Change, link: CalendarLink) -> None:
    await change.tx.calendar_links.save(link)
    change.notifier.notify_calendar_link(link)
