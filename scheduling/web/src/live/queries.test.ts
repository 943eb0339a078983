import { describe, expect, it } from "vitest";
import type { Schedule, TimeOff } from "../api/types";
import type { MeEvent, SchedulesEvent } from "../live.gen";
import { isAskedFor, scheduleIn, timeOffOf, union } from "./queries";

const event = (payload: object) => ({ payload }) as unknown as SchedulesEvent & MeEvent;
const schedule = { id: 7 } as Schedule;

describe("scheduleIn", () => {
  it("takes the shift where the event has it", () => {
    expect(scheduleIn(event({ schedule }))).toBe(schedule);
    expect(scheduleIn(event({ scheduleId: 7, version: 4, schedule }))).toBe(schedule);
  });

  it("takes an event without the shift as its going", () => {
    expect(scheduleIn(event({ scheduleId: 7, version: 5 }))).toBeNull();
    expect(scheduleIn(event({ scheduleId: 7, version: 5, schedule: null }))).toBeNull();
  });
});

describe("time off", () => {
  const request: TimeOff = {
    id: 1,
    staff_id: 3,
    starts_at: "2026-11-24T00:00:00Z",
    ends_at: "2026-11-25T00:00:00Z",
    note: "",
    status: "approved",
    decision_note: "",
    decided_by: null,
    version: 2,
    updated_at: "2026-11-20T09:00:00Z",
  };

  it("is told from the shifts on one's own channel", () => {
    expect(timeOffOf(event({ timeoff: request }))).toBe(request);
    expect(timeOffOf(event({ scheduleId: 7, version: 5 }))).toBeUndefined();
  });

  it("is filtered by what is asked for", () => {
    expect(isAskedFor(request, {})).toBe(true);
    expect(isAskedFor(request, { from: "2026-11-22T10:00:00Z", to: "2026-11-30T12:00:00Z" })).toBe(true);
    expect(isAskedFor(request, { status: "pending" })).toBe(false);
    expect(isAskedFor(request, { from: "2026-11-25T00:00:00Z", to: "2026-11-30T00:00:00Z" })).toBe(false);
  });
});
describe("union", () => {
  const list = (...rows: { id: number; version: number }[]) => new Map(rows.map((row) => [row.id, row as Schedule]));

  it("has the higher version of a shift that stands in both lists, whichever of them has it", () => {
    const [older, newer] = [list({ id: 1, version: 2 }), list({ id: 1, version: 3 })];
    expect([...union(older, newer).values()]).toEqual([{ id: 1, version: 3 }]);
    expect([...union(newer, older).values()]).toEqual([{ id: 1, version: 3 }]);
  });

  it("has what stands in one of the lists, and changes neither", () => {
    const [left, right] = [list({ id: 1, version: 1 }), list({ id: 2, version: 1 })];
    expect([...union(left, right).keys()]).toEqual([1, 2]);
    expect([left.size, right.size]).toEqual([1, 1]);
    expect(union(left, new Map())).toBe(left);
  });
});
