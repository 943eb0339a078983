import { expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { toldBy } from "./telling";

const NAMES: Readonly<Record<number, string>> = { 1: "Zoe", 2: "Ada" };
const nameOf = (id: number) => NAMES[id] ?? "";

const base: Schedule = {
  id: 1,
  staff_id: 1,
  starts_at: "2026-11-23T08:00:00Z",
  ends_at: "2026-11-23T16:00:00Z",
  role: "Nurse",
  location: "North Ward",
  timezone: "Europe/London",
  note: "",
  status: "draft",
  version: 1,
  updated_by: null,
  updated_at: "2026-11-20T08:00:00Z",
};

const { starts_at, ends_at, role, location } = base;
const seenBy = (staff_id: number | null) => ({ staff_id, starts_at, ends_at, role, location });
const told = (...drafts: Schedule[]) =>
  toldBy(drafts, nameOf).map(({ staffId, tellings }) => [staffId, ...tellings.map(({ kind }) => kind)]);

it("names people in the order of their names, and those who may take open shifts last", () => {
  const drafts = [base, { ...base, id: 2, staff_id: null }, { ...base, id: 3, staff_id: 2 }, { ...base, id: 4 }];
  expect(told(...drafts)).toEqual([
    [2, "new"],
    [1, "new", "new"],
    [null, "new"],
  ]);
});

it("tells a shift that was seen before as changed, or as back", () => {
  expect(told({ ...base, announced: seenBy(1) })).toEqual([[1, "again"]]);
  expect(told({ ...base, ends_at: "2026-11-23T17:00:00Z", announced: seenBy(1) })).toEqual([[1, "changed"]]);
  expect(told({ ...base, location: "South Ward", announced: seenBy(1) })).toEqual([[1, "changed"]]);
});

it("tells both people of a shift that comes back as another's", () => {
  const [ada, zoe] = toldBy([{ ...base, announced: seenBy(2) }], nameOf);
  expect(ada).toMatchObject({ staffId: 2, tellings: [{ kind: "gone", was: seenBy(2) }] });
  expect(zoe).toMatchObject({ staffId: 1, tellings: [{ kind: "new", was: null }] });
  expect(told({ ...base, announced: seenBy(null) })).toEqual([
    [1, "new"],
    [null, "gone"],
  ]);
});
