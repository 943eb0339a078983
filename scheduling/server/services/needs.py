"""Use cases around needs: how many people each location has to have when."""

from scheduling.server.domain.needs import LocationNeeds, Need
from scheduling.server.domain.staff import Staff

from .access import require_manager
from .changes import Desk, NamedRequest
from .errors import RulesBroken, StaleVersion
from .shifts import unknown_location


class NeedsService:
    """`named` is the request itself, where its client gave it a name (`Desk.change`)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def all(self) -> list[LocationNeeds]:
        """By location; one that nothing was ever said about is left out."""
        async with self._desk.store.read() as tx:
            return await tx.needs.all()

    async def replace(
        self, manager: Staff, location: str, seen: int, needs: tuple[Need, ...], named: NamedRequest | None = None
    ) -> LocationNeeds:
        """Set all that `location` needs in place of the version that was `seen` (0: there was none).

        Raises Forbidden, RulesBroken when there is no such location, StaleVersion.
        """
        require_manager(manager, "say what is needed")
        async with self._desk.change(named) as change:
            if await change.tx.locations.get(location) is None:
                raise RulesBroken([await unknown_location(change.tx, location)])
            before = await change.tx.needs.get(location) or LocationNeeds.none_at(location)
            if before.version != seen:
                at = before.updated_at or change.now
                raise StaleVersion("list of needs", before, before.updated_by, at, change.now)
            if before.version > 0 and needs == before.needs:
                return before
            after = before.changed(needs, manager.person, change.now)
            await change.tx.needs.put(after)
            change.notifier.notify_needs(after)
        return after
