import { useMutation } from "@tanstack/react-query";
import type { Api } from "../api/api";
import type { TimeOff } from "../api/types";
import { type TimeOffFilter, timeOff } from "../live/collections";
import { changeOf } from "../live/replica";
import { useCollection, useLiveRows } from "../live/use-collection";
import { useSignedIn } from "../session/signed-in";

/** Time off as this person may see it: managers everybody's, others their own. */
export function useTimeOff(filter: TimeOffFilter) {
  const { api } = useSignedIn();
  return useCollection(timeOff, filter, (signal) => api.timeOff(filter, signal));
}

const PENDING: TimeOffFilter = { status: "pending" };

/** The requests that wait for a decision. */
export const usePendingRequests = () => useTimeOff(PENDING);

/** Sends a change of time off and takes its answer into every list at once. */
export function useTimeOffChange<V>(send: (api: Api, input: V) => Promise<TimeOff>) {
  const { api } = useSignedIn();
  const live = useLiveRows();
  return useMutation({
    mutationFn: (input: V) => send(api, input),
    onSuccess: (request) => live.hear(timeOff, changeOf(request)),
  });
}
