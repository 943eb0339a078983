/** What people type into a cell: "9-17", "9:30-17", "22-6", "9-5p", "9-17 nurse". */
import type { ShiftValues } from "../shift/shift-fields";

export interface Entry {
  /** "09:00" */
  readonly start: string;
  /** At or before the start: on the next day. */
  readonly end: string;
  /** The words after the times, as typed. */
  readonly role: string | null;
}

/** Why a text is no entry; the words for each are in the catalogue under `plan.entry`. */
export type EntryProblem =
  | { readonly code: "shape" }
  | { readonly code: "time"; readonly text: string }
  | { readonly code: "long"; readonly hours: number; readonly better: string };

export type ReadEntry = { readonly entry: Entry } | { readonly problem: EntryProblem };

const TIME = String.raw`(\d{1,2})(?:[:.h]?(\d{2}))?\s*(am|pm|a|p)?`;
const SHAPE = new RegExp(String.raw`^${TIME}(?:\s*(?:-|–|—|to|bis)\s*|\s+)${TIME}(?:\s+(\S.*))?$`, "i");
const DAY = 24 * 60;
/** Longer than any usual shift: more likely "9-5" was meant for the afternoon. Such a shift is planned in the form. */
const LONGEST = 16 * 60;

type Half = "a" | "p" | null;

interface Clock {
  readonly text: string;
  readonly hour: number;
  readonly minute: number;
  readonly half: Half;
}

function clock(hour = "", minute = "0", suffix = ""): Clock {
  const text = `${hour}${minute === "0" ? "" : `:${minute}`}${suffix}`;
  const half = suffix === "" ? null : suffix.toLowerCase().startsWith("a") ? "a" : "p";
  return { text, hour: Number(hour), minute: Number(minute), half };
}

/** Minutes after midnight; null for what no clock shows. 24:00 is the end of a day. */
function minutesOf({ hour, minute }: Clock, half: Half): number | null {
  if (minute > 59) return null;
  if (half) return hour < 1 || hour > 12 ? null : (hour % 12) * 60 + minute + (half === "p" ? DAY / 2 : 0);
  return hour * 60 + minute > DAY ? null : hour * 60 + minute;
}

/** "1-5p" is one to five in the afternoon, "9-5p" nine to five. */
function startOf(start: Clock, end: Clock, until: number): number | null {
  const plain = minutesOf(start, start.half);
  if (start.half || !end.half) return plain;
  const sameHalf = minutesOf(start, end.half);
  return sameHalf !== null && sameHalf < until ? sameHalf : plain;
}

const two = (number: number) => String(number).padStart(2, "0");
const shown = (minutes: number) => `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;

/** "7", "9:30": a time as people type it. */
const short = (time: string) => {
  const [hour = "", minute = ""] = time.split(":");
  return minute === "00" ? String(Number(hour)) : `${Number(hour)}:${minute}`;
};

/** The shortest text that is read as these times. */
export function entryText({ start, end }: Pick<ShiftValues, "start" | "end">): string {
  return `${short(start)}-${short(end)}`;
}

function tooLong(from: number, until: number): EntryProblem | null {
  const length = until > from ? until - from : until + DAY - from;
  if (length <= LONGEST) return null;
  const better = until < DAY / 2 ? entryText({ start: shown(from), end: shown(until + DAY / 2) }) : "";
  return { code: "long", hours: Math.round((length / 60) * 100) / 100, better };
}

/** Reads what was typed, on a 24-hour clock unless it says a or p. Guesses nothing: what may be a slip is told. */
export function readEntry(text: string): ReadEntry {
  const found = SHAPE.exec(text.trim());
  if (!found) return { problem: { code: "shape" } };
  const [start, end] = [clock(...found.slice(1, 4)), clock(...found.slice(4, 7))];
  const until = minutesOf(end, end.half);
  if (until === null) return { problem: { code: "time", text: end.text } };
  const from = startOf(start, end, until);
  if (from === null || from === DAY) return { problem: { code: "time", text: start.text } };
  const problem = tooLong(from, until);
  return problem ? { problem } : { entry: { start: shown(from), end: shown(until), role: found[7]?.trim() ?? null } };
}

export type NamedRole =
  | { readonly role: string }
  | { readonly unknown: string; readonly roles: readonly string[] }
  | { readonly several: readonly string[] };

/** The role that a few letters mean: exactly so, else the only one that begins so, else the only one with such a word. */
export function roleNamed(text: string, roles: readonly string[]): NamedRole {
  const wanted = text.toLocaleLowerCase();
  const named = (test: (role: string) => boolean) => roles.filter((role) => test(role.toLocaleLowerCase()));
  const [same] = named((role) => role === wanted);
  if (same) return { role: same };
  for (const some of [
    named((role) => role.startsWith(wanted)),
    named((role) => role.split(/\s+/).some((word) => word.startsWith(wanted))),
  ]) {
    if (some.length > 1) return { several: some };
    if (some[0]) return { role: some[0] };
  }
  return { unknown: text, roles };
}
