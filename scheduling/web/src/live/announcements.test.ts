import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { byOthers, differences, merge, type ShiftChange, sentence } from "./announcements";

const MONA = { id: 1, name: "Mona Reyes" };
const IRIS = { id: 9, name: "Iris Novak" };
const audience = { me: 2, nameOf: (id: number) => (id === 3 ? "Ben Ito" : "Ada Park") };

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

const byId = (...rows: Schedule[]) => new Map(rows.map((row) => [row.id, row]));
const told = (...changes: ShiftChange[]) => sentence(new Map(changes.map((each, id) => [id, each])), audience);

describe("differences", () => {
  it("finds what came, what went and what changed, and nothing else", () => {
    const before = byId(shift(1), shift(2), shift(3));
    const after = byId(shift(1), shift(2, { version: 2 }), shift(4));
    expect([...differences(before, after).keys()].sort()).toEqual([2, 3, 4]);
  });
});

describe("merge", () => {
  it("tells several changes of one shift as one, from its first state to its last", () => {
    const first = differences(byId(shift(1)), byId(shift(1, { version: 2 })));
    const second = differences(byId(shift(1, { version: 2 })), byId(shift(1, { version: 3 })));
    const change = merge(first, second).get(1);
    expect([change?.before?.version, change?.after?.version]).toEqual([1, 3]);
  });

  it("drops what went and came back as it was", () => {
    const left = differences(byId(shift(1)), byId());
    expect(merge(left, differences(byId(), byId(shift(1)))).size).toBe(0);
  });

  it("drops what came and went unseen", () => {
    const came = differences(byId(), byId(shift(1)));
    expect(merge(came, differences(byId(shift(1)), byId())).size).toBe(0);
  });
});

describe("byOthers", () => {
  it("leaves out what I did: saves by my name, deletes by their ids", () => {
    const before = byId(shift(1), shift(2), shift(3));
    const after = byId(shift(3, { version: 2, updated_by: IRIS }), shift(4, { updated_by: MONA }));
    const others = byOthers(differences(before, after), MONA.id, new Set([1]));
    expect([...others.keys()].sort()).toEqual([2, 3]);
  });
});

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
