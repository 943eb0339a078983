import { type UseLiveMutation, useLiveMutation } from "@tidings/react/query";
import type { Api } from "../api/api";
import type { TimeOff } from "../api/types";
import { TIME_OFF, type TimeOffFilter, useTimeOff } from "../live/queries";
import { useSignedIn } from "../session/signed-in";

const PENDING: TimeOffFilter = { status: "pending" };

/** The requests that wait for a decision. */
export const usePendingRequests = () => useTimeOff(PENDING);

/** Sends a change of time off and takes its answer into every list at once. */
export function useTimeOffChange<V>(
  send: (api: Api, input: V, requestId: string) => Promise<TimeOff>,
): UseLiveMutation<V, TimeOff, TimeOff> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: TIME_OFF,
    mutationFn: (input: V, { requestId }) => send(api, input, requestId),
    answered: (request) => [request],
  });
}
