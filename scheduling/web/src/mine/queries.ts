import { useLiveQuery } from "@tidings/react/query";
import { useMemo } from "react";
import { retry } from "../api/problem";
import type { Schedule } from "../api/types";
import { type Between, SCHEDULES, scheduleIn } from "../live/queries";
import { Schedules } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { overlaps } from "../time/zone";

/** How many weeks before and after the current one the reader's own pages look through. */
export const WEEKS = { before: 1, after: 8 } as const;

/** The reader's own published shifts of a time, earliest first; undefined until they are there. */
export function useOwnShifts(between: Between) {
  const { api, me } = useSignedIn();
  const query = useLiveQuery({
    queryKey: [...SCHEDULES, "own", between],
    queryFn: ({ signal }) => api.schedules({ ...between, status: "published", staff_id: String(me.id) }, signal),
    retry,
    channel: Schedules(),
    row: scheduleIn,
    matches: (row: Schedule) =>
      row.status === "published" && row.staff_id === me.id && overlaps(row, between.from, between.to),
  });
  const shifts = useMemo(
    () => query.data && [...query.data].sort((a, b) => a.starts_at.localeCompare(b.starts_at)),
    [query.data],
  );
  return { shifts, live: query.live, refetch: query.refetch };
}
