/**
 * @tidings/react/query/offline: edits that cannot be sent now are held for as long as the page lives, shown meanwhile, and sent in order
 * once they can be. A module of its own, for pages that want it.
 *
 * | an edit that is | becomes | when |
 * | --- | --- | --- |
 * | new | `held` | there is no connection, a pause runs, or another is held |
 * | new | `waiting` | an earlier one of its rows is under way |
 * | new, `waiting` | `sent` | neither, or no longer |
 * | `waiting` | `held` | an earlier one reached nobody |
 * | `waiting`, `held` | ended | an earlier one of its rows had a conflict, or was held and is refused: it has the same outcome |
 * | `held` | `sent` | it is the oldest, and the queries that are on the screen have caught up |
 * | `held` | ended | its own event says that it was saved: the answer had been lost |
 * | `held` | ended | it is withdrawn, and was never sent |
 * | `sent` | `held` | the error says that nobody was reached, or its time is up and there is no connection |
 * | `sent` | ended | an answer, its own event, another error, its time |
 */
import { partialMatchKey, type QueryKey } from "@tanstack/react-query";
import { TidingsError, type WebSocketClient } from "@tidings/client";
import { useTidings } from "@tidings/react";
import { useMemo, useSyncExternalStore } from "react";
import type { Gate, Pending } from "./edits.js";
import type { LiveQuery, LiveState } from "./live-query.js";
import type { LiveStore } from "./live-store.js";
import type { Offline } from "./useLiveMutation.js";

export interface HoldOptions<I> {
  /**
   * Whether an error says that nobody was reached, or that an answer was lost: the edit is held, and sent again with the same
   * `requestId`. Without it such an edit is refused.
   */
  readonly unreachable?: ((error: unknown) => boolean) | undefined;
  /**
   * Called once for an edit that is held, with what it was made of. `withdraw` drops one that was never sent: it is refused with a
   * TidingsError of code `withdrawn`. False: it may have arrived, and stays.
   */
  readonly onHeld?: ((input: I, withdraw: () => boolean) => void) | undefined;
}

/** An edit that is held. */
export interface HeldEdit {
  readonly queryKey: QueryKey;
  /** The rows that it changes, as text. */
  readonly ids: readonly string[];
}

/** For `useLiveMutation`'s `offline`: edits that cannot be sent now are held. */
export function hold<I>(options: HoldOptions<I> = {}): Offline<I> {
  return (store, input) => new HoldingGate(lineOf(store.client), store, options, input);
}

/** Edits of the live queries under this key that are held and not sent. */
export function useHeldEdits(queryKey: QueryKey): readonly HeldEdit[] {
  const line = lineOf(useTidings());
  const held = useSyncExternalStore(
    line.listen,
    () => line.held,
    () => NONE,
  );
  const key = JSON.stringify(queryKey);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a key is what it says
  return useMemo(() => held.filter((each) => partialMatchKey(each.queryKey, queryKey)), [held, key]);
}

const NONE: readonly HeldEdit[] = [];
/** States of a connection in which no request is expected to arrive. */
const GONE: ReadonlySet<string> = new Set(["connecting", "offline", "closed"]);
const CURRENT: ReadonlySet<string> = new Set(["live", "refused"]);
/** Milliseconds until an edit is sent again that reached nobody though there is a connection: at most so many, by chance. */
const LONGEST_PAUSE = 30_000;

/** What is known of an edit that was held. */
interface Held {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** It was sent, and its answer may have been lost. */
  missed: boolean;
  sent: boolean;
}

/** All edits that were held on one connection, and have not ended. */
class Line {
  readonly #client: WebSocketClient;
  readonly #edits = new Map<Pending, Held>();
  readonly #listeners = new Set<() => void>();
  readonly #stores = new WeakSet<LiveStore>();
  #wakers: (() => void)[] = [];
  #misses = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** Those that are not sent; the same list until it changes. */
  held = NONE;

  constructor(client: WebSocketClient) {
    this.#client = client;
    client.onStatus(() => {
      if (this.connected) this.#endPause();
      this.wake();
    });
  }

  get connected(): boolean {
    return !GONE.has(this.#client.status.status);
  }

  /** Calls `listener` when `held` changes. Returns the undo. */
  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Looks again which may be sent. */
  readonly wake = (): void => {
    for (const resolve of this.#wakers.splice(0)) resolve();
  };

  woken(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  holds(edit: Pending): boolean {
    return this.#edits.has(edit);
  }

  add(edit: Pending, store: LiveStore): void {
    if (!this.#stores.has(store)) store.listeners.add(this.wake);
    this.#stores.add(store);
    edit.held = true;
    this.#edits.set(edit, { since: Date.now(), missed: false, sent: false });
    this.#changed();
    void edit.done.then(({ status }) => {
      if (status === "saved") this.#misses = 0;
      this.#edits.delete(edit);
      this.#changed();
      this.wake();
    });
  }

  sent(edit: Pending): void {
    this.#mark(edit, { sent: true });
  }

  missed(edit: Pending): void {
    this.#mark(edit, { missed: true, sent: false });
  }

  /** Ends an edit that was never sent. False: it was, or is not held. */
  withdraw(edit: Pending, { edits }: LiveStore): boolean {
    const held = this.#edits.get(edit);
    if (!held || held.sent || held.missed) return false;
    edits.end(edit, { status: "refused", error: new TidingsError("withdrawn", "taken back before it was sent") });
    return true;
  }

  /** The next ones are sent after a pause, the longer the more have reached nobody. */
  pause(): void {
    this.#misses += 1;
    const longest = Math.min(LONGEST_PAUSE, 500 * 2 ** this.#misses);
    this.#pause ??= setTimeout(() => {
      this.#endPause();
      this.wake();
    }, Math.random() * longest);
  }

  /** After all that were held before it; when it was held itself, once what a lost answer said would have been heard. */
  mayGo(edit: Pending, store: LiveStore): boolean {
    const { pending } = store.edits;
    const before = pending.slice(0, pending.indexOf(edit));
    if (this.#pause !== undefined || before.some((each) => this.holds(each))) return false;
    const held = this.#edits.get(edit);
    if (!held) return this.connected;
    const states = statesOf(store, edit.plan.queryKey);
    if (this.connected) return states.every(({ status }) => CURRENT.has(status));
    // Fetches arrive where no connection can be had.
    return !held.missed && states.some(({ asOf }) => asOf !== null && asOf > held.since);
  }

  #mark(edit: Pending, change: Partial<Held>): void {
    const held = this.#edits.get(edit);
    if (!held) return;
    Object.assign(held, change);
    this.#changed();
  }

  #endPause(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #changed(): void {
    const waiting = [...this.#edits].filter(([, { sent }]) => !sent);
    this.held = waiting.map(([{ ids, plan }]) => ({ queryKey: plan.queryKey, ids }));
    for (const listener of [...this.#listeners]) listener();
  }
}

class HoldingGate<I> implements Gate {
  readonly #line: Line;
  readonly #store: LiveStore;
  readonly #options: HoldOptions<I>;
  readonly #input: I;

  constructor(line: Line, store: LiveStore, options: HoldOptions<I>, input: I) {
    this.#line = line;
    this.#store = store;
    this.#options = options;
    this.#input = input;
  }

  wait(edit: Pending): Promise<void> | null {
    const ended = !this.#store.edits.pending.includes(edit);
    if (ended || this.#line.mayGo(edit, this.#store)) {
      this.#line.sent(edit);
      return null;
    }
    this.hold(edit);
    return this.#line.woken();
  }

  failed(edit: Pending, error: unknown): boolean {
    const late = error instanceof TidingsError && error.code === "timeout" && !this.#line.connected;
    if (!late && !this.#options.unreachable?.(error)) return false;
    if (!late) this.#line.pause();
    this.hold(edit);
    this.#line.missed(edit);
    for (const each of this.#store.edits.pending) {
      if (each.timer === undefined && each.plan.gate instanceof HoldingGate) each.plan.gate.hold(each);
    }
    return true;
  }

  hold(edit: Pending): void {
    if (this.#line.holds(edit)) return;
    this.#line.add(edit, this.#store);
    const withdraw = () => this.#line.withdraw(edit, this.#store);
    queueMicrotask(() => this.#options.onHeld?.(this.#input, withdraw));
  }
}

/** The states of the live queries under a key that are on the screen. */
function statesOf(store: LiveStore, queryKey: QueryKey): LiveState[] {
  const isShown = ({ options }: LiveQuery) =>
    store.queries.getQueryCache().find({ queryKey: options.queryKey })?.isActive();
  return store.under(queryKey).flatMap((live) => (isShown(live) ? [live.state()] : []));
}

const lines = new WeakMap<WebSocketClient, Line>();

function lineOf(client: WebSocketClient): Line {
  const line = lines.get(client) ?? new Line(client);
  lines.set(client, line);
  return line;
}
