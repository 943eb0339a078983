import { type Day, parseDay, weekOf } from "../time/week";

/** The week page's address: which week, and what stands open on it. */
export interface WeekSearch {
  /** The week's first day; without it, the current week. */
  readonly week?: Day | undefined;
  /** The shift in the side panel. */
  readonly shift?: number | "new" | undefined;
  /** For whom and when a new shift is prepared. */
  readonly staff?: number | "open" | undefined;
  readonly day?: Day | undefined;
  /** The time-off request in the dialog. */
  readonly request?: number | undefined;
}

function whole(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Takes what makes sense of an address and leaves the rest out. */
export function readWeekSearch(search: Record<string, unknown>): WeekSearch {
  const week = parseDay(search.week);
  return {
    week: week ? weekOf(week) : undefined,
    shift: search.shift === "new" ? "new" : whole(search.shift),
    staff: search.staff === "open" ? "open" : whole(search.staff),
    day: parseDay(search.day) ?? undefined,
    request: whole(search.request),
  };
}
