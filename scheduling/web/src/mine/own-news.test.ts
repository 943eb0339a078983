import { expect, it } from "vitest";
import type { Schedule } from "../api/types";
import type { MeEvent } from "../live.gen";
import { type Collected, collect } from "./own-news";

const ME = 2;

function shift(id: number, fields: Partial<Schedule> = {}): Schedule {
  return {
    id,
    staff_id: ME,
    starts_at: "2026-11-23T08:00:00Z",
    ends_at: "2026-11-23T16:00:00Z",
    role: "Nurse",
    location: "North Ward",
    timezone: "Europe/London",
    note: "",
    status: "published",
    version: 2,
    updated_by: { id: 1, name: "Mona" },
    updated_at: "2026-11-20T08:00:00Z",
    ...fields,
  };
}

const published = (schedule: Schedule) => ({ type: "schedule:published", payload: { schedule } }) as MeEvent;
const updated = (schedule: Schedule) =>
  ({ type: "schedule:updated", payload: { scheduleId: schedule.id, schedule } }) as MeEvent;
const withdrawn = (scheduleId: number) =>
  ({ type: "schedule:withdrawn", payload: { scheduleId, version: 3, schedule: null } }) as MeEvent;

function deeds(...events: MeEvent[]): [number, string][] {
  const collected = events.reduce<Collected>((all, event) => collect(all, event, ME), new Map());
  return [...collected].map(([id, { deed }]) => [id, deed]);
}

it("collects what was published, changed and taken off", () => {
  expect(deeds(published(shift(1)), updated(shift(2)), withdrawn(3), updated(shift(4, { staff_id: 9 })))).toEqual([
    [1, "published"],
    [2, "changed"],
    [3, "gone"],
    [4, "gone"],
  ]);
});

it("says of a shift what it is to somebody who has read nothing yet", () => {
  expect(deeds(published(shift(1)), updated(shift(1)))).toEqual([[1, "published"]]);
  expect(deeds(published(shift(1)), withdrawn(1))).toEqual([]);
  expect(deeds(withdrawn(1), published(shift(1)))).toEqual([[1, "changed"]]);
  expect(deeds(updated(shift(1)), withdrawn(1))).toEqual([[1, "gone"]]);
});

it("says nothing of one's own doing, or of time off", () => {
  const own = { updated_by: { id: ME, name: "Sam" } };
  expect(deeds(updated(shift(1, own)), { type: "timeoff:approved", payload: { timeoff: {} } } as MeEvent)).toEqual([]);
});
