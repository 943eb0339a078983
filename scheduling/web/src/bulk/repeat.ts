/** A shift again, on other days. */
import type { Person, Schedule } from "../api/types";
import { copyOf, placed } from "../shift/placing";
import { addDays, type Day, daysBetween, daysOfWeek, weekdayOf, weekOf } from "../time/week";
import { wallTime } from "../time/zone";

export interface Repetition {
  /** 1 is Monday. */
  readonly weekdays: readonly number[];
  /** Weeks from one to the next: 1 is every week. */
  readonly every: number;
  /** The last day on which it may start. */
  readonly until: Day;
}

/** How far ahead one may repeat, in days. */
export const FARTHEST = 366;

/** The days after `from` that a repetition means, in order. */
export function daysOf(from: Day, { weekdays, every, until }: Repetition): Day[] {
  const last = daysBetween(from, until) > FARTHEST ? addDays(from, FARTHEST) : until;
  const days: Day[] = [];
  for (let week = weekOf(from); week <= last; week = addDays(week, 7 * every)) {
    days.push(...daysOfWeek(week).filter((day) => day > from && day <= last && weekdays.includes(weekdayOf(day))));
  }
  return days;
}

/** The shift as a draft on each of these days; `impossible` are the days on which the clocks skip its times. */
export function repeated(
  shift: Schedule,
  repetition: Repetition,
  me: Person,
): { readonly drafts: readonly Schedule[]; readonly impossible: readonly Day[] } {
  const from = wallTime(shift.starts_at, shift.timezone).day;
  const all = daysOf(from, repetition).map((day) => ({ day, there: placed(shift, { day }) }));
  return {
    drafts: all.flatMap(({ there }) => (there ? [copyOf(there, me)] : [])),
    impossible: all.flatMap(({ day, there }) => (there ? [] : [day])),
  };
}
