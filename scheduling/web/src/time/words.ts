import type { Translate } from "../words/language";
import { locale } from "./locale";
import { remembering } from "./remembering";
import { type Day, daysBetween, weekNumber } from "./week";
import { type Instant, minutesBetween, wallTime } from "./zone";

type Options = Intl.DateTimeFormatOptions;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Options): Intl.DateTimeFormat {
  const { tag } = locale();
  const key = tag + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC" });
  formats.set(key, known);
  return known;
}

const dateOf = (day: Day) => new Date(`${day}T00:00:00Z`);
const inWords = (day: Day, options: Options) => format(options).format(dateOf(day));

/** "Mon 23 Nov": beside a short name of the weekday, English needs no comma. */
const withoutComma = (words: string) => (locale().tag.startsWith("en") ? words.replace(",", "") : words);

/** Writes days in this way. */
function writing(options: Options): (day: Day) => string {
  const written = remembering((text) => withoutComma(inWords(text.slice(-DAY), options)));
  return (day) => written(`${locale().tag} ${day}`);
}

const DAY = "2026-11-23".length;

/** "Mon" */
export const weekdayShort = writing({ weekday: "short" });
/** "Monday" */
export const weekdayLong = writing({ weekday: "long" });
/** "M" */
export const weekdayNarrow = writing({ weekday: "narrow" });
/** "Monday 23 November" */
export const dayLong = writing({ weekday: "long", day: "numeric", month: "long" });
/** "Monday 23 November 2026" */
export const dayFull = writing({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
/** "Mon 23 Nov" */
export const dayShort = writing({ weekday: "short", day: "numeric", month: "short" });
/** "Mon 23 Nov 2026" */
export const dayShortFull = writing({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
/** "Today", "Tomorrow", "Monday 23 November" */
export function dayNear(day: Day, today: Day): string {
  const days = daysBetween(today, day);
  if (days < 0 || days > 1) return dayLong(day);
  const { tag } = locale();
  const [first = "", ...rest] = new Intl.RelativeTimeFormat(tag, { numeric: "auto" }).format(days, "day");
  return first.toLocaleUpperCase(tag) + rest.join("");
}
/** "23" */
export const dayNumber = (day: Day) => String(dateOf(day).getUTCDate());

/** "23 – 29 November 2026", "30 November – 6 December 2026" */
export const weekTitle = (first: Day, last: Day) =>
  format({ day: "numeric", month: "long", year: "numeric" }).formatRange(dateOf(first), dateOf(last));

/** "23 – 29 Nov", "30 Nov – 6 Dec"; "5 – 11 Jan 2026" in another year than today's. */
export function weekTitleShort(first: Day, last: Day, today = first): string {
  const sameYear = [first, last].some((day) => day.slice(0, 4) === today.slice(0, 4));
  return format({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }).formatRange(
    dateOf(first),
    dateOf(last),
  );
}

/** "November 2026" */
export const monthTitle = (day: Day) => inWords(day, { month: "long", year: "numeric" });

/** "Week 48" */
export const weekLabel = (t: Translate, first: Day) => t("time.weekNumber", { number: weekNumber(first) });

/** A wall clock's "HH:MM" as the reader's clocks have it: "15:00", "3 PM", "3:30 PM". */
export function clockTime(time: string): string {
  if (locale().clock === 24) return time;
  const minute = time.endsWith(":00") ? {} : ({ minute: "2-digit" } as const);
  return format({ hour: "numeric", hourCycle: "h12", ...minute }).format(new Date(`1970-01-01T${time}:00Z`));
}

/** "07:00–15:00", "7 AM – 3 PM" */
export function clockSpan(from: string, until: string): string {
  const dash = locale().clock === 24 ? "–" : " – ";
  return clockTime(from) + dash + clockTime(until);
}

/** "07:00–15:00" on the clocks of a zone. */
export function timeSpan(row: { starts_at: Instant; ends_at: Instant }, zone: string): string {
  return clockSpan(wallTime(row.starts_at, zone).time, wallTime(row.ends_at, zone).time);
}

interface Timed {
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly timezone: string;
}

/** "Mon 23 Nov, 07:00–15:00", by the clocks of its place. */
export function whenOf(shift: Timed): string {
  return `${dayShort(wallTime(shift.starts_at, shift.timezone).day)}, ${timeSpan(shift, shift.timezone)}`;
}

const amounts = remembering((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 2 }));

/** "8 h", "7.5 h", "7,5 h" */
export const hours = (minutes: number) => `${amounts(locale().tag).format(minutes / 60)} h`;

const STEPS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", Number.POSITIVE_INFINITY],
] as const;

/** Seconds from now, negative for the past, in the largest unit of which there is one: "in 3 hours", "2 days ago". */
function relative(seconds: number): string {
  let amount = Math.abs(seconds);
  for (const [unit, size] of STEPS) {
    if (amount < size) {
      const numeric = unit === "second" && amount < 2 ? "auto" : "always";
      const whole = numeric === "auto" ? 0 : Math.floor(amount) * Math.sign(seconds);
      return new Intl.RelativeTimeFormat(locale().tag, { numeric }).format(whole, unit);
    }
    amount /= size;
  }
  return "";
}

const secondsUntil = (instant: Instant, now: number) => minutesBetween(new Date(now).toISOString(), instant) * 60;

/** "3 seconds ago"; what a server's clock has in the future is "now". */
export const ago = (instant: Instant, now: number) => relative(Math.min(0, Math.round(secondsUntil(instant, now))));

/** "in 3 hours", "in 2 days" */
export const ahead = (instant: Instant, now: number) => relative(Math.max(0, Math.round(secondsUntil(instant, now))));

/** "Ada, Ben and 3 others" */
export function list(t: Translate, names: readonly string[], most = 3): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const all = rest > 0 ? [...shown, t("time.others", { count: rest })] : shown;
  return new Intl.ListFormat(locale().tag, { type: "conjunction" }).format(all);
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
