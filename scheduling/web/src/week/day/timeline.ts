/** Where things stand on a day's line of hours. */

import type { Grid, Line, Shift } from "../../grid/grid";
import { STEP } from "../../shift/placing";
import { addDays, type Day, daysBetween } from "../../time/week";
import { wallTime } from "../../time/zone";

/** Minutes from the midnight with which the day begins, on the clocks of the place. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const LONGEST = 36;

const minutesAt = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** What of a shift stands on this day's line; what began the day before, from midnight on. */
export function spanOn({ schedule }: Shift, day: Day): Span {
  const moment = (instant: string) => {
    const wall = wallTime(instant, schedule.timezone);
    return daysBetween(day, wall.day) * 1_440 + minutesAt(wall.time);
  };
  const from = Math.max(0, moment(schedule.starts_at));
  // In the night in which clocks go back, an hour's shift can end when it began.
  return { from, to: Math.max(from + STEP, Math.min(moment(schedule.ends_at), LONGEST * 60)) };
}

/** How many hours the line has: the day's, and those of the next day until its last shift has ended. */
export function hoursOf(spans: readonly Span[]): number {
  return Math.max(24, ...spans.map(({ to }) => Math.ceil(to / 60)));
}

/** The lane of each of these, so that none lies over another: the first that is free. */
export function lanesOf(spans: readonly Span[]): number[] {
  const ends: number[] = [];
  return spans.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = to;
    return lane;
  });
}

const known = new WeakMap<Line, Line>();

/** The line with this day only, the same one each time. */
function lineOn(line: Line, day: Day): Line {
  const found = known.get(line);
  if (found?.cells[0]?.day === day) return found;
  const own = { ...line, cells: line.cells.filter((cell) => cell.day === day) };
  known.set(line, own);
  return own;
}

/** One day of a week. */
export function dayOf(grid: Grid, day: Day): Grid {
  const shifts = grid.shifts.filter((shift) => shift.day === day);
  const minutes = shifts.reduce((sum, shift) => sum + shift.minutes, 0);
  const people = grid.people.map((line) => lineOn(line, day));
  return { days: [day], open: lineOn(grid.open, day), people, shifts, minutes };
}

/** By person (null: nobody yet), what began the day before and has not ended at midnight. */
export function carriedInto(shifts: Iterable<Shift>, day: Day): ReadonlyMap<number | null, readonly Shift[]> {
  const before = addDays(day, -1);
  const found = new Map<number | null, Shift[]>();
  for (const shift of shifts) {
    const { staff_id } = shift.schedule;
    if (shift.day === before && shift.overnight) found.set(staff_id, [...(found.get(staff_id) ?? []), shift]);
  }
  return found;
}
