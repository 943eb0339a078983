"""Use cases around people and places."""

from collections.abc import Mapping
from dataclasses import replace

from scheduling.server.domain.rules import Violation
from scheduling.server.domain.schedule import Location
from scheduling.server.domain.staff import Staff
from scheduling.server.domain.time_off import Fate

from .access import require_manager, still_require_manager
from .calendar import revoke_links
from .changes import Change, Desk, NamedRequest
from .errors import AlreadyDecided, AlreadyExists, Forbidden, NotFound, RulesBroken, StaleVersion
from .passwords import Passwords
from .ports import NewStaff, VersionOf, Window
from .shifts import release_shifts


class TeamService:
    """The staff and the locations that they work at."""

    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords

    async def all(self, viewer: Staff) -> list[Staff]:
        """Everybody, by name, as `viewer` may see them."""
        async with self._desk.store.read() as tx:
            return [member.seen_by(viewer) for member in await tx.staff.all()]

    async def add(
        self, manager: Staff, new: NewStaff, password: str | None, named: NamedRequest | None = None
    ) -> Staff:
        """Raises Forbidden, AlreadyExists when the e-mail is taken.

        `named` is the request itself, where its client gave it a name (`Desk.change`).
        """
        require_manager(manager, "add staff")
        if password is not None:
            # Hashed before the change begins: it takes a while, and others wait for their turn.
            new = replace(new, password_hash=await self._passwords.hash(password))
        async with self._desk.change(named) as change:
            if await change.tx.staff.credentials(new.email):
                raise AlreadyExists("email", f"Somebody has the e-mail {new.email} already.", "email_taken")
            member = await change.tx.staff.add(new)
            change.notifier.notify_staff_created(member)
        return member

    async def change(
        self,
        manager: Staff,
        seen: VersionOf,
        changes: Mapping[str, object],
        password: str | None = None,
        named: NamedRequest | None = None,
    ) -> Staff:
        """Set the fields in `changes`, which are a Staff's and validated, and the password, where one is given.

        A new password ends the person's sessions. A change that changes nothing makes no new version. Raises
        Forbidden, Unauthenticated, NotFound, StaleVersion, AlreadyExists when the e-mail is taken, RulesBroken when
        managers would take their own rights away.
        """
        deed = "change staff"
        require_manager(manager, deed)
        password_hash = None if password is None else await self._passwords.hash(password)
        async with self._desk.change(named) as change:
            await still_require_manager(change.tx, manager, deed)
            before = await _seen(change, seen)
            await _refuse_taken(change, before, changes)
            if before.id == manager.id and changes.get("role", "manager") != "manager":
                raise RulesBroken([_OWN_ROLE])
            if password_hash is not None:
                await change.tx.staff.set_password(before.id, password_hash)
                await change.tx.sessions.delete_of_staff(before.id)
            return await _save(change, before, changes, manager)

    async def remove(self, manager: Staff, seen: VersionOf, fate: Fate, named: NamedRequest | None = None) -> Staff:
        """Take somebody out of the team: they are signed out, and `fate` becomes of their shifts that have not begun.

        They stay on record, for what they did. There is always a manager left: of two who take each other out at once,
        the second no longer may. Raises Forbidden, Unauthenticated, NotFound, StaleVersion, AlreadyDecided.
        """
        deed = "take somebody out of the team"
        require_manager(manager, deed)
        if seen.id == manager.id:
            raise Forbidden("You cannot take yourself out of the team: ask another manager.", "not_oneself")
        async with self._desk.change(named) as change:
            await still_require_manager(change.tx, manager, deed)
            before = await _seen(change, seen)
            if not before.active:
                raise AlreadyDecided(f"{before.name} has left the team already.", "already_left", name=before.name)
            after = await _save(change, before, {"active": False}, manager)
            await change.tx.sessions.delete_of_staff(after.id)
            await release_shifts(change, after, Window(change.now, None), fate, manager)
        return after

    async def restore(self, manager: Staff, seen: VersionOf, named: NamedRequest | None = None) -> Staff:
        """Take somebody who has left back into the team. Raises Forbidden, NotFound, StaleVersion, AlreadyDecided."""
        require_manager(manager, "take somebody back into the team")
        async with self._desk.change(named) as change:
            before = await _seen(change, seen)
            if before.active:
                raise AlreadyDecided(f"{before.name} is in the team already.", "already_here", name=before.name)
            return await _save(change, before, {"active": True}, manager)

    async def locations(self) -> list[Location]:
        """All locations, by name."""
        async with self._desk.store.read() as tx:
            return await tx.locations.all()

    async def add_location(self, manager: Staff, location: Location, named: NamedRequest | None = None) -> Location:
        """Raises Forbidden, AlreadyExists."""
        require_manager(manager, "add locations")
        async with self._desk.change(named) as change:
            if await change.tx.locations.get(location.name):
                raise AlreadyExists("name", f"There is a location {location.name} already.")
            await change.tx.locations.add(location)
        return location


_OWN_ROLE = Violation("role", "own_role", "hard", "You cannot take your own rights away: ask another manager.")


async def _seen(change: Change, seen: VersionOf) -> Staff:
    """The member of staff, if they still are as they were seen. Raises NotFound, StaleVersion."""
    staff = await change.tx.staff.get(seen.id)
    if staff is None:
        raise NotFound(f"There is no member of staff {seen.id}.")
    if staff.version != seen.version:
        last = await change.tx.staff.last_change(staff.id)
        raise StaleVersion("person", staff, last.by, last.at or change.now, change.now)
    return staff


async def _refuse_taken(change: Change, before: Staff, changes: Mapping[str, object]) -> None:
    email = str(changes.get("email", before.email))
    if email != before.email and await change.tx.staff.credentials(email):
        raise AlreadyExists("email", f"Somebody has the e-mail {email} already.", "email_taken")


async def _save(change: Change, before: Staff, changes: Mapping[str, object], by: Staff) -> Staff:
    """Write the next version and tell of it, if it differs.

    With other rights the person's connections end, and with them the calendar links that were made with the old ones:
    who is back, or is a manager again, makes new ones.
    """
    if before.model_copy(update=changes) == before:
        return before
    after = before.changed(dict(changes))
    await change.tx.staff.save(after, by, change.now)
    change.notifier.notify_staff_changed(after)
    if (after.active, after.role) != (before.active, before.role):
        change.notifier.end_connections(after)
        await revoke_links(change, before, after)
    return after
