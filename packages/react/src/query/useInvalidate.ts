import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import type { Channel, ChannelEvent, ChannelStatus } from "@tidings/client";
import { useChannel } from "@tidings/react";
import { useEffect, useMemo, useRef } from "react";
import { Invalidations } from "./invalidations.js";
import type { AnyChannel, EventsOf } from "./useLiveQuery.js";
import { useLiveStore } from "./useLiveStore.js";

export interface InvalidateOptions {
  /** What is fetched again where nobody knows what was missed: after a reset, and once the channel is entered. Default: every query that is not live. */
  readonly all?: readonly QueryKey[];
  /** Uniform in [0, 1), for the wait after a reset. */
  readonly random?: () => number;
}

/**
 * Fetches queries again when a channel's events say so: `keysOf` names, for each event, what it makes old, as the beginnings of query
 * keys. A burst of events is one fetch. Gives the channel's status.
 */
export function useInvalidate<C extends AnyChannel>(
  channel: C,
  keysOf: (event: EventsOf<C>) => readonly QueryKey[],
  options: InvalidateOptions = {},
): ChannelStatus {
  const queries = useQueryClient();
  const store = useLiveStore();
  const { all, random = Math.random } = options;
  const invalidations = useMemo(
    () => new Invalidations(queries, ({ queryHash }) => store.has(queryHash)),
    [queries, store],
  );
  const status = useChannel(channel as Channel | string, {
    onEvent: (event: ChannelEvent) => invalidations.add(keysOf(event as EventsOf<C>)),
    onReset: () => invalidations.addAll(all, random),
  });
  const entered = useRef<boolean | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it runs when the channel's status changes, not with each new list
  useEffect(() => {
    const live = status.status === "live";
    // What was fetched before the channel was entered may lack what happened between.
    const first = live && !entered.current && (entered.current === false || all !== undefined);
    entered.current ||= live;
    if (first) invalidations.now(all);
  }, [status.status, invalidations]);
  return status;
}
