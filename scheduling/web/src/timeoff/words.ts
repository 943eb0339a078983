import type { TimeOff } from "../api/types";
import { addDays, daysBetween } from "../time/week";
import { count, dayShort } from "../time/words";
import { wallTime } from "../time/zone";

/** "Mon 23 Nov – Wed 25 Nov · 3 days", "Mon 23 Nov, 09:00–13:00" */
export function period(request: Pick<TimeOff, "starts_at" | "ends_at">, zone: string): string {
  const [start, end] = [wallTime(request.starts_at, zone), wallTime(request.ends_at, zone)];
  const last = end.time === "00:00" ? addDays(end.day, -1) : end.day;
  const days = daysBetween(start.day, last) + 1;
  const whole = start.time === "00:00" && end.time === "00:00";
  if (days === 1) return whole ? `${dayShort(start.day)} · 1 day` : `${dayShort(start.day)}, ${start.time}–${end.time}`;
  if (whole) return `${dayShort(start.day)} – ${dayShort(last)} · ${count(days, "day")}`;
  return `${dayShort(start.day)}, ${start.time} – ${dayShort(end.day)}, ${end.time}`;
}
