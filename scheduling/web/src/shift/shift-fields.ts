import type { Reason } from "../api/problem";
import { reasonSentence } from "../api/reasons";
import type { Location, Person, Schedule, ScheduleFields, Staff } from "../api/types";
import { addDays, type Day } from "../time/week";
import { instantAt, minutesBetween, type WallTime, wallTime } from "../time/zone";
import type { Translate } from "../words/language";

/** The shift form's values as people type them: a date and two wall-clock times at the location. */
export interface ShiftValues {
  /** "open" or the staff id as text, as a select needs it. */
  staff: string;
  day: Day;
  start: string;
  end: string;
  role: string;
  location: string;
  note: string;
}

export type ShiftErrors = Partial<Record<keyof ShiftValues, string>>;

export const OPEN = "open";

/** Whom a shift can be given to, by name: all but those who have left, save who is chosen already (`keep`, as in the form). */
export function peopleToPlan(staff: ReadonlyMap<number, Staff>, keep: string): readonly Staff[] {
  return [...staff.values()]
    .filter(({ id, active }) => active || String(id) === keep)
    .sort((a, b) => a.name.localeCompare(b.name));
}

export function valuesOf(schedule: Schedule): ShiftValues {
  const start = wallTime(schedule.starts_at, schedule.timezone);
  return {
    staff: schedule.staff_id === null ? OPEN : String(schedule.staff_id),
    day: start.day,
    start: start.time,
    end: wallTime(schedule.ends_at, schedule.timezone).time,
    role: schedule.role,
    location: schedule.location,
    note: schedule.note,
  };
}

export function zoneOf(location: string, locations: readonly Location[]): string {
  return (locations.find((each) => each.name === location) ?? locations[0])?.timezone ?? "UTC";
}

/**
 * An end at or before the start is meant on the next day: a night shift. A time that is still what it was is the instant that it was:
 * by its hour alone, one that comes twice would be the first.
 */
export function instantsOf(
  { day, start, end }: Pick<ShiftValues, "day" | "start" | "end">,
  zone: string,
  was: Schedule | null = null,
): { starts_at: string | null; ends_at: string | null } {
  const instant = (wall: WallTime, kept: string | undefined) => {
    const before = kept === undefined ? null : wallTime(kept, zone);
    return kept !== undefined && before?.day === wall.day && before.time === wall.time ? kept : instantAt(wall, zone);
  };
  const endDay = end <= start ? addDays(day, 1) : day;
  return {
    starts_at: instant({ day, time: start }, was?.starts_at),
    ends_at: instant({ day: endDay, time: end }, was?.ends_at),
  };
}

/** Minutes of the shift as entered; null while a time is missing or impossible. */
export function lengthOf(values: ShiftValues, zone: string): number | null {
  if (!values.day || !values.start || !values.end) return null;
  const { starts_at, ends_at } = instantsOf(values, zone);
  return starts_at && ends_at ? minutesBetween(starts_at, ends_at) : null;
}

function missing(t: Translate, values: ShiftValues): ShiftErrors {
  const errors: ShiftErrors = {};
  if (!values.day) errors.day = t("shift.missing.day");
  if (!values.start) errors.start = t("shift.missing.start");
  if (!values.end) errors.end = t("shift.missing.end");
  if (!values.role.trim()) errors.role = t("shift.missing.role");
  if (!values.location) errors.location = t("shift.missing.location");
  return errors;
}

export type Fields = Omit<ScheduleFields, "status">;

/** Turns what was entered into the request's fields, or says beside which input something is wrong. */
export function readFields(
  t: Translate,
  values: ShiftValues,
  zone: string,
  was: Schedule | null = null,
): { fields: Fields } | { errors: ShiftErrors } {
  const errors = missing(t, values);
  if (Object.keys(errors).length > 0) return { errors };
  const { starts_at, ends_at } = instantsOf(values, zone, was);
  if (!starts_at) return { errors: { start: t("shift.missing.skipped") } };
  if (!ends_at) return { errors: { end: t("shift.missing.skipped") } };
  const staff_id = values.staff === OPEN ? null : Number(values.staff);
  const { role, location, note } = values;
  return { fields: { staff_id, starts_at, ends_at, role: role.trim(), location, note: note.trim() } };
}

const INPUTS: Readonly<Record<string, keyof ShiftValues>> = {
  staff_id: "staff",
  starts_at: "start",
  ends_at: "end",
  role: "role",
  location: "location",
  timezone: "location",
  note: "note",
};

/** Sorts the server's reasons to the inputs they are about; the rest is told above the form. */
export function placeReasons(t: Translate, reasons: readonly Reason[]): { errors: ShiftErrors; general: string[] } {
  const errors: ShiftErrors = {};
  const general: string[] = [];
  for (const reason of reasons) {
    const [input, message] = [INPUTS[reason.field], reasonSentence(t, reason)];
    if (input) errors[input] = errors[input] ? `${errors[input]} ${message}` : message;
    else general.push(message);
  }
  return { errors, general };
}

/** The inputs in which two versions of a shift differ. */
export function differing(left: ShiftValues, right: ShiftValues): (keyof ShiftValues)[] {
  return (Object.keys(left) as (keyof ShiftValues)[]).filter((key) => left[key] !== right[key]);
}

/** Ids of shifts that the server has not numbered yet are negative. */
let drawn = 0;

/** The shift as the week shows it until the server has spoken: `base` (null: a new one) with what was entered. */
export function shownAs(base: Schedule | null, fields: ScheduleFields, timezone: string, me: Person): Schedule {
  if (base) return { ...base, ...fields, timezone };
  drawn += 1;
  const updated_by = { id: me.id, name: me.name };
  return { ...fields, id: -drawn, timezone, version: 0, updated_by, updated_at: fields.starts_at };
}

/** Only what differs from the shift as it was: what others changed in other fields stays. */
export function changesFrom(base: Schedule, fields: Fields, status: Schedule["status"]): Partial<ScheduleFields> {
  const wanted: ScheduleFields = { ...fields, status };
  const same = (key: keyof ScheduleFields) => {
    const instant = key === "starts_at" || key === "ends_at";
    return instant ? minutesBetween(base[key], wanted[key]) === 0 : base[key] === wanted[key];
  };
  const keys = (Object.keys(wanted) as (keyof ScheduleFields)[]).filter((key) => !same(key));
  return Object.fromEntries(keys.map((key) => [key, wanted[key]]));
}
