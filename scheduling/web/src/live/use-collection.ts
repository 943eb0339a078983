import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Collection, Held, LiveRows } from "./live-rows";
import type { Row } from "./replica";

/** Without a connection, changes are asked for this often (milliseconds). */
const POLL = 30_000;

export const LiveRowsContext = createContext<LiveRows | null>(null);

export function useLiveRows(): LiveRows {
  const rows = useContext(LiveRowsContext);
  if (!rows) throw new Error("useLiveRows needs LiveRowsContext above it");
  return rows;
}

/** A query's rows by id, fetched once its channel is subscribed and kept current by events from then on. */
export function useCollection<R extends Row, P>(
  collection: Collection<R, P>,
  parameters: P,
  fetch: (signal: AbortSignal) => Promise<R[]>,
  enabled = true,
): UseQueryResult<ReadonlyMap<number, R>> {
  const live = useLiveRows();
  const feed = useSyncExternalStore(live.subscribe, () => live.feedOf(collection.name));
  return useQuery({
    queryKey: [collection.name, parameters],
    queryFn: ({ signal }) => live.read(collection, parameters, () => fetch(signal)),
    select: (held: Held<R>) => held.replica.rows,
    enabled: enabled && feed !== "waiting",
    structuralSharing: false,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: feed === "unavailable" ? POLL : false,
  });
}
