"""Entering a plan: what is there already is left alone, so doing it twice changes nothing."""

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from scheduling.server.client import ApiClient, ApiError, Json

from .plan import Entry, Plan, spell

Send = Callable[[str, Json], Awaitable[tuple[Json | None, list[Json]]]]
Kind = Literal["locations", "needs", "staff", "schedules", "time-off requests"]


@dataclass(frozen=True, slots=True)
class Objection:
    """What a rule said about an entry."""

    title: str
    code: str
    message: str


@dataclass(slots=True)
class Summary:
    """What became of each entry. `accepted` are soft objections that were overruled, `refused` those that stood."""

    entered: Counter[Kind] = field(default_factory=Counter)
    already_there: Counter[Kind] = field(default_factory=Counter)
    refused_entries: Counter[Kind] = field(default_factory=Counter)
    accepted: list[Objection] = field(default_factory=list)
    refused: list[Objection] = field(default_factory=list)

    @property
    def begun(self) -> bool:
        return bool(self.entered or self.already_there or self.refused_entries)


class Entering:
    """Enters one plan through one client. `step` is called after each entry with its title."""

    def __init__(self, api: ApiClient, *, accept_soft: bool, step: Callable[[str], None]) -> None:
        self._api = api
        self._accept_soft = accept_soft
        self._step = step
        self.summary = Summary()

    async def enter(self, plan: Plan) -> Summary:
        """Raises ApiError; `summary` then tells how far it came."""
        await self._enter_location(plan.location)
        known = {row["location"] for row in await self._api.get("/api/needs")}
        await self._enter("needs", "/api/needs", plan.needs, plan.needs.body["location"] in known, self._api.put)
        staff_ids = await self._enter_staff(plan.staff)
        period = {"from": spell(plan.starts_at), "to": spell(plan.ends_at)}
        shifts = {_shift_key(row) for row in await self._api.get("/api/schedules", **period)}
        for entry in _given_to(staff_ids, plan.schedules):
            await self._enter("schedules", "/api/schedules", entry, _shift_key(entry.body) in shifts)
        spans = {_span_key(row) for row in await self._api.get("/api/timeoff", **period)}
        for entry in _given_to(staff_ids, plan.time_off):
            await self._enter("time-off requests", "/api/timeoff", entry, _span_key(entry.body) in spans)
        return self.summary

    async def _enter_location(self, entry: Entry) -> None:
        zones = {row["name"]: row["timezone"] for row in await self._api.get("/api/locations")}
        known = zones.get(entry.body["name"])
        if known is not None and known != entry.body["timezone"]:
            raise ApiError(
                f"The location {entry.title} is there with the time zone {known}: "
                "name that one with --timezone, or another location with --location."
            )
        await self._enter("locations", "/api/locations", entry, known is not None)

    async def _enter_staff(self, staff: list[Entry]) -> dict[object, int]:
        """The number of each member, by e-mail."""
        ids: dict[object, int] = {row["email"]: row["id"] for row in await self._api.get("/api/staff")}
        for entry in staff:
            email = entry.body["email"]
            if created := await self._enter("staff", "/api/staff", entry, email in ids):
                ids[email] = created["id"]
        return ids

    async def _enter(self, kind: Kind, path: str, entry: Entry, there: bool, send: Send | None = None) -> Json | None:
        created = None
        if there:
            self.summary.already_there[kind] += 1
        else:
            created = await self._send(send or self._api.post, path, entry)
            (self.summary.entered if created else self.summary.refused_entries)[kind] += 1
        self._step(entry.title)
        return created

    async def _send(self, send: Send, path: str, entry: Entry) -> Json | None:
        created, errors = await send(path, entry.body)
        if created is not None:
            return created
        if self._accept_soft and all(error["severity"] == "soft" for error in errors):
            accept = sorted({error["code"] for error in errors})
            created, later = await send(path, {**entry.body, "accept": accept})
            errors = later or errors
        objections = [Objection(entry.title, error["code"], error["message"]) for error in errors]
        (self.summary.refused if created is None else self.summary.accepted).extend(objections)
        return created


def _given_to(staff_ids: dict[object, int], entries: list[tuple[str, Entry]]) -> Iterator[Entry]:
    for email, entry in entries:
        yield Entry(entry.title, {**entry.body, "staff_id": staff_ids[email]})


def _span_key(row: Json) -> Hashable:
    return row["staff_id"], row["starts_at"], row["ends_at"]


def _shift_key(row: Json) -> Hashable:
    return (*(row[name] for name in ("staff_id", "starts_at", "ends_at", "role", "location")),)
