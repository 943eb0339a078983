"""Use cases around templates: the shifts of a week under a name. All of them are the managers' business."""

from scheduling.server.domain.staff import Staff
from scheduling.server.domain.template import MOST_TEMPLATES, FullTemplate, Template, TemplateShift

from .access import require_manager
from .changes import Change, Desk, NamedRequest
from .errors import AlreadyExists, LimitReached, NotFound, StaleVersion
from .ports import VersionOf

WHAT = "manage templates"


class TemplateService:
    """Raises, beside what each method names: Forbidden when who asks is no manager.

    `named` is the request itself, where its client gave it a name (`Desk.change`).
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def all(self, manager: Staff) -> list[Template]:
        """By name."""
        require_manager(manager, WHAT)
        async with self._desk.store.read() as tx:
            return await tx.templates.all()

    async def get(self, manager: Staff, template_id: int) -> FullTemplate:
        """Raises NotFound."""
        require_manager(manager, WHAT)
        async with self._desk.store.read() as tx:
            return _there(await tx.templates.get(template_id), template_id)

    async def add(
        self, manager: Staff, name: str, shifts: tuple[TemplateShift, ...], named: NamedRequest | None = None
    ) -> FullTemplate:
        """Raises AlreadyExists when the name is taken, LimitReached."""
        require_manager(manager, WHAT)
        async with self._desk.change(named) as change:
            if len(await change.tx.templates.all()) >= MOST_TEMPLATES:
                raise LimitReached(
                    f"There are {MOST_TEMPLATES} templates, which is all there can be. Delete one first."
                )
            await _refuse_taken(change, name, None)
            template = await change.tx.templates.add(name, shifts, manager, change.now)
            change.notifier.notify_template(template.listed())
        return template

    async def change(
        self,
        manager: Staff,
        seen: VersionOf,
        name: str,
        shifts: tuple[TemplateShift, ...] | None,
        named: NamedRequest | None = None,
    ) -> FullTemplate:
        """Rename it, and with `shifts` set these in place of all that were.

        A change that changes nothing makes no new version. Raises NotFound, StaleVersion, AlreadyExists.
        """
        require_manager(manager, WHAT)
        async with self._desk.change(named) as change:
            before = await _seen(change, seen)
            await _refuse_taken(change, name, before.id)
            wanted = before.shifts if shifts is None else shifts
            if (name, wanted) == (before.name, before.shifts):
                return before
            after = before.changed(name, wanted, manager.person, change.now)
            await change.tx.templates.save(after)
            change.notifier.notify_template(after.listed())
        return after

    async def delete(self, manager: Staff, seen: VersionOf, named: NamedRequest | None = None) -> None:
        """Raises NotFound, StaleVersion."""
        require_manager(manager, WHAT)
        async with self._desk.change(named) as change:
            template = await _seen(change, seen)
            await change.tx.templates.delete(template.id)
            change.notifier.notify_template_deleted(template.listed())


def _there(template: FullTemplate | None, template_id: int) -> FullTemplate:
    if template is None:
        raise NotFound(f"There is no template {template_id}: it may have been deleted.")
    return template


async def _seen(change: Change, seen: VersionOf) -> FullTemplate:
    template = _there(await change.tx.templates.get(seen.id), seen.id)
    if template.version != seen.version:
        current = template.listed()
        raise StaleVersion("template", current, current.updated_by, current.updated_at, change.now)
    return template


async def _refuse_taken(change: Change, name: str, own: int | None) -> None:
    if any(each.name == name and each.id != own for each in await change.tx.templates.all()):
        raise AlreadyExists("name", f"There is a template {name} already.")
