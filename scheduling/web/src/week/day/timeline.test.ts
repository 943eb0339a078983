import { describe, expect, it } from "vitest";
import type { Schedule } from "../../api/types";
import { shiftOf } from "../../grid/grid";
import { carriedInto, hoursOf, lanesOf, spanOn } from "./timeline";

const LONDON = "Europe/London";

function shift(starts_at: string, ends_at: string, staff_id: number | null = 1, timezone = LONDON) {
  const words = { role: "Nurse", location: "East wing", note: "", status: "published" as const };
  const stamp = { version: 1, updated_by: null, updated_at: starts_at };
  const schedule: Schedule = { id: 1, staff_id, starts_at, ends_at, timezone, ...words, ...stamp };
  return shiftOf(schedule);
}

const hours = ({ from, to }: { from: number; to: number }) => [from / 60, to / 60];

describe("a shift on a day's line", () => {
  it("stands by the clocks of its place", () => {
    const late = shift("2026-11-24T01:00:00Z", "2026-11-24T03:30:00Z", 1, "America/New_York");
    expect(hours(spanOn(late, "2026-11-23"))).toEqual([20, 22.5]);
  });

  it("goes on after midnight, and is there from midnight on the next day", () => {
    const night = shift("2026-11-23T23:00:00Z", "2026-11-24T07:00:00Z");
    expect(hours(spanOn(night, "2026-11-23"))).toEqual([23, 31]);
    expect(hours(spanOn(night, "2026-11-24"))).toEqual([0, 7]);
    expect([...carriedInto([night], "2026-11-24").keys()]).toEqual([1]);
    expect(carriedInto([night], "2026-11-23").size).toBe(0);
  });

  it("reaches from clock to clock in a night on which the clocks change", () => {
    const short = shift("2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z");
    expect(hours(spanOn(short, "2026-03-28"))).toEqual([22, 30]);
    const nothing = shift("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
    expect(hours(spanOn(nothing, "2026-10-25"))).toEqual([1.5, 1.75]);
  });
});

describe("a day's line", () => {
  it("is as long as its last shift, and no shorter than the day", () => {
    expect(hoursOf([])).toBe(24);
    expect(hoursOf([{ from: 1_380, to: 1_875 }])).toBe(32);
  });

  it("has a lane for each of what is there at once", () => {
    const spans = [
      { from: 420, to: 900 },
      { from: 480, to: 960 },
      { from: 900, to: 1_380 },
      { from: 930, to: 1_000 },
    ];
    expect(lanesOf(spans)).toEqual([0, 1, 0, 2]);
  });
});
