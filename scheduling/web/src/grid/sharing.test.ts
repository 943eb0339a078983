import { describe, expect, it } from "vitest";
import { USUAL } from "../api/terms";
import type { Schedule, Staff, TimeOff } from "../api/types";
import { words } from "../words/language";
import { buildGrid } from "./grid";
import { shared, sharing } from "./sharing";

const MONDAY = "2026-11-23";

function person(id: number, name: string): Staff {
  const contract = { ...USUAL, name: "Full time", hours_per_week: 36 };
  return { id, name, email: null, role: "staff", skills: ["Nurse"], contract, active: true, version: 1 };
}

function shift(id: number, staff_id: number | null, day: string, change: Partial<Schedule> = {}): Schedule {
  const [starts_at, ends_at] = [`${day}T07:00:00Z`, `${day}T15:00:00Z`];
  const words = { role: "Nurse", location: "East wing", note: "", status: "published" as const };
  const stamp = { version: 1, updated_by: null, updated_at: starts_at };
  return { id, staff_id, starts_at, ends_at, timezone: "Europe/London", ...words, ...stamp, ...change };
}

const TEAM = [person(1, "Ada Park"), person(2, "Ben Ito")];
const AWAY: TimeOff = {
  id: 1,
  staff_id: 2,
  starts_at: "2026-11-25T00:00:00Z",
  ends_at: "2026-11-26T00:00:00Z",
  status: "pending",
  note: "",
  decision_note: "",
  decided_by: null,
  version: 1,
  updated_at: "2026-11-01T00:00:00Z",
};
const ROWS = [shift(1, 1, "2026-11-23"), shift(2, 1, "2026-11-24"), shift(3, 2, "2026-11-24")];

function grid(schedules: readonly Schedule[], timeOff: readonly TimeOff[] = [AWAY], staff = TEAM) {
  return buildGrid({
    t: words.t,
    monday: MONDAY,
    zones: ["Europe/London"],
    staff,
    schedules,
    timeOff,
    first: null,
    me: 9,
  });
}

describe("a grid that is built again", () => {
  it("keeps every line when no row has changed", () => {
    const before = grid(ROWS);
    const after = shared(before, grid(ROWS));
    expect(after.open).toBe(before.open);
    expect(after.people.map((line, index) => line === before.people[index])).toEqual([true, true]);
  });

  it("has a new line and a new cell only where a shift has changed", () => {
    const before = grid(ROWS);
    const changed = shift(2, 1, "2026-11-24", { version: 2, note: "bring keys" });
    const after = shared(before, grid([ROWS[0] as Schedule, changed, ROWS[2] as Schedule]));
    const [ada, ben] = after.people;
    expect(ben).toBe(before.people[1]);
    expect(ada?.cells.map((cell, index) => cell === before.people[0]?.cells[index])).toEqual([
      true,
      false,
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(ada?.cells[1]?.shifts[0]?.schedule).toBe(changed);
  });

  it("shows what has changed of leave, of a person and of the week", () => {
    const before = grid(ROWS);
    const decided = shared(before, grid(ROWS, [{ ...AWAY, status: "approved", version: 2 }]));
    expect(decided.people[1]?.cells[2]?.leave[0]?.request.status).toBe("approved");
    expect(decided.people[0]).toBe(before.people[0]);
    const renamed = shared(before, grid(ROWS, [AWAY], [person(1, "Ada Parker"), TEAM[1] as Staff]));
    expect(renamed.people.map(({ name }) => name)).toEqual(["Ada Parker", "Ben Ito"]);
  });

  it("compares with the grid before, whichever that was", () => {
    const share = sharing();
    const [first, second, third] = [share(grid(ROWS)), share(grid(ROWS.slice(1))), share(grid(ROWS.slice(1)))];
    expect([first.people[0] === second.people[0], second.people[0] === third.people[0]]).toEqual([false, true]);
    expect(second.shifts).toHaveLength(2);
  });
});
