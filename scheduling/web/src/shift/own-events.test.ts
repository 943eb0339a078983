import { expect, it } from "vitest";
import type { Schedule } from "../api/types";
import type { SchedulesEvent } from "../live.gen";
import { OwnEvents } from "./own-events";

const shift = (id: number, version: number) => ({ id, version, staff_id: null, role: "Nurse" }) as Schedule;

function event(id: string, payload: object): SchedulesEvent {
  return { id, type: "schedule:updated", channel: "schedules", payload } as SchedulesEvent;
}

it("says what a change did whose answer was lost: what was changed, made and deleted, and nothing of the rest", () => {
  const events = new OwnEvents();
  const meant = [
    { before: shift(1, 1), after: shift(1, 1) },
    { before: shift(2, 1), after: null },
    { before: null, after: shift(-1, 0) },
    { before: shift(3, 4), after: shift(3, 4) },
  ];
  events.hear(event("mine.0", { scheduleId: 1, schedule: shift(1, 9) }));
  events.follow("mine");
  events.hear(event("theirs.1", { schedule: shift(3, 5) }));
  events.hear(event("mine.1", { schedule: shift(7, 1) }));
  events.hear(event("mine.2", { scheduleId: 1, schedule: shift(1, 2) }));
  // The same event, on a channel that the shift has left.
  events.hear(event("mine.2", { scheduleId: 1 }));
  events.hear(event("mine.3", { scheduleId: 2 }));
  expect(events.rowsOf("mine", meant)).toEqual([
    { before: shift(1, 1), after: shift(1, 2) },
    { before: shift(2, 1), after: null },
    { before: null, after: shift(7, 1) },
    { before: shift(3, 4), after: shift(3, 4) },
  ]);
});

it("takes a shift that had no number yet for the one that was made", () => {
  const events = new OwnEvents();
  events.follow("mine");
  events.hear(event("mine.1", { schedule: shift(7, 2) }));
  const meant = [{ before: shift(-1, 0), after: shift(-1, 0) }];
  expect(events.rowsOf("mine", meant)).toEqual([{ before: shift(-1, 0), after: shift(7, 2) }]);
});

it("remembers so many changes and no more", () => {
  const events = new OwnEvents();
  for (let number = 0; number <= 100; number += 1) {
    events.follow(`mine${number}`);
    events.hear(event(`mine${number}.1`, { schedule: shift(7, 2) }));
  }
  const meant = [{ before: shift(7, 1), after: shift(7, 1) }];
  expect(events.rowsOf("mine0", meant)).toEqual([{ before: shift(7, 1), after: shift(7, 1) }]);
  expect(events.rowsOf("mine1", meant)[0]?.after?.version).toBe(2);
});
