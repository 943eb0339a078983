import { describe, expect, it } from "vitest";
import { USUAL } from "../../api/terms";
import type { Schedule, Staff } from "../../api/types";
import { buildGrid } from "../../grid/grid";
import { words } from "../../words/language";
import { between, Selection } from "./selection";

const MONDAY = "2026-11-23";

function person(id: number, name: string): Staff {
  return { id, name, email: null, role: "staff", skills: ["Nurse"], contract: USUAL, active: true, version: 1 };
}

/** A shift of somebody on the n-th day, from an hour. */
function shift(id: number, staff_id: number | null, day: number, hour = 8): Schedule {
  const at = (hours: number) => `2026-11-${23 + day}T${String(hours).padStart(2, "0")}:00:00Z`;
  const about = { role: "Nurse", location: "East wing", note: "", status: "draft" as const, timezone: "Europe/London" };
  const stamp = { version: 1, updated_by: null, updated_at: at(hour) };
  return { id, staff_id, starts_at: at(hour), ends_at: at(hour + 4), ...about, ...stamp };
}

const schedules = [
  shift(1, 1, 0),
  shift(2, 1, 1),
  shift(3, 1, 1, 13),
  shift(4, 2, 1),
  shift(5, 2, 3),
  shift(6, null, 1),
];
const staff = [person(1, "Ada"), person(2, "Ben")];
const team = { staff, first: null, me: 1 };
const grid = buildGrid({ t: words.t, monday: MONDAY, zones: ["Europe/London"], schedules, timeOff: [], ...team });

const spot = (staffId: number | null, day: number, id?: number) => ({
  staffId,
  day: `2026-11-${23 + day}`,
  card: id === undefined ? null : `schedule-${id}`,
});

describe("a range", () => {
  it("is the rectangle between two cells, whichever comes first", () => {
    expect(between(grid, spot(1, 0), spot(2, 1)).sort()).toEqual([1, 2, 3, 4]);
    expect(between(grid, spot(2, 1, 4), spot(null, 0)).sort()).toEqual([1, 2, 3, 4, 6]);
  });

  it("in one cell goes from card to card", () => {
    expect(between(grid, spot(1, 1, 2), spot(1, 1, 2))).toEqual([2]);
    expect(between(grid, spot(1, 1, 3), spot(1, 1, 2))).toEqual([2, 3]);
  });

  it("of a place that is not there is nothing", () => {
    expect(between(grid, spot(9, 1), spot(1, 1))).toEqual([]);
  });
});

describe("a selection", () => {
  it("takes one more and lets it go", () => {
    const selection = new Selection();
    selection.toggle(2, spot(1, 1, 2));
    selection.toggle(5, spot(2, 3, 5));
    selection.toggle(2, spot(1, 1, 2));
    expect(selection.shifts(grid).map(({ id }) => id)).toEqual([5]);
  });

  it("stretches from where it began, and shrinks again", () => {
    const selection = new Selection();
    selection.toggle(4, spot(2, 1, 4));
    selection.extend(grid, spot(2, 1, 4), spot(2, 3, 5));
    expect([...selection.ids()]).toEqual([4, 5]);
    selection.extend(grid, spot(2, 3, 5), spot(2, 2));
    expect([...selection.ids()]).toEqual([4]);
  });

  it("is cleared, and tells of each change", () => {
    const selection = new Selection();
    let told = 0;
    const stop = selection.listen(() => {
      told += 1;
    });
    expect(selection.clear()).toBe(false);
    selection.toggle(4, spot(2, 1, 4));
    expect(selection.clear()).toBe(true);
    expect([selection.ids().size, told]).toEqual([0, 2]);
    stop();
    selection.toggle(4, spot(2, 1, 4));
    expect(told).toBe(2);
  });

  it("leaves out what is gone from the grid", () => {
    const selection = new Selection();
    selection.toggle(4, spot(2, 1, 4));
    selection.toggle(77, spot(2, 1, 77));
    expect(selection.shifts(grid).map(({ id }) => id)).toEqual([4]);
  });
});
