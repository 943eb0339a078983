import { describe, expect, it } from "vitest";
import type { Schedule, TimeOff } from "../api/types";
import { drafts, published, scheduleChange, timeOff } from "./collections";

const between = { from: "2026-11-22T10:00:00Z", to: "2026-11-30T12:00:00Z" };

const schedule: Schedule = {
  id: 7,
  staff_id: 3,
  starts_at: "2026-11-24T07:00:00Z",
  ends_at: "2026-11-24T15:00:00Z",
  role: "Nurse",
  location: "East wing",
  timezone: "Europe/London",
  note: "",
  status: "published",
  version: 4,
  updated_by: null,
  updated_at: "2026-11-20T09:00:00Z",
};

describe("the published shifts and the drafts", () => {
  it("are told apart by status, and both by the week", () => {
    const draft: Schedule = { ...schedule, status: "draft" };
    const later: Schedule = { ...schedule, starts_at: "2026-12-24T07:00:00Z", ends_at: "2026-12-24T15:00:00Z" };
    const rows = [schedule, draft, later];
    expect(rows.map((row) => published.belongs(row, between))).toEqual([true, false, false]);
    expect(rows.map((row) => drafts.belongs(row, between))).toEqual([false, true, false]);
  });
});

describe("scheduleChange", () => {
  it("takes the shift where the event has it", () => {
    expect(scheduleChange({ scheduleId: 7, schedule })).toEqual({ id: 7, version: 4, row: schedule });
    expect(scheduleChange({ scheduleId: 7, version: 4, schedule })).toEqual({ id: 7, version: 4, row: schedule });
  });

  it("takes an event without the shift as its going", () => {
    expect(scheduleChange({ scheduleId: 7, version: 5 })).toEqual({ id: 7, version: 5, row: null });
    expect(scheduleChange({ scheduleId: 7, version: 5, schedule: null })).toEqual({ id: 7, version: 5, row: null });
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

  it("is filtered by what is asked for", () => {
    expect(timeOff.belongs(request, {})).toBe(true);
    expect(timeOff.belongs(request, between)).toBe(true);
    expect(timeOff.belongs(request, { status: "pending" })).toBe(false);
    expect(timeOff.belongs(request, { from: "2026-11-25T00:00:00Z", to: "2026-11-30T00:00:00Z" })).toBe(false);
  });
});
