/** What somebody usually works, from the shifts that the page holds. */
import type { Schedule } from "../api/types";
import { byFrequency, wallTime } from "../time/zone";

interface Habit {
  /** "07:00" on the clocks of the location. */
  readonly start: string;
  readonly end: string;
  readonly role: string;
  readonly location: string;
}

function habitIn({ starts_at, ends_at, timezone, role, location }: Schedule): Habit {
  return { start: wallTime(starts_at, timezone).time, end: wallTime(ends_at, timezone).time, role, location };
}

/** The commonest of these shifts; null when there are none. */
function commonest(shifts: readonly Schedule[]): Habit | null {
  const [key] = byFrequency(shifts.map((shift) => JSON.stringify(habitIn(shift))));
  return key === undefined ? null : JSON.parse(key);
}

/**
 * The most frequent shift of this person (null: of the open ones); without any, the most frequent one of this role, if
 * that is known.
 */
export function habitOf(shifts: readonly Schedule[], staffId: number | null, role: string | null): Habit | null {
  const own = commonest(shifts.filter((shift) => shift.staff_id === staffId));
  return own ?? commonest(shifts.filter((shift) => shift.role === role));
}
