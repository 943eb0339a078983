"""The people, what they can do and what was agreed with them."""

from typing import Annotated, Literal, Self

from pydantic import Field

from .text import Entity, Label, Person

StaffRole = Literal["manager", "staff"]

Hours = Annotated[float, Field(ge=0, le=168, allow_inf_nan=False)]


class Contract(Entity):
    """What was agreed: `hours_per_week` at most (none: no limit) and `rest_hours` at least between shifts."""

    name: Label
    hours_per_week: Hours | None = None
    rest_hours: Annotated[float, Field(ge=0, le=48, allow_inf_nan=False)] = 11


class Staff(Entity):
    """One member of staff. `email` is None for viewers who may not see it."""

    id: int
    name: Label
    email: str | None
    role: StaffRole
    skills: tuple[Label, ...]
    contract: Contract
    version: int

    @property
    def person(self) -> Person:
        return Person(id=self.id, name=self.name)

    @property
    def is_manager(self) -> bool:
        return self.role == "manager"

    def without_email(self) -> Self:
        return self.model_copy(update={"email": None})

    def seen_by(self, viewer: "Staff") -> Self:
        """As `viewer` may see it: the e-mail is for managers and oneself."""
        return self if viewer.is_manager or viewer.id == self.id else self.without_email()
