import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import type { RowChange } from "../live/changes";
import { words } from "../words/language";
import { sentence } from "./announcements";

const MONA = { id: 1, name: "Mona Reyes" };
const IRIS = { id: 9, name: "Iris Novak" };
const audience = { t: words.t, me: 2, nameOf: (id: number) => (id === 3 ? "Ben Ito" : "Ada Park") };

function shift(id: number, change: Partial<Schedule> = {}): Schedule {
  return {
    id,
    staff_id: 3,
    starts_at: "2026-11-24T07:00:00Z",
    ends_at: "2026-11-24T15:00:00Z",
    role: "Nurse",
    location: "East wing",
    timezone: "Europe/London",
    note: "",
    status: "published",
    version: 1,
    updated_by: MONA,
    updated_at: "2026-11-20T09:00:00Z",
    ...change,
  };
}

const told = (...changes: RowChange<Schedule>[]) => sentence(new Map(changes.map((each, id) => [id, each])), audience);

describe("sentence", () => {
  it("is empty when nothing happened", () => expect(told()).toBe(""));

  it("says who did what to whose shift and when it is", () => {
    expect(told({ before: null, after: shift(1) })).toBe(
      "Mona Reyes added Ben Ito’s shift on Tue 24 Nov, 07:00–15:00.",
    );
  });

  it("speaks of the reader's own shift as yours", () => {
    const before = shift(1, { staff_id: 2 });
    expect(told({ before, after: { ...before, version: 2, updated_by: IRIS } })).toBe(
      "Iris Novak changed your shift on Tue 24 Nov, 07:00–15:00.",
    );
  });

  it("says what was published and what was withdrawn", () => {
    const [draft, published] = [shift(1, { status: "draft" }), shift(1, { version: 2 })];
    expect(told({ before: draft, after: published })).toContain("Mona Reyes published");
    expect(told({ before: published, after: { ...draft, version: 3 } })).toContain("Mona Reyes withdrew");
  });

  it("does not invent who deleted a shift", () => {
    expect(told({ before: shift(1, { staff_id: null }), after: null })).toBe(
      "An open shift on Tue 24 Nov, 07:00–15:00 was removed.",
    );
  });

  it("tells a bulk change of one kind as one", () => {
    const added = [1, 2, 3].map((id) => ({ before: null, after: shift(id) }));
    expect(told(...added)).toBe("Mona Reyes added 3 shifts.");
  });

  it("tells a mixed bulk change as one", () => {
    const changes = [
      { before: null, after: shift(1) },
      { before: null, after: shift(2, { updated_by: IRIS }) },
      { before: shift(3), after: null },
    ];
    expect(told(...changes)).toBe("3 shifts changed: 2 added and 1 removed.");
  });
});
