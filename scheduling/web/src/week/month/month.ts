/** A month as whole weeks of days, and what stands on each. */
import type { Schedule, TimeOff } from "../../api/types";
import { byStart, type Leave, leaveDays, type Shift, shiftOf } from "../../grid/grid";
import { addDays, type Day, daysBetween, weekOf } from "../../time/week";
import { weekWindow, zoneOfSpan } from "../../time/zone";

/** The days of the weeks that a date's month touches. */
export function daysOfMonth(date: Day): Day[] {
  const month = date.slice(0, 7);
  const first = weekOf(`${month}-01`);
  const next = `${addDays(`${month}-01`, 31).slice(0, 7)}-01`;
  const last = addDays(weekOf(addDays(next, -1)), 6);
  return Array.from({ length: daysBetween(first, last) + 1 }, (_, index) => addDays(first, index));
}

/** The instants that these days can touch in any zone. */
export function windowOf(days: readonly Day[]): { from: string; to: string } {
  const [first = "", last = ""] = [days[0], days[days.length - 7]];
  return { from: weekWindow(first).from, to: weekWindow(last).to };
}

export interface MonthDay {
  readonly day: Day;
  readonly shifts: readonly Shift[];
  /** Those that nobody has yet, and those that only managers see. */
  readonly open: number;
  readonly drafts: number;
  /** The reader's own. */
  readonly own: readonly Shift[];
  readonly leave: Leave | null;
  /** How many people are away, by what was approved. */
  readonly away: number;
}

interface Input {
  readonly days: readonly Day[];
  readonly schedules: Iterable<Schedule>;
  readonly timeOff: Iterable<TimeOff>;
  readonly zones: readonly string[];
  readonly me: number;
}

export function buildMonth({ days, schedules, timeOff, zones, me }: Input): MonthDay[] {
  const shifts = [...schedules].map(shiftOf).sort(byStart);
  const asked = [...timeOff].filter(({ status }) => status === "approved" || status === "pending");
  const leave = asked.map((request) => leaveDays(request, zoneOfSpan(request, zones)));
  return days.map((day) => {
    const there = shifts.filter((shift) => shift.day === day);
    const gone = leave.flatMap((each) => each.get(day) ?? []);
    return {
      day,
      shifts: there,
      open: there.filter(({ schedule }) => schedule.staff_id === null).length,
      drafts: there.filter(({ schedule }) => schedule.status === "draft").length,
      own: there.filter(({ schedule }) => schedule.staff_id === me),
      leave: gone.find(({ request }) => request.staff_id === me) ?? null,
      away: new Set(gone.filter(({ request }) => request.status === "approved").map(({ request }) => request.staff_id))
        .size,
    };
  });
}
