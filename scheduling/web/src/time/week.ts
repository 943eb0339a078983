import { Temporal } from "temporal-polyfill";

/** A calendar date as text, "2026-11-23". Weeks are named by their Monday. */
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

/** The Monday of the week that a date is in. */
export function mondayOf(day: Day): Day {
  return addDays(day, 1 - Temporal.PlainDate.from(day).dayOfWeek);
}

export function daysOfWeek(monday: Day): Day[] {
  return Array.from({ length: 7 }, (_, index) => addDays(monday, index));
}

/** The ISO 8601 number of a week. */
export function weekNumber(monday: Day): number {
  return Temporal.PlainDate.from(monday).weekOfYear ?? 0;
}
