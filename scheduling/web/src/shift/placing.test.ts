import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { copyOf, distance, placed, shifted, stretched } from "./placing";

function shift(starts_at: string, ends_at: string, timezone = "Europe/Amsterdam"): Schedule {
  const words = { role: "Nurse", location: "North Ward", note: "Keys", status: "published" as const };
  return {
    id: 7,
    version: 3,
    staff_id: 1,
    starts_at,
    ends_at,
    timezone,
    ...words,
    updated_by: null,
    updated_at: starts_at,
  };
}

const night = shift("2026-10-23T20:00:00Z", "2026-10-24T04:00:00Z");

describe("a shift that is put elsewhere", () => {
  it("keeps its times on the clocks, also over the night when they change", () => {
    expect(shifted(night, 1)).toMatchObject({ starts_at: "2026-10-24T20:00:00Z", ends_at: "2026-10-25T05:00:00Z" });
    expect(shifted(night, 2)).toMatchObject({ starts_at: "2026-10-25T21:00:00Z", ends_at: "2026-10-26T05:00:00Z" });
  });

  it("goes nowhere where its time does not exist", () => {
    const early = shift("2026-03-28T01:30:00Z", "2026-03-28T09:00:00Z");
    expect(shifted(early, 1)).toBeNull();
  });

  it("may change its person, its day and its times, each alone", () => {
    expect(placed(night, { staffId: null })).toEqual({ ...night, staff_id: null });
    expect(placed(night, { end: "08:00" })).toEqual({ ...night, ends_at: "2026-10-24T06:00:00Z" });
    expect(placed(night, { day: "2026-10-20", staffId: 4 })).toMatchObject({
      staff_id: 4,
      starts_at: "2026-10-20T20:00:00Z",
    });
  });

  it("is as far from a day as the dates on its clocks say", () => {
    expect(distance(shift("2026-10-23T22:30:00Z", "2026-10-24T04:00:00Z"), "2026-10-26")).toBe(2);
  });
});

describe("stretching", () => {
  it("moves one end, by minutes that pass", () => {
    expect(stretched(night, "end", 15)).toEqual({ ...night, ends_at: "2026-10-24T04:15:00Z" });
    expect(stretched(night, "start", -30)).toEqual({ ...night, starts_at: "2026-10-23T19:30:00Z" });
  });

  it("stops at the shortest and the longest shift", () => {
    expect(stretched(night, "end", -600).ends_at).toBe("2026-10-23T20:15:00Z");
    expect(stretched(night, "start", 600).starts_at).toBe("2026-10-24T03:45:00Z");
    expect(stretched(night, "end", 2_000).ends_at).toBe("2026-10-24T20:00:00Z");
  });
});

describe("a copy", () => {
  it("is the same shift as a draft that nobody has numbered yet", () => {
    const copy = copyOf(night, { id: 9, name: "Mona" });
    expect(copy).toMatchObject({ status: "draft", version: 0, note: "Keys", starts_at: night.starts_at });
    expect(copy.id).toBeLessThan(0);
  });
});
