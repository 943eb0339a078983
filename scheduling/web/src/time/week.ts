import { Temporal } from "temporal-polyfill";
import { locale } from "./locale";

/** A calendar date as text, "2026-11-23". A week is named by its first day, with which the reader's weeks begin. */
export type Day = string;

/** Reads a date from outside (a URL); null when it is not one. */
export function parseDay(value: unknown): Day | null {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d$/.test(value)) return null;
  try {
    return Temporal.PlainDate.from(value, { overflow: "reject" }).toString();
  } catch {
    return null;
  }
}

export function addDays(day: Day, days: number): Day {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** Whole days from one date to another; negative when `to` is earlier. */
export function daysBetween(from: Day, to: Day): number {
  return Temporal.PlainDate.from(from).until(to, { largestUnit: "days" }).days;
}

/** The first day of the week that a date is in. */
export function weekOf(day: Day): Day {
  return addDays(day, -((Temporal.PlainDate.from(day).dayOfWeek - locale().firstDay + 7) % 7));
}

/** The weekday of a date: 1 is Monday. */
export function weekdayOf(day: Day): number {
  return Temporal.PlainDate.from(day).dayOfWeek;
}

export function daysOfWeek(first: Day): Day[] {
  return Array.from({ length: 7 }, (_, index) => addDays(first, index));
}

/** The ISO 8601 number of a week: that of its Thursday. */
export function weekNumber(first: Day): number {
  const start = Temporal.PlainDate.from(first);
  return start.add({ days: (11 - start.dayOfWeek) % 7 }).weekOfYear ?? 0;
}
