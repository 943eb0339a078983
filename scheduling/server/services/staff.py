"""Use cases around people and places."""

from dataclasses import replace

from scheduling.server.domain.schedule import Location
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .changes import Desk
from .errors import AlreadyExists
from .passwords import Passwords
from .ports import NewStaff


class TeamService:
    """The staff and the locations that they work at."""

    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords

    async def all(self, viewer: Staff) -> list[Staff]:
        """Everybody, by name, as `viewer` may see them."""
        async with self._desk.store.read() as tx:
            return [member.seen_by(viewer) for member in await tx.staff.all()]

    async def add(self, manager: Staff, new: NewStaff, password: str | None, request_id: str | None = None) -> Staff:
        """Raises Forbidden, AlreadyExists when the e-mail is taken.

        `request_id` is the name that the client gave the request; it reaches the screens with the new member.
        """
        require_manager(manager, "add staff")
        if password is not None:
            # Hashed before the change begins: it takes a while, and others wait for their turn.
            new = replace(new, password_hash=await self._passwords.hash(password))
        async with self._desk.change(request_id) as change:
            if await change.tx.staff.credentials(new.email):
                raise AlreadyExists("email", f"Somebody has the e-mail {new.email} already.")
            member = await change.tx.staff.add(new)
            change.notifier.notify_staff_created(member)
        return member

    async def locations(self) -> list[Location]:
        """All locations, by name."""
        async with self._desk.store.read() as tx:
            return await tx.locations.all()

    async def add_location(self, manager: Staff, location: Location) -> Location:
        """Raises Forbidden, AlreadyExists."""
        require_manager(manager, "add locations")
        async with self._desk.change() as change:
            if await change.tx.locations.get(location.name):
                raise AlreadyExists("name", f"There is a location {location.name} already.")
            await change.tx.locations.add(location)
        return location
