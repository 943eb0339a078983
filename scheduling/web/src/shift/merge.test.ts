import { describe, expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { merge } from "./merge";
import { valuesOf } from "./shift-fields";

const was: Schedule = {
  id: 7,
  staff_id: 3,
  starts_at: "2026-11-24T08:00:00Z",
  ends_at: "2026-11-24T16:00:00Z",
  role: "Nurse",
  location: "North Ward",
  timezone: "UTC",
  note: "",
  status: "published",
  version: 1,
  updated_by: null,
  updated_at: "2026-11-20T09:00:00Z",
};
const ada = { id: 9, name: "Ada Park" };
const theirs = (fields: Partial<Schedule>, version = 2): Schedule => ({ ...was, ...fields, version, updated_by: ada });
const mine = (fields: object) => ({ ...valuesOf(was), ...fields });

describe("merge", () => {
  it("takes silently what others changed and the reader did not", () => {
    const now = theirs({ ends_at: "2026-11-24T18:00:00Z", note: "Bring the key" });
    expect(merge(was, now, mine({ role: "Porter" }))).toEqual({
      taken: { end: "18:00", note: "Bring the key" },
      questions: [],
    });
  });

  it("asks about what both changed, by field and name", () => {
    const now = theirs({ ends_at: "2026-11-24T18:00:00Z", note: "Theirs" });
    expect(merge(was, now, mine({ end: "17:00" }))).toEqual({
      taken: { note: "Theirs" },
      questions: [{ field: "end", theirs: "18:00", by: "Ada Park" }],
    });
  });

  it("asks nothing where both mean the same", () => {
    const now = theirs({ ends_at: "2026-11-24T18:00:00Z" });
    expect(merge(was, now, mine({ end: "18:00" }))).toEqual({ taken: {}, questions: [] });
  });

  it("keeps what was asked, with their newest value, until both agree", () => {
    const first = theirs({ ends_at: "2026-11-24T18:00:00Z", note: "Theirs" });
    const entered = mine({ end: "17:00", note: "Mine" });
    const { questions } = merge(was, first, entered);
    const second = theirs({ ...first, ends_at: "2026-11-24T19:00:00Z" }, 3);
    expect(merge(first, second, entered, questions).questions).toEqual([
      { field: "note", theirs: "Theirs", by: "Ada Park" },
      { field: "end", theirs: "19:00", by: "Ada Park" },
    ]);
    const third = theirs({ ...second, ends_at: "2026-11-24T17:00:00Z" }, 4);
    expect(merge(second, third, entered, questions).questions.map(({ field }) => field)).toEqual(["note"]);
  });

  it("does not take over a field that the reader was asked about and has set back", () => {
    const first = theirs({ note: "Theirs" });
    const { questions } = merge(was, first, mine({ note: "Mine" }));
    const second = theirs({ ...first, note: "Theirs again" }, 3);
    expect(merge(first, second, mine({ note: "Theirs" }), questions)).toEqual({
      taken: {},
      questions: [{ field: "note", theirs: "Theirs again", by: "Ada Park" }],
    });
  });
});
