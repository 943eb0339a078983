import { type UseLiveMutation, useLiveMutation, useLiveQuery } from "@tidings/react/query";
import { conflictOf, retry } from "../api/problem";
import type { OpenShift, Schedule } from "../api/types";
import { Me, type MeEvent, Schedules, type SchedulesEvent } from "../live.gen";
import { useSignedIn } from "../session/signed-in";

const OPEN = ["open-shifts"];

/** No shift has this number: nothing is to be changed, but the query is to be fetched again. */
const NO_SHIFT = { id: 0 } as OpenShift;

/** An open shift as the event has it; null for one that is not open any more; what happens to time off changes the reasons. */
function rowOf(event: SchedulesEvent | MeEvent): OpenShift | null {
  if ("timeoff" in event.payload) return NO_SHIFT;
  const shift = "schedule" in event.payload && event.payload.schedule;
  return shift && shift.staff_id === null && shift.status === "published" ? shift : null;
}

/**
 * The shifts that nobody has, and why the reader may not take one. What is taken goes at once, by its event; as each event may change
 * what the reader may take, the reasons are fetched again after it.
 */
export function useOpenShifts() {
  const { api, me } = useSignedIn();
  return useLiveQuery({
    queryKey: OPEN,
    queryFn: ({ signal }) => api.openShifts(signal),
    retry,
    channels: [Schedules(), Me({ user_id: String(me.id) })],
    row: rowOf,
    sort: (a: OpenShift, b: OpenShift) => a.starts_at.localeCompare(b.starts_at) || a.id - b.id,
  });
}

/** Takes an open shift: it leaves the list at once, and is back with the reason if that was refused. */
export function useClaim(): UseLiveMutation<OpenShift, OpenShift, Schedule> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: OPEN,
    mutationFn: ({ id, version }: OpenShift, { requestId }) => api.claimShift(id, version, requestId),
    edit: ({ id }) => ({ id, row: () => null }),
    answered: () => [],
    conflict: conflictOf<Schedule>,
  });
}
