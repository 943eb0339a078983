import { describe, expect, it } from "vitest";
import type { Schedule, TimeOff } from "../../api/types";
import { buildMonth, daysOfMonth, windowOf } from "./month";

const LONDON = "Europe/London";

function shift(id: number, day: string, change: Partial<Schedule> = {}): Schedule {
  const [starts_at, ends_at] = [`${day}T22:00:00Z`, `${day}T23:30:00Z`];
  const words = { role: "Nurse", location: "East wing", note: "", status: "published" as const };
  const stamp = { version: 1, updated_by: null, updated_at: starts_at };
  return { id, staff_id: 1, starts_at, ends_at, timezone: LONDON, ...words, ...stamp, ...change };
}

function leave(status: TimeOff["status"], staff_id: number): TimeOff {
  const span = { starts_at: "2026-11-10T00:00:00Z", ends_at: "2026-11-12T00:00:00Z" };
  const rest = { note: "", decision_note: "", decided_by: null, version: 1, updated_at: span.starts_at };
  return { id: staff_id, staff_id, status, ...span, ...rest };
}

describe("a month", () => {
  it("has whole weeks, from that of its first day to that of its last", () => {
    const days = daysOfMonth("2026-11-20");
    expect([days[0], days.at(-1), days.length]).toEqual(["2026-10-26", "2026-12-06", 42]);
    expect(daysOfMonth("2027-02-28")).toHaveLength(28);
    expect(windowOf(days)).toEqual({ from: "2026-10-25T10:00:00Z", to: "2026-12-07T12:00:00Z" });
  });

  it("counts on each day what is there, open, drafted and away", () => {
    const days = buildMonth({
      days: daysOfMonth("2026-11-20"),
      schedules: [
        shift(1, "2026-11-09"),
        shift(2, "2026-11-10", { staff_id: null }),
        shift(3, "2026-11-10", { staff_id: 9, status: "draft" }),
        shift(4, "2026-11-10", { timezone: "Asia/Tokyo" }),
      ],
      timeOff: [leave("approved", 2), leave("pending", 9), leave("denied", 3)],
      zones: [LONDON],
      me: 9,
    });
    const found = days.filter(({ shifts, away }) => shifts.length > 0 || away > 0);
    expect(
      found.map(({ day, shifts, open, drafts, own, leave, away }) => [
        day,
        shifts.map(({ schedule }) => schedule.id),
        { open, drafts, away, own: own.length, leave: leave?.request.status ?? null },
      ]),
    ).toEqual([
      ["2026-11-09", [1], { open: 0, drafts: 0, away: 0, own: 0, leave: null }],
      ["2026-11-10", [2, 3], { open: 1, drafts: 1, away: 1, own: 1, leave: "pending" }],
      ["2026-11-11", [4], { open: 0, drafts: 0, away: 1, own: 0, leave: "pending" }],
    ]);
  });
});
