import { type UseLiveMutation, useLiveMutation } from "@tidings/react/query";
import { createContext, useContext } from "react";
import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Schedule } from "../api/types";
import { SCHEDULES } from "../live/queries";
import { useSignedIn } from "../session/signed-in";

/** Ids that this page has deleted: that they go, or come back because it was refused, is not news. */
export const OwnDeletesContext = createContext<Set<number>>(new Set());

/** The row as it is now, and who was first, where that is why a change was refused. */
function conflict(error: unknown) {
  const stale = error instanceof Problem ? error.stale<Schedule>() : null;
  return stale && { current: stale.current, by: stale.changedBy?.name ?? null };
}

/** Saves a shift. `shown` is the shift as it is meant to be: the week has it at once, until the server has spoken. */
export function useSaveShift<V extends { readonly shown: Schedule }>(
  send: (api: Api, input: V, requestId: string) => Promise<Schedule>,
): UseLiveMutation<V, Schedule, Schedule> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: SCHEDULES,
    mutationFn: (input: V, { requestId }) => send(api, input, requestId),
    edit: ({ shown }) => ({ id: shown.id, row: () => shown }),
    answered: (schedule) => [schedule],
    conflict,
  });
}

/** Deletes a shift: it is gone at once, and back if that was refused. */
export function useDeleteShift(): UseLiveMutation<Schedule, Schedule, void> {
  const { api } = useSignedIn();
  const ownDeletes = useContext(OwnDeletesContext);
  return useLiveMutation({
    queryKey: SCHEDULES,
    mutationFn: ({ id, version }: Schedule, { requestId }) => api.deleteSchedule(id, version, requestId),
    edit: ({ id }) => {
      ownDeletes.add(id);
      return { id, row: () => null };
    },
    answered: () => [],
    conflict,
  });
}

interface Publishing {
  readonly shifts: readonly Schedule[];
  readonly accept?: readonly string[];
}

/** Publishes drafts together: all of them, or none. Nothing is shown before the server has agreed. */
export function usePublish(): UseLiveMutation<Publishing, Schedule, { schedules: Schedule[] }> {
  const { api } = useSignedIn();
  return useLiveMutation({
    queryKey: SCHEDULES,
    mutationFn: ({ shifts, accept }: Publishing, { requestId }) =>
      api.publish(
        shifts.map(({ id, version }) => ({ id, version })),
        accept,
        requestId,
      ),
    answered: ({ schedules }) => schedules,
    conflict,
  });
}
