import type { Instant } from "../api/types";
import { type Day, weekNumber } from "./week";
import { minutesBetween, wallTime } from "./zone";

/** The screens are in English; times are shown on the 24-hour clock, as rosters are. */
const LOCALE = "en-GB";

type Options = Intl.DateTimeFormatOptions;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(day: Day, options: Options): string {
  const key = JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(LOCALE, { ...options, timeZone: "UTC" });
  formats.set(key, known);
  return known.format(new Date(`${day}T00:00:00Z`));
}

/** "Mon" */
export const weekdayShort = (day: Day) => format(day, { weekday: "short" });
/** "Monday 23 November" */
export const dayLong = (day: Day) => format(day, { weekday: "long", day: "numeric", month: "long" }).replace(",", "");
/** "Mon 23 Nov" */
export const dayShort = (day: Day) =>
  format(day, { weekday: "short", day: "numeric", month: "short" }).replace(",", "");
/** "23" */
export const dayNumber = (day: Day) => format(day, { day: "numeric" });

/** "23 – 29 November 2026", "30 November – 6 December 2026" */
export function weekTitle(first: Day, last: Day): string {
  const end = format(last, { day: "numeric", month: "long", year: "numeric" });
  if (first.slice(0, 7) === last.slice(0, 7)) return `${dayNumber(first)} – ${end}`;
  const sameYear = first.slice(0, 4) === last.slice(0, 4);
  return `${format(first, { day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) })} – ${end}`;
}

/** "23 – 29 Nov", "30 Nov – 6 Dec" */
export function weekTitleShort(first: Day, last: Day): string {
  const end = format(last, { day: "numeric", month: "short" });
  if (first.slice(0, 7) === last.slice(0, 7)) return `${dayNumber(first)} – ${end}`;
  return `${format(first, { day: "numeric", month: "short" })} – ${end}`;
}

export const weekLabel = (monday: Day) => `Week ${weekNumber(monday)}`;

/** "07:00–15:00" in the row's own zone. */
export function timeSpan(row: { starts_at: Instant; ends_at: Instant }, zone: string): string {
  return `${wallTime(row.starts_at, zone).time}–${wallTime(row.ends_at, zone).time}`;
}

/** "8 h", "7.5 h" */
export function hours(minutes: number): string {
  return `${Math.round((minutes / 60) * 100) / 100} h`;
}

/** "1 shift", "7 shifts" */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** "3 seconds ago" */
export function ago(instant: Instant, now: number): string {
  const seconds = Math.max(0, Math.round(minutesBetween(instant, new Date(now).toISOString()) * 60));
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} seconds ago`;
  if (seconds < 3600) return `${count(Math.floor(seconds / 60), "minute")} ago`;
  if (seconds < 86_400) return `${count(Math.floor(seconds / 3600), "hour")} ago`;
  return `${count(Math.floor(seconds / 86_400), "day")} ago`;
}

/** "Ada, Ben and 3 others" */
export function list(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names[0] ?? "";
  const shown = names.length > most ? names.slice(0, most - 1) : names.slice(0, -1);
  const rest = names.length - shown.length;
  const last = rest === 1 ? names[names.length - 1] : count(rest, "other");
  return `${shown.join(", ")} and ${last}`;
}

/** "AP" for Ada Park. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters
    .map((word) => word?.[0] ?? "")
    .join("")
    .toUpperCase();
}
