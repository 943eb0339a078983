import type { TimeOff } from "../api/types";
import { addDays, daysBetween } from "../time/week";
import { clockSpan, clockTime, dayShort } from "../time/words";
import { wallTime } from "../time/zone";
import type { Translate } from "../words/language";

/** "Mon 23 Nov – Wed 25 Nov · 3 days", "Mon 23 Nov, 09:00–13:00" */
export function period(t: Translate, request: Pick<TimeOff, "starts_at" | "ends_at">, zone: string): string {
  const [start, end] = [wallTime(request.starts_at, zone), wallTime(request.ends_at, zone)];
  const last = end.time === "00:00" ? addDays(end.day, -1) : end.day;
  const days = daysBetween(start.day, last) + 1;
  const whole = start.time === "00:00" && end.time === "00:00";
  const first = dayShort(start.day);
  if (whole)
    return `${days === 1 ? first : `${first} – ${dayShort(last)}`} · ${t("timeoff.dayCount", { count: days })}`;
  if (days === 1) return `${first}, ${clockSpan(start.time, end.time)}`;
  return `${first}, ${clockTime(start.time)} – ${dayShort(end.day)}, ${clockTime(end.time)}`;
}
