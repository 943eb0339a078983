import type { Reason } from "../api/problem";
import type { TimeOffFields } from "../api/types";
import { addDays, type Day } from "../time/week";
import { instantAt, startOfDay } from "../time/zone";

/** The request form's values: whole days, or some hours of one day. */
export interface RequestValues {
  /** The staff id as text, as a select needs it. */
  staff: string;
  days: [Day | null, Day | null];
  part: boolean;
  start: string;
  end: string;
  note: string;
}

export type RequestErrors = Partial<Record<keyof RequestValues, string>>;

const NEVER = "The clocks go forward then: this time does not exist on that day.";

function hoursOf({ start, end }: RequestValues, day: Day, zone: string): TimeOffFields | RequestErrors {
  if (!start) return { start: "Enter from when." };
  if (!end) return { end: "Enter until when." };
  if (end <= start) return { end: "The end must be after the start." };
  const [starts_at, ends_at] = [instantAt({ day, time: start }, zone), instantAt({ day, time: end }, zone)];
  if (!starts_at) return { start: NEVER };
  if (!ends_at) return { end: NEVER };
  return { starts_at, ends_at, note: "" };
}

/** Turns what was entered into the request's fields; the last day is included, so it ends when the next begins. */
export function requestOf(values: RequestValues, zone: string): { fields: TimeOffFields } | { errors: RequestErrors } {
  const [first, last] = values.days;
  if (!first) return { errors: { days: "Choose the first and the last day." } };
  const note = values.note.trim();
  if (!values.part) {
    const ends_at = startOfDay(addDays(last ?? first, 1), zone);
    return { fields: { starts_at: startOfDay(first, zone), ends_at, note } };
  }
  const read = hoursOf(values, first, zone);
  return "starts_at" in read ? { fields: { ...read, note } } : { errors: read as RequestErrors };
}

/** Sorts the server's reasons to the inputs they are about. */
export function placeRequestReasons(reasons: readonly Reason[], part: boolean): RequestErrors {
  const inputs: Readonly<Record<string, keyof RequestValues>> = {
    staff_id: "staff",
    starts_at: part ? "start" : "days",
    ends_at: part ? "end" : "days",
    note: "note",
  };
  const errors: RequestErrors = {};
  for (const { field, message } of reasons) {
    const input = inputs[field] ?? "days";
    errors[input] = errors[input] ? `${errors[input]} ${message}` : message;
  }
  return errors;
}
