import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { habitOf } from "./habit";

let ids = 0;
/** A shift of this person on some day, from and to an hour (UTC; Amsterdam's clocks are one ahead). */
function shift(staff_id: number | null, from: number, to: number, change: Partial<Schedule> = {}): Schedule {
  ids += 1;
  const hour = (value: number) => `2026-11-${10 + (ids % 15)}T${String(value).padStart(2, "0")}:00:00Z`;
  const times = { starts_at: hour(from), ends_at: hour(to), timezone: "Europe/Amsterdam" };
  const words = { role: "Nurse", location: "North Ward", note: "", status: "draft" as const };
  return {
    id: ids,
    version: 1,
    staff_id,
    ...times,
    ...words,
    updated_by: null,
    updated_at: times.starts_at,
    ...change,
  };
}

describe("a habit", () => {
  it("is the person's most frequent shift, by the clocks of its place", () => {
    const shifts = [
      shift(1, 6, 14),
      shift(1, 8, 16),
      shift(1, 8, 16),
      shift(2, 6, 14),
      shift(2, 6, 14),
      shift(2, 6, 14),
    ];
    expect(habitOf(shifts, 1, null)).toEqual({ start: "09:00", end: "17:00", role: "Nurse", location: "North Ward" });
  });

  it("is that of the role for somebody who has none yet", () => {
    const shifts = [shift(1, 6, 14, { role: "Porter" }), shift(2, 8, 16), shift(2, 8, 16)];
    expect(habitOf(shifts, 3, "Porter")).toMatchObject({ start: "07:00", role: "Porter" });
    expect(habitOf(shifts, 3, "Pilot")).toBeNull();
  });

  it("of the open line is that of open shifts", () => {
    expect(habitOf([shift(1, 6, 14), shift(1, 6, 14), shift(null, 20, 23)], null, null)).toMatchObject({
      start: "21:00",
    });
  });
});
