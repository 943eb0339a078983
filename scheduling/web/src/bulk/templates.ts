/** The shifts of a week as a template has them, and back. */
import type { Location, Person, Schedule, TemplateShift } from "../api/types";
import { instantsOf, shownAs, zoneOf } from "../shift/shift-fields";
import { type Day, daysOfWeek, weekdayOf } from "../time/week";
import { wallTime } from "../time/zone";

/** A shift without its date. */
export function templateShift(shift: Schedule): TemplateShift {
  const { staff_id, role, location, note, timezone } = shift;
  const start = wallTime(shift.starts_at, timezone);
  const ends = wallTime(shift.ends_at, timezone).time;
  return { weekday: weekdayOf(start.day), starts: start.time, ends, staff_id, role, location, note };
}

/** Drafts of a template's shifts in a week; `impossible` are those whose time the clocks skip on that day. */
export function templateDrafts(
  shifts: readonly TemplateShift[],
  first: Day,
  locations: readonly Location[],
  me: Person,
): { readonly drafts: readonly Schedule[]; readonly impossible: number } {
  const days = new Map(daysOfWeek(first).map((day) => [weekdayOf(day), day]));
  const drafts = shifts.flatMap(({ weekday, starts: start, ends: end, ...rest }) => {
    const zone = zoneOf(rest.location, locations);
    const { starts_at, ends_at } = instantsOf({ day: days.get(weekday) ?? first, start, end }, zone);
    return starts_at && ends_at ? [shownAs(null, { ...rest, starts_at, ends_at, status: "draft" }, zone, me)] : [];
  });
  return { drafts, impossible: shifts.length - drafts.length };
}
