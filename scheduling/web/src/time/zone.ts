import { Temporal } from "temporal-polyfill";
import { remembering } from "./remembering";
import type { Day } from "./week";

/** RFC 3339, in UTC ("Z"). */
export type Instant = string;

/** What a clock on the wall of one place shows: a date and "HH:MM". */
export interface WallTime {
  readonly day: Day;
  readonly time: string;
}

/** Of an instant and a zone with a space between. The shifts of a week begin and end at few instants. */
const wallTimes = remembering((text): WallTime => {
  const [instant = "", zone = ""] = text.split(" ");
  const there = Temporal.Instant.from(instant).toZonedDateTimeISO(zone);
  return { day: there.toPlainDate().toString(), time: there.toPlainTime().toString({ smallestUnit: "minute" }) };
});

export const wallTime = (instant: Instant, zone: string): WallTime => wallTimes(`${instant} ${zone}`);

/**
 * The instant at which the clocks of a zone show this time. An hour that happens twice (clocks go back) means its
 * first pass; one that never happens (clocks go forward) gives null.
 */
export function instantAt({ day, time }: WallTime, zone: string): Instant | null {
  const local = Temporal.PlainDateTime.from(`${day}T${time}`);
  const there = local.toZonedDateTime(zone, { disambiguation: "earlier" });
  if (!there.toPlainDateTime().equals(local)) return null;
  return there.toInstant().toString();
}

/** The first instant of a day in a zone (not always 00:00: some zones change clocks at midnight). */
export function startOfDay(day: Day, zone: string): Instant {
  return Temporal.PlainDate.from(day).toZonedDateTime(zone).toInstant().toString();
}

/** Minutes that really pass between two instants, whatever the clocks do. */
export function minutesBetween(from: Instant, to: Instant): number {
  return (Date.parse(to) - Date.parse(from)) / 60_000;
}

export function overlaps(row: { starts_at: Instant; ends_at: Instant }, from: Instant, to: Instant): boolean {
  return minutesBetween(row.starts_at, to) > 0 && minutesBetween(from, row.ends_at) > 0;
}

/** The commonest of these values first, each once. */
export function byFrequency<T>(values: Iterable<T>): T[] {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}

/** The locations' zones, the commonest first. The pages read dates in the first one. */
export function zonesOf(locations: readonly { readonly timezone: string }[] | undefined): [string, ...string[]] {
  const [main, ...others] = byFrequency((locations ?? []).map((location) => location.timezone));
  return [main ?? Intl.DateTimeFormat().resolvedOptions().timeZone, ...others];
}

/** In which of some zones a span was meant: the first in which it is whole days, else the first of all. */
export function zoneOfSpan(span: { starts_at: Instant; ends_at: Instant }, zones: readonly string[]): string {
  const midnight = (instant: Instant, zone: string) => wallTime(instant, zone).time === "00:00";
  const whole = zones.find((zone) => midnight(span.starts_at, zone) && midnight(span.ends_at, zone));
  return whole ?? zones[0] ?? "UTC";
}

export function today(zone: string, now: number): Day {
  return Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate().toString();
}

/**
 * The instants that a week can touch in any zone on earth (UTC+14 to UTC-12), so that what is asked for does not
 * depend on where the locations are.
 */
export function weekWindow(monday: Day): { from: Instant; to: Instant } {
  const start = Temporal.PlainDate.from(monday).toZonedDateTime("UTC");
  const from = start.subtract({ hours: 14 }).toInstant().toString();
  return { from, to: start.add({ days: 7, hours: 12 }).toInstant().toString() };
}
