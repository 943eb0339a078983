"""The people, what they can do and what was agreed with them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .kinds import ShiftKind
from .text import Entity, Label, Person

StaffRole = Literal["manager", "staff"]

ContractRule = Literal[
    "skill", "rest", "weekly_hours", "succession", "days_in_a_row", "days_off", "weekends", "whole_weekend"
]
"""The rules that a contract may make hard: else they are soft, and whoever plans may overrule them."""

LONGEST_PATTERN = 28
"""Days: no contract asks for more of them in a row."""

Hours = Annotated[float, Field(ge=0, le=168, allow_inf_nan=False)]
Days = Annotated[int, Field(strict=True, ge=1, le=LONGEST_PATTERN)]


class Succession(Entity):
    """What may not follow on the next day: a shift of the kind `after` a shift of the kind `before`."""

    before: ShiftKind
    after: ShiftKind


MOST_SUCCESSIONS = 16
"""There are no more pairs of kinds."""

SUCCESSIONS = (
    Succession(before="late", after="early"),
    Succession(before="late", after="day"),
    Succession(before="night", after="early"),
    Succession(before="night", after="day"),
    Succession(before="night", after="late"),
)
"""Forbidden where a contract says nothing else. Source: INRC-II, forbidden shift type successions."""


class Contract(Entity):
    """What was agreed; None sets no limit.

    `hours_per_week` at most; `least_hours_per_week` are owed, which is for totals and never an objection. `rest_hours`
    at least between shifts; at most `most_days_in_a_row` worked, then at least `least_days_off_in_a_row` off. Of any
    four weekends in a row at most `most_weekends_in_four` are worked, and with `whole_weekends` both days of each or
    neither. `hard_rules` are those that nobody may overrule.
    """

    name: Label
    hours_per_week: Hours | None = None
    least_hours_per_week: Hours | None = None
    rest_hours: Annotated[float, Field(ge=0, le=48, allow_inf_nan=False)] = 11
    most_days_in_a_row: Days | None = None
    least_days_off_in_a_row: Days | None = None
    most_weekends_in_four: Annotated[int, Field(strict=True, ge=0, le=4)] | None = None
    whole_weekends: bool = False
    forbidden_successions: Annotated[tuple[Succession, ...], Field(max_length=MOST_SUCCESSIONS)] = SUCCESSIONS
    hard_rules: Annotated[tuple[ContractRule, ...], Field(max_length=8)] = ()

    @model_validator(mode="after")
    def _hours_fit(self) -> Self:
        least, most = self.least_hours_per_week, self.hours_per_week
        if least is not None and most is not None and least > most:
            limits = {"least": least, "most": most}
            message = "owes {least} hours a week at least and allows {most}: the least must not be more"
            raise PydanticCustomError("hours_do_not_fit", message, limits)
        return self


class Staff(Entity):
    """One member of staff. `email` is None for viewers who may not see it.

    Who is not `active` has left: they cannot sign in and are planned no more, and what they did keeps their name.
    """

    id: int
    name: Label
    email: str | None
    role: StaffRole
    skills: tuple[Label, ...]
    contract: Contract
    active: bool = True
    version: int

    @property
    def person(self) -> Person:
        return Person(id=self.id, name=self.name)

    @property
    def is_manager(self) -> bool:
        return self.role == "manager"

    def changed(self, changes: dict[str, object]) -> Self:
        """The next version: with `changes` (validated values)."""
        return self.model_copy(update={**changes, "version": self.version + 1})

    def without_email(self) -> Self:
        return self.model_copy(update={"email": None})

    def seen_by(self, viewer: "Staff") -> Self:
        """As `viewer` may see it: the e-mail is for managers and oneself."""
        return self if viewer.is_manager or viewer.id == self.id else self.without_email()
