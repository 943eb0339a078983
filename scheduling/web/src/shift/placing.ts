/** Shifts at another place in the plan: moved, copied, stretched. By the clocks of their locations, so that 9 stays 9. */
import { Temporal } from "temporal-polyfill";
import type { Person, Schedule, ScheduleFields } from "../api/types";
import { addDays, type Day, daysBetween } from "../time/week";
import { minutesBetween, wallTime } from "../time/zone";
import { instantsOf, shownAs } from "./shift-fields";

/** Where a shift goes; what is left out stays. Times are "HH:MM"; an end at or before the start is on the next day. */
export interface Placement {
  readonly staffId?: number | null | undefined;
  readonly day?: Day | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

/** Minutes of the shortest and the longest shift, and of one step of stretching. */
export const STEP = 15;
const LONGEST = 24 * 60;

/** The shift there; null where a time does not exist on that day, because the clocks go forward. */
export function placed(shift: Schedule, { staffId = shift.staff_id, day, start, end }: Placement): Schedule | null {
  const { timezone } = shift;
  const [from, until] = [wallTime(shift.starts_at, timezone), wallTime(shift.ends_at, timezone)];
  const times = { day: day ?? from.day, start: start ?? from.time, end: end ?? until.time };
  const { starts_at, ends_at } = instantsOf(times, timezone, shift);
  return starts_at && ends_at ? { ...shift, staff_id: staffId, starts_at, ends_at } : null;
}

/** The same shift so many days later, for somebody else if that is said. */
export function shifted(shift: Schedule, days: number, staffId = shift.staff_id): Schedule | null {
  const { day } = wallTime(shift.starts_at, shift.timezone);
  return placed(shift, { staffId, day: addDays(day, days) });
}

/**
 * Shifts that go along when the first of them goes to `there`: as far from it as they were, and to the same person where they were
 * of the same one. Null where a time does not exist on its new day.
 */
export function together(shifts: readonly Schedule[], there: Schedule): readonly Schedule[] | null {
  const [first, ...others] = shifts;
  if (!first) return [];
  const days = distance(first, wallTime(there.starts_at, there.timezone).day);
  const whose = ({ staff_id }: Schedule) => (staff_id === first.staff_id ? there.staff_id : staff_id);
  const moved = others.map((shift) => shifted(shift, days, whose(shift))).filter((shift) => shift !== null);
  return moved.length === others.length ? [there, ...moved] : null;
}

/** Days from where one shift starts to a day. */
export function distance(shift: Schedule, to: Day): number {
  return daysBetween(wallTime(shift.starts_at, shift.timezone).day, to);
}

const later = (instant: string, by: number) => Temporal.Instant.from(instant).add({ minutes: by }).toString();

/** The whole shift so many minutes later. */
export function delayed(shift: Schedule, minutes: number): Schedule {
  return { ...shift, starts_at: later(shift.starts_at, minutes), ends_at: later(shift.ends_at, minutes) };
}

/** One end so many minutes later, within the shortest and the longest shift. */
export function stretched(shift: Schedule, edge: "start" | "end", minutes: number): Schedule {
  const length = minutesBetween(shift.starts_at, shift.ends_at);
  const wanted = edge === "end" ? length + minutes : length - minutes;
  const change = Math.min(Math.max(wanted, STEP), LONGEST) - length;
  return edge === "end"
    ? { ...shift, ends_at: later(shift.ends_at, change) }
    : { ...shift, starts_at: later(shift.starts_at, -change) };
}

export function fieldsOf({ staff_id, starts_at, ends_at, role, location, note, status }: Schedule): ScheduleFields {
  return { staff_id, starts_at, ends_at, role, location, note, status };
}

/** A new shift like this one, which the server has not numbered yet. */
export function copyOf(shift: Schedule, me: Person, status: Schedule["status"] = "draft"): Schedule {
  return shownAs(null, { ...fieldsOf(shift), status }, shift.timezone, me);
}
