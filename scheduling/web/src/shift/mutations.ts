import { useMutation } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Schedule } from "../api/types";
import { drafts, published } from "../live/collections";
import type { LiveRows } from "../live/live-rows";
import { changeOf } from "../live/replica";
import { useLiveRows } from "../live/use-collection";
import { useSignedIn } from "../session/signed-in";

/** Ids that this page has just deleted: their going is not news. */
export const OwnDeletesContext = createContext<Set<number>>(new Set());

function hear(live: LiveRows, schedule: Schedule): void {
  live.hear(published, changeOf(schedule));
  live.hear(drafts, changeOf(schedule));
}

/** Saves a shift and takes the answer into every week at once; a stale refusal brings the row as it is now. */
export function useSaveShift<V>(send: (api: Api, input: V) => Promise<Schedule>) {
  const { api } = useSignedIn();
  const live = useLiveRows();
  return useMutation({
    mutationFn: (input: V) => send(api, input),
    onSuccess: (schedule) => hear(live, schedule),
    onError: (error) => {
      const current = error instanceof Problem ? error.stale<Schedule>()?.current : null;
      if (current) hear(live, current);
    },
  });
}

export function useDeleteShift() {
  const { api } = useSignedIn();
  const live = useLiveRows();
  const ownDeletes = useContext(OwnDeletesContext);
  return useMutation({
    mutationFn: ({ id, version }: Schedule) => {
      ownDeletes.add(id);
      return api.deleteSchedule(id, version);
    },
    onSuccess: (_, { id, version }) => {
      live.hear(published, { id, version, row: null });
      live.hear(drafts, { id, version, row: null });
    },
    onError: (_, { id }) => ownDeletes.delete(id),
  });
}

export function usePublish() {
  const { api } = useSignedIn();
  const live = useLiveRows();
  return useMutation({
    mutationFn: ({ shifts, accept }: { shifts: readonly Schedule[]; accept?: readonly string[] }) =>
      api.publish(
        shifts.map(({ id, version }) => ({ id, version })),
        accept,
      ),
    onSuccess: ({ schedules }) => {
      for (const schedule of schedules) hear(live, schedule);
    },
  });
}
