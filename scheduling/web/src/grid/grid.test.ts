import { describe, expect, it } from "vitest";
import { USUAL } from "../api/terms";
import type { Schedule, Staff, TimeOff } from "../api/types";
import { words } from "../words/language";
import { buildGrid, type GridInput, leaveDays, shiftOf } from "./grid";

const MONDAY = "2026-11-23";

function person(id: number, name: string): Staff {
  const contract = { ...USUAL, name: "Full time", hours_per_week: 36 };
  return { id, name, email: null, role: "staff", skills: ["Nurse"], contract, active: true, version: 1 };
}

let ids = 0;
function shift(starts_at: string, ends_at: string, change: Partial<Schedule> = {}): Schedule {
  ids += 1;
  const words = { role: "Nurse", location: "East wing", note: "", status: "published" as const };
  const stamp = { version: 1, updated_by: null, updated_at: starts_at };
  return { id: ids, staff_id: 1, starts_at, ends_at, timezone: "Europe/London", ...words, ...stamp, ...change };
}

function leave(starts_at: string, ends_at: string, change: Partial<TimeOff> = {}): TimeOff {
  const rest = { note: "", decision_note: "", decided_by: null, version: 1, updated_at: starts_at };
  return { id: 1, staff_id: 1, starts_at, ends_at, status: "pending", ...rest, ...change };
}

function grid(input: Partial<GridInput>) {
  const staff = [person(1, "Ada Park"), person(2, "Ben Ito")];
  return buildGrid({
    t: words.t,
    monday: MONDAY,
    zones: ["Europe/London", "America/New_York"],
    staff,
    schedules: [],
    timeOff: [],
    first: null,
    me: 2,
    ...input,
  });
}

/** "line/day: ids" of every cell that has shifts. */
function places(result: ReturnType<typeof grid>): string[] {
  return [result.open, ...result.people].flatMap((line) =>
    line.cells
      .filter((cell) => cell.shifts.length > 0)
      .map((cell) => `${line.name}/${cell.day}: ${cell.shifts.map((each) => each.schedule.id)}`),
  );
}

describe("a shift's cell", () => {
  it("is the day on which a night shift starts, once", () => {
    const night = shift("2026-11-25T22:00:00Z", "2026-11-26T06:00:00Z");
    expect(places(grid({ schedules: [night] }))).toEqual([`Ada Park/2026-11-25: ${night.id}`]);
    expect(shiftOf(night)).toMatchObject({ overnight: true, minutes: 480 });
  });

  it("does not call a shift until midnight a night shift", () => {
    expect(shiftOf(shift("2026-11-25T16:00:00Z", "2026-11-26T00:00:00Z")).overnight).toBe(false);
  });

  it("goes by the clock of the shift's own location", () => {
    const late = shift("2026-11-25T03:00:00Z", "2026-11-25T11:00:00Z", { timezone: "America/New_York" });
    const early = shift("2026-11-24T19:00:00Z", "2026-11-25T02:00:00Z", { timezone: "Asia/Tokyo" });
    const result = grid({ schedules: [late, early] });
    expect(places(result)).toEqual([`Ada Park/2026-11-24: ${late.id}`, `Ada Park/2026-11-25: ${early.id}`]);
  });

  it("is not in the week before or after, at the edges of the location's own days", () => {
    const sunday = shift("2026-11-22T23:30:00Z", "2026-11-23T07:00:00Z");
    const monday = shift("2026-11-22T23:30:00Z", "2026-11-23T07:00:00Z", { timezone: "Europe/Paris" });
    const next = shift("2026-11-30T00:00:00Z", "2026-11-30T08:00:00Z");
    expect(places(grid({ schedules: [sunday, monday, next] }))).toEqual([`Ada Park/${MONDAY}: ${monday.id}`]);
  });

  it("is in the open line when nobody has it", () => {
    const open = shift("2026-11-24T07:00:00Z", "2026-11-24T15:00:00Z", { staff_id: null });
    expect(places(grid({ schedules: [open] }))).toEqual([`Open shifts/2026-11-24: ${open.id}`]);
  });

  it("is in a line of its own when the team list does not have the person yet", () => {
    const unknown = shift("2026-11-24T07:00:00Z", "2026-11-24T15:00:00Z", { staff_id: 77 });
    expect(places(grid({ schedules: [unknown] }))).toEqual([`Staff 77/2026-11-24: ${unknown.id}`]);
  });

  it("keeps the line of who has left, while something stands in it", () => {
    const staff = [{ ...person(1, "Ada Park"), active: false }, person(2, "Ben Ito")];
    const kept = shift("2026-11-24T07:00:00Z", "2026-11-24T15:00:00Z");
    const names = (schedules: Schedule[]) => grid({ staff, schedules }).people.map(({ name }) => name);
    expect(names([kept])).toEqual(["Ada Park", "Ben Ito"]);
    expect(names([])).toEqual(["Ben Ito"]);
  });

  it("lists its shifts by start, then by end", () => {
    const b = shift("2026-11-24T07:00:00Z", "2026-11-24T15:00:00Z");
    const a = shift("2026-11-24T07:00:00Z", "2026-11-24T12:00:00Z");
    const c = shift("2026-11-24T06:00:00Z", "2026-11-24T07:00:00Z");
    expect(places(grid({ schedules: [b, a, c] }))).toEqual([`Ada Park/2026-11-24: ${c.id},${a.id},${b.id}`]);
  });
});

describe("hours", () => {
  it("are those that pass, on the nights when the clocks change", () => {
    const back = shift("2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z");
    const forward = shift("2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z");
    expect(shiftOf(back)).toMatchObject({ day: "2026-10-24", minutes: 540, overnight: true });
    expect(shiftOf(forward)).toMatchObject({ day: "2026-03-28", minutes: 420, overnight: true });
  });

  it("add up for each line and for the week", () => {
    const schedules = [
      shift("2026-11-23T07:00:00Z", "2026-11-23T15:00:00Z"),
      shift("2026-11-24T22:00:00Z", "2026-11-25T06:30:00Z"),
      shift("2026-11-24T07:00:00Z", "2026-11-24T08:00:00Z", { staff_id: null }),
    ];
    const result = grid({ schedules });
    expect(result.people[0]?.minutes).toBe(990);
    expect([result.open.minutes, result.minutes]).toEqual([60, 1050]);
  });
});

describe("lines", () => {
  it("are at home where most of their shifts are", () => {
    const day = ["2026-11-23", "2026-11-24", "2026-11-25"];
    const schedules = ["East wing", "West wing", "West wing"].map((location, index) =>
      shift(`${day[index]}T07:00:00Z`, `${day[index]}T15:00:00Z`, { location }),
    );
    expect(grid({ schedules }).people.map((line) => line.home)).toEqual(["West wing", null]);
  });

  it("are by name, with one's own first where asked for", () => {
    expect(grid({}).people.map((line) => line.name)).toEqual(["Ada Park", "Ben Ito"]);
    const own = grid({ first: 2 });
    expect(own.people.map((line) => [line.name, line.self])).toEqual([
      ["Ben Ito", true],
      ["Ada Park", false],
    ]);
  });
});

describe("leave", () => {
  it("fills whole days from the first to the last", () => {
    const days = leaveDays(leave("2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z"), "Europe/London");
    expect([...days.keys()]).toEqual(["2026-11-24", "2026-11-25", "2026-11-26"]);
    expect(days.get("2026-11-25")).toMatchObject({ span: null, continues: { before: true, after: true } });
    expect(days.get("2026-11-26")?.continues).toEqual({ before: true, after: false });
  });

  it("says which hours of a day it takes", () => {
    const days = leaveDays(leave("2026-11-24T13:00:00Z", "2026-11-25T10:00:00Z"), "Europe/London");
    expect(days.get("2026-11-24")?.span).toEqual({ from: "13:00", to: "24:00" });
    expect(days.get("2026-11-25")?.span).toEqual({ from: "00:00", to: "10:00" });
  });

  it("is whole on a day of 23 or 25 hours", () => {
    const october = leaveDays(leave("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"), "Europe/London");
    expect([...october.entries()].map(([day, each]) => [day, each.span])).toEqual([["2026-10-25", null]]);
  });

  it("is read in the zone in which it is whole days", () => {
    const away = leave("2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z");
    const cells = grid({ timeOff: [away] }).people[0]?.cells.filter((cell) => cell.leave.length > 0);
    expect(cells?.map((cell) => [cell.day, cell.leave[0]?.span])).toEqual([["2026-11-24", null]]);
  });

  it("stands in the person's cells while it is pending or approved, and not when it was denied", () => {
    const between = ["2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"] as const;
    const requests = (["pending", "approved", "denied", "cancelled"] as const).map((status, id) =>
      leave(...between, { id, status }),
    );
    const cell = grid({ timeOff: requests }).people[0]?.cells[1];
    expect(cell?.leave.map((each) => each.request.status)).toEqual(["pending", "approved"]);
  });
});
