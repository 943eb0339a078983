import { expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { daysOf, FARTHEST, repeated } from "./repeat";

const SHIFT: Schedule = {
  id: 7,
  staff_id: 3,
  starts_at: "2026-10-21T20:00:00Z",
  ends_at: "2026-10-22T04:00:00Z",
  role: "Nurse",
  location: "North Ward",
  timezone: "Europe/Amsterdam",
  note: "",
  status: "published",
  version: 4,
  updated_by: null,
  updated_at: "2026-10-01T08:00:00Z",
};

it("means the days after its own, on the weekdays that are chosen, until the last day", () => {
  const wednesdays = { weekdays: [3], every: 1, until: "2026-11-11" };
  expect(daysOf("2026-10-21", wednesdays)).toEqual(["2026-10-28", "2026-11-04", "2026-11-11"]);
  expect(daysOf("2026-10-21", { ...wednesdays, every: 2 })).toEqual(["2026-11-04"]);
  expect(daysOf("2026-10-21", { weekdays: [1, 5], every: 1, until: "2026-10-30" })).toEqual([
    "2026-10-23",
    "2026-10-26",
    "2026-10-30",
  ]);
  expect(daysOf("2026-10-21", { ...wednesdays, until: "2026-10-01" })).toEqual([]);
});

it("goes no farther than it may", () => {
  const daily = { weekdays: [1, 2, 3, 4, 5, 6, 7], every: 1, until: "2099-01-01" };
  expect(daysOf("2026-10-21", daily)).toHaveLength(FARTHEST);
});

it("keeps the times on the clocks of its place when these change", () => {
  const { drafts } = repeated(SHIFT, { weekdays: [3], every: 1, until: "2026-10-28" }, { id: 1, name: "Mona" });
  expect(drafts).toMatchObject([
    { starts_at: "2026-10-28T21:00:00Z", ends_at: "2026-10-29T05:00:00Z", status: "draft" },
  ]);
  const early = { ...SHIFT, starts_at: "2026-03-22T01:30:00Z", ends_at: "2026-03-22T09:00:00Z" };
  const sundays = { weekdays: [7], every: 1, until: "2026-04-05" };
  expect(repeated(early, sundays, { id: 1, name: "Mona" })).toMatchObject({ drafts: [{}], impossible: ["2026-03-29"] });
});
