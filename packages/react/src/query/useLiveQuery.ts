import { type QueryFunctionContext, type QueryKey, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Channel, type ChannelEvent, channel as channelOf } from "@tidings/client";
import { useCallback, useEffect, useInsertionEffect, useMemo, useSyncExternalStore } from "react";
import { type LiveQueryOptions, type LiveState, type LiveStatus, NOT_YET } from "./live-query.js";
import type { EntryStorage } from "./persistence.js";
import { useLiveStore } from "./useLiveStore.js";

/** A channel, or its name. */
export type AnyChannel = string | { readonly name: string };

/** The events that channels of type `C` may carry. */
export type EventsOf<C> = C extends Channel<infer E> ? E : ChannelEvent;

/**
 * - `loading`: there is no data yet.
 * - `live`: what is shown is what the database holds, but for the milliseconds that a change takes.
 * - `catching-up`: what was missed is being replayed or fetched.
 * - `offline`: the connection is gone. `refused`: there are no live updates here. Both are fetched every `pollInterval`.
 */
export interface Live {
  readonly status: LiveStatus;
  /** Why it is refused, for people. */
  readonly reason?: string | undefined;
  /** When what is shown was last known to be true, in milliseconds since 1970; null while it is live, or there is none. */
  readonly asOf: number | null;
  /** What the query function threw at its last try. The last good data stays; it is tried again. */
  readonly error: Error | null;
}

export interface UseLiveQuery<D> {
  /** With edits that are under way. Rows that did not change keep their identity. */
  readonly data: D | undefined;
  readonly live: Live;
  /** Fetches now. */
  readonly refetch: () => Promise<unknown>;
}

interface CommonOptions<D, R, C extends AnyChannel> {
  /** As TanStack Query takes it. */
  readonly queryKey: QueryKey;
  readonly queryFn: (context: QueryFunctionContext) => D | Promise<D>;
  /** Where changes are heard; at least one. */
  readonly channel?: C | undefined;
  readonly channels?: readonly C[] | undefined;
  /**
   * The row that an event brings; null: its row is gone; undefined: the event is not about this query. By default what the payload
   * holds under the name of the event's kind (`schedule` for the key "schedule:7"); an event without it fetches the query again.
   */
  readonly row?: ((event: EventsOf<C>) => R | null | undefined) | undefined;
  /** What tells rows apart, as it stands in the events' key. By default the row's `id`. */
  readonly id?: ((row: R) => string | number) | undefined;
  /** Which of two states of a row is newer. By default the row's `version`; without versions the order of the channel decides. */
  readonly version?: ((row: R) => number | undefined) | undefined;
  /** Whether a row is one of the query's. Without it each event is applied to rows that are held, and the query is fetched again. */
  readonly matches?: ((row: R, queryKey: QueryKey) => boolean) | undefined;
  /** Where a row is inserted. By default at the end. */
  readonly sort?: ((a: R, b: R) => number) | undefined;
  /** False: neither fetched nor subscribed. */
  readonly enabled?: boolean | undefined;
  /**
   * As TanStack Query takes it; by default it is tried again for ever, with full-jitter backoff up to 30 s. The QueryClient's default
   * is not asked: it is for queries that nothing keeps current.
   */
  readonly retry?: boolean | number | ((failures: number, error: Error) => boolean) | undefined;
  /** Milliseconds between fetches while there are no live updates. Default 30,000; false: none. */
  readonly pollInterval?: number | false | undefined;
  /** Keeps rows and positions together over a reload, for a day. Rows must be JSON, and are readable by whoever uses this storage. */
  readonly persist?: EntryStorage | undefined;
  /** Uniform in [0, 1), for the waits. */
  readonly random?: (() => number) | undefined;
}

/** A query whose data is a list of rows. */
export interface ListQueryOptions<R, C extends AnyChannel> extends CommonOptions<readonly R[], R, C> {
  readonly rows?: never;
  readonly withRows?: never;
}

/** A query whose data has rows somewhere in it: a page with its total. */
export interface ShapedQueryOptions<D, R, C extends AnyChannel> extends CommonOptions<D, R, C> {
  readonly rows: (data: D) => readonly R[];
  /** The data with other rows. */
  readonly withRows: (data: D, rows: readonly R[]) => D;
}

interface Options extends LiveQueryOptions {
  readonly channel?: AnyChannel | undefined;
  readonly channels?: readonly AnyChannel[] | undefined;
  readonly enabled?: boolean | undefined;
  readonly retry?: boolean | number | ((failures: number, error: Error) => boolean) | undefined;
  readonly pollInterval?: number | false | undefined;
}

const POLL = 30_000;
const LONGEST_WAIT = 30_000;

/**
 * A query that is kept equal to the database by a channel's events: subscribed first, then fetched; what comes meanwhile is held
 * back and applied by key and version. It rests on: events are published after the commit, and the query reads what was committed.
 */
export function useLiveQuery<R, C extends AnyChannel>(options: ListQueryOptions<R, C>): UseLiveQuery<readonly R[]>;
export function useLiveQuery<D, R, C extends AnyChannel>(options: ShapedQueryOptions<D, R, C>): UseLiveQuery<D>;
export function useLiveQuery(options: Options): UseLiveQuery<unknown> {
  const store = useLiveStore();
  const queries = useQueryClient();
  const { queryKey, enabled = true, pollInterval = POLL } = options;
  const channels = channelsOf(options);
  const names = channels.map(({ name }) => name).join(" ");
  const live = store.query(options, channels);
  useInsertionEffect(() => {
    live.options = options;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: channels are their names
  const subscribe = useCallback(
    (changed: () => void) => (enabled ? live.hold(channels, changed) : () => {}),
    [live, names, enabled],
  );
  const state = useSyncExternalStore(subscribe, live.state, () => NOT_YET);
  const held = queries.getQueryData(queryKey) !== undefined;
  const { data, refetch } = useQuery({
    queryKey,
    queryFn: live.fetch,
    initialData: () => live.initialData,
    enabled: enabled && (state.ready || held),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    retry: options.retry ?? true,
    retryDelay: (failures) => (options.random ?? Math.random)() * Math.min(LONGEST_WAIT, 1_000 * 2 ** failures),
    refetchInterval: (state.status === "offline" || state.status === "refused") && pollInterval,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once it may be fetched, what was missed before is, and other channels have others
  useEffect(() => live.catchUp(), [live, names, enabled, state.ready]);
  const shown = useMemo(() => live.withEdits(data, state.edits), [live, data, state.edits]);
  return { data: shown, live: useLive(state), refetch };
}

function useLive({ status, reason, asOf, error }: LiveState): Live {
  return useMemo(() => ({ status, reason, asOf, error }), [status, reason, asOf, error]);
}

/** Throws TypeError when there is none. */
function channelsOf({ channel, channels = [] }: Pick<Options, "channel" | "channels">): Channel[] {
  const all = [...(channel === undefined ? [] : [channel]), ...channels];
  if (all.length === 0) throw new TypeError("useLiveQuery: give channel or channels");
  return all.map((each) => (typeof each === "string" ? channelOf(each) : (each as Channel)));
}
