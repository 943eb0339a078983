import { addDays, type Day, parseDay, weekOf } from "../time/week";

export type View = "day" | "week" | "month";

/** What is shown: which days, and how. */
export interface Place {
  /** The week's first day; without it, the current week. */
  readonly week?: Day | undefined;
  /** The week is what is shown when nothing else is said. */
  readonly view?: "day" | "month" | undefined;
  /** The day of the day's view, and one of the month's; without it, today or the week's first. */
  readonly date?: Day | undefined;
  /** By what the rows are ordered; by person when nothing else is said. */
  readonly by?: "role" | undefined;
}

/** The week page's address: what is shown, and what stands open on it. */
export interface WeekSearch extends Place {
  /** The shift in the side panel. */
  readonly shift?: number | "new" | undefined;
  /** For whom and when a new shift is prepared. */
  readonly staff?: number | "open" | undefined;
  readonly day?: Day | undefined;
  /** What was not saved, and is tried anew in the panel; by its number in that list. */
  readonly lost?: number | undefined;
  /** The shift that is repeated on other days. */
  readonly repeat?: number | undefined;
  /** The time-off request in the dialog. */
  readonly request?: number | undefined;
}

function whole(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Takes what makes sense of an address and leaves the rest out. */
export function readWeekSearch(search: Record<string, unknown>): WeekSearch {
  const week = parseDay(search.week);
  const view = search.view === "day" || search.view === "month" ? search.view : undefined;
  return {
    week: week ? weekOf(week) : undefined,
    view,
    date: (view && parseDay(search.date)) ?? undefined,
    by: search.by === "role" ? "role" : undefined,
    shift: search.shift === "new" ? "new" : whole(search.shift),
    staff: search.staff === "open" ? "open" : whole(search.staff),
    day: parseDay(search.day) ?? undefined,
    lost: whole(search.lost),
    repeat: whole(search.repeat),
    request: whole(search.request),
  };
}

/** The address without what stands open. */
export const placeOf = ({ week, view, date, by }: WeekSearch): Place => ({ week, view, date, by });

/** The first day of a date's month. */
const firstOfMonth = (day: Day): Day => `${day.slice(0, 8)}01`;

/** The day that a place is about. */
export function dayShown({ week, date }: Place, today: Day): Day {
  return date ?? (week && week !== weekOf(today) ? week : today);
}

/** The place that shows a day, as the view shows days; the current one has the shortest address. */
export function placeAt(place: Place, day: Day, today: Day): Place {
  if (!place.view) return { ...place, date: undefined, week: weekOf(day) === weekOf(today) ? undefined : weekOf(day) };
  const date = place.view === "month" && firstOfMonth(day) === firstOfMonth(today) ? today : day;
  return { ...place, week: undefined, date: date === today ? undefined : date };
}

/** The same day in another view. */
export function placeIn(place: Place, view: View, today: Day): Place {
  return placeAt({ ...place, view: view === "week" ? undefined : view }, dayShown(place, today), today);
}

/** A day of the next page, or of the one before: the next day, week or month. */
export function turned(place: Place, pages: 1 | -1, today: Day): Day {
  const day = dayShown(place, today);
  if (place.view === "day") return addDays(day, pages);
  if (!place.view) return addDays(weekOf(day), 7 * pages);
  const first = firstOfMonth(day);
  return firstOfMonth(addDays(first, pages > 0 ? 31 : -1));
}
