import type { QueryKey } from "@tanstack/react-query";
import { useCallback, useInsertionEffect, useState } from "react";
import type { Conflict, EditContext, Gate, Outcome, Plan, RowEdit } from "./edits.js";
import type { LiveStore } from "./live-store.js";
import { useLiveStore } from "./useLiveStore.js";

/** What is shown of one row before the server has answered. */
export interface OptimisticEdit<R> {
  /** A new row has one of your own, until its event or answer brings the server's. */
  readonly id: string | number;
  /** The row as it will be; of the row as it is, undefined where there is none. Null: it will be gone, or there is nothing to change. */
  readonly row: (row: R | undefined) => R | null;
  /** The version that it was made from, where what is changed was read some time before. Without it: the newest that is held. */
  readonly version?: number | undefined;
}

export interface LiveMutationOptions<I, R, A> {
  /** The edit shows in the live queries whose keys begin so; all of them hold rows of one kind. */
  readonly queryKey: QueryKey;
  /** Sends the change with `requestId` as `X-Request-ID` and the versions that the reader has seen. Throws when it is refused. */
  readonly mutationFn: (input: I, context: EditContext) => Promise<A>;
  /** What is shown at once. Without it nothing is, and the answer is taken in. */
  readonly edit?: ((input: I) => OptimisticEdit<R> | readonly OptimisticEdit<R>[]) | undefined;
  /** The rows that an answer brings. Without it the queries are fetched again, unless the event was faster. */
  readonly answered?: ((answer: A) => readonly R[]) | undefined;
  /** What an error says of somebody who was first (409 with the row as it is now); null: it is another error. */
  readonly conflict?: ((error: unknown) => Conflict<R> | null) | undefined;
  /**
   * Milliseconds that a change which was sent may take. Without answer and event by then it is refused with a TidingsError of code
   * `timeout`: whether it was saved is unknown, and the queries are fetched again. Default 30,000.
   */
  readonly timeout?: number | undefined;
  /** `hold(…)` of `@tidings/react/query/offline`: an edit that cannot be sent now is held, and sent later. */
  readonly offline?: Offline<I> | undefined;
}

/** What becomes of an edit that cannot be sent now. */
export type Offline<I> = (store: LiveStore, input: I) => Gate;

export interface UseLiveMutation<I, R, A> {
  /** Shows the edit and sends it, after the earlier ones of its rows. Never rejects: the outcome says what became of it. */
  readonly mutate: (input: I) => Promise<Outcome<A, R>>;
  /** Edits of this hook that are under way. */
  readonly pending: number;
}

const TIMEOUT = 30_000;
/** The longest wait of a timer; with a longer one it would run at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Changes rows of live queries: the edit shows at once, settles on the first of its own event (of all its rows) or the answer, and is
 * rolled back when it is refused, somebody else was first or its time is up. A change that shows nothing settles on its answer. Edits of
 * one row are sent in order; after a conflict those that wait are dropped with it. Throws TypeError for a `timeout` that is none.
 */
export function useLiveMutation<I, R, A>(options: LiveMutationOptions<I, R, A>): UseLiveMutation<I, R, A> {
  const store = useLiveStore();
  const { timeout = TIMEOUT } = options;
  if (!(timeout > 0 && timeout <= LONGEST)) throw new TypeError(`timeout is ${timeout}, not 1 to ${LONGEST} ms`);
  const [newest] = useState({ options });
  useInsertionEffect(() => {
    newest.options = options;
  });
  const [pending, setPending] = useState(0);
  const mutate = useCallback(
    async (input: I) => {
      setPending((count) => count + 1);
      const outcome = await store.edits.run(() => planOf(newest.options, input, store));
      setPending((count) => count - 1);
      return outcome as Outcome<A, R>;
    },
    [store, newest],
  );
  return { mutate, pending };
}

function planOf<I, R, A>(options: LiveMutationOptions<I, R, A>, input: I, store: LiveStore): Plan {
  const { mutationFn, edit, timeout = TIMEOUT, offline } = options;
  const edits = [edit?.(input) ?? []].flat() as readonly OptimisticEdit<R>[];
  return {
    ...options,
    timeout,
    rows: new Map(edits.map(({ id, row }) => [String(id), row as RowEdit])),
    from: (wanted) => edits.find(({ id }) => String(id) === wanted)?.version,
    send: (context) => mutationFn(input, context),
    gate: offline?.(store, input),
  };
}
