import type { Reason } from "../api/problem";
import { reasonSentence } from "../api/reasons";
import type { TimeOffFields } from "../api/types";
import { addDays, type Day } from "../time/week";
import { instantAt, startOfDay } from "../time/zone";
import type { Translate } from "../words/language";

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

function hoursOf(t: Translate, { start, end }: RequestValues, day: Day, zone: string): TimeOffFields | RequestErrors {
  if (!start) return { start: t("timeoff.missing.start") };
  if (!end) return { end: t("timeoff.missing.end") };
  if (end <= start) return { end: t("timeoff.missing.order") };
  const [starts_at, ends_at] = [instantAt({ day, time: start }, zone), instantAt({ day, time: end }, zone)];
  if (!starts_at) return { start: t("timeoff.missing.skipped") };
  if (!ends_at) return { end: t("timeoff.missing.skipped") };
  return { starts_at, ends_at, note: "" };
}

/** Turns what was entered into the request's fields; the last day is included, so it ends when the next begins. */
export function requestOf(
  t: Translate,
  values: RequestValues,
  zone: string,
): { fields: TimeOffFields } | { errors: RequestErrors } {
  const [first, last] = values.days;
  if (!first) return { errors: { days: t("timeoff.missing.days") } };
  const note = values.note.trim();
  if (!values.part) {
    const ends_at = startOfDay(addDays(last ?? first, 1), zone);
    return { fields: { starts_at: startOfDay(first, zone), ends_at, note } };
  }
  const read = hoursOf(t, values, first, zone);
  return "starts_at" in read ? { fields: { ...read, note } } : { errors: read as RequestErrors };
}

/** Sorts the server's reasons to the inputs they are about. */
export function placeRequestReasons(t: Translate, reasons: readonly Reason[], part: boolean): RequestErrors {
  const inputs: Readonly<Record<string, keyof RequestValues>> = {
    staff_id: "staff",
    starts_at: part ? "start" : "days",
    ends_at: part ? "end" : "days",
    note: "note",
  };
  const errors: RequestErrors = {};
  for (const reason of reasons) {
    const input = inputs[reason.field] ?? "days";
    const message = reasonSentence(t, reason);
    errors[input] = errors[input] ? `${errors[input]} ${message}` : message;
  }
  return errors;
}
