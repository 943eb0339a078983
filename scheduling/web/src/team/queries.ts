import { type UseLiveMutation, useLiveMutation, useLiveQuery } from "@tidings/react/query";
import { useState } from "react";
import type { Api } from "../api/api";
import { retry } from "../api/problem";
import type { LocationNeeds, Schedule, Staff } from "../api/types";
import { NEEDS, SCHEDULES, STAFF, scheduleIn } from "../live/queries";
import { Drafts, Schedules } from "../live.gen";
import { useSignedIn } from "../session/signed-in";

/** Changes the team and takes the answer in at once. */
export function useTeamChange<V>(
  send: (api: Api, input: V, requestId: string) => Promise<Staff>,
): UseLiveMutation<V, Staff, Staff> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: STAFF,
    mutationFn: (input: V, { requestId }) => send(api, input, requestId),
    answered: (staff) => [staff],
  });
}

/** Says what a location needs, in place of all that was said before. */
export function useCoverChange(): UseLiveMutation<LocationNeeds, LocationNeeds, LocationNeeds> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: NEEDS,
    mutationFn: ({ location, version, needs }: LocationNeeds, { requestId }) =>
      api.replaceNeeds({ location, version, needs }, requestId),
    answered: (needs) => [needs],
  });
}

/** How many shifts of somebody have not begun, drafts with them; undefined until it is known. */
export function useShiftsAhead(staffId: number): number | undefined {
  const { api } = useSignedIn();
  const [from] = useState(() => new Date().toISOString());
  const count = (status: Schedule["status"], channel: ReturnType<typeof Schedules>) => ({
    queryKey: [...SCHEDULES, "ahead", staffId, status, from],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      api.schedules({ from, status, staff_id: String(staffId) }, signal),
    retry,
    channel,
    row: scheduleIn,
    matches: (row: Schedule) => row.status === status && row.staff_id === staffId && row.starts_at > from,
  });
  const published = useLiveQuery(count("published", Schedules())).data;
  const drafts = useLiveQuery(count("draft", Drafts())).data;
  const begins = (shifts: readonly Schedule[]) => shifts.filter(({ starts_at }) => starts_at > from).length;
  return published && drafts && begins(published) + begins(drafts);
}
