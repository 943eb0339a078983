/**
 * Changes that are shown before the server has them. The cache holds only what the server has said; an edit lies over it until its own
 * event comes, or an answer that has reached its version, or a refusal. Edits of one row are sent one after the other.
 */
import type { QueryKey } from "@tanstack/react-query";
import type { ChannelEvent } from "@tidings/client";
import type { Change } from "./rows.js";

/** The row as the edit makes it: of the row as it is (undefined: there is none), or null when the edit removes it. */
export type RowEdit = (row: unknown) => unknown;

/** What a request is sent with. */
export interface EditContext {
  /** Send it with the request (`X-Request-ID`): the event that comes of it has this id, or begins with it and a dot. */
  readonly requestId: string;
  /** The version that the reader has seen of a row, their own earlier edits included. Undefined: the row has none. */
  readonly versionOf: (id: string | number) => number | undefined;
}

/**
 * What became of an edit. `saved`: `answer` is undefined when the answer was lost, and the event told it. `conflict`: somebody else was
 * first, `by` name if known; `current` is the row as it is now, null when it is gone. `refused`: rolled back, with the reason.
 */
export type Outcome<A = unknown, R = unknown> =
  | { readonly status: "saved"; readonly answer: A | undefined }
  | { readonly status: "refused"; readonly error: unknown }
  | { readonly status: "conflict"; readonly error: unknown; readonly current: R | null; readonly by: string | null };

export interface Conflict<R = unknown> {
  readonly current: R | null;
  readonly by: string | null;
}

/** An edit as it was asked for. */
export interface Plan {
  /** The live queries whose keys begin so show the edit. */
  readonly queryKey: QueryKey;
  readonly rows: ReadonlyMap<string, RowEdit>;
  readonly send: (context: EditContext) => Promise<unknown>;
  /** The rows that an answer brings. Undefined: it brings none, and the queries are fetched again. */
  readonly answered: ((answer: never) => readonly unknown[]) | undefined;
  readonly conflict: ((error: never) => Conflict | null) | undefined;
}

/** What edits need of the live queries under a key. */
export interface Held {
  versionOf(queryKey: QueryKey, id: string): number | undefined;
  find(queryKey: QueryKey, id: string): unknown;
  /** What the event says of a row of theirs. */
  read(queryKey: QueryKey, event: ChannelEvent): Change<unknown> | null;
  take(queryKey: QueryKey, changes: readonly Change<unknown>[]): void;
  /** The change that brings this row. */
  changeTo(queryKey: QueryKey, row: unknown): Change<unknown> | null;
  /** Resolves when those that are on the screen have been fetched. */
  refetch(queryKey: QueryKey): Promise<void>;
  /** The list of edits has changed. */
  edited(): void;
}

/** An edit under way. */
export interface Edit {
  readonly requestId: string;
  readonly queryKey: QueryKey;
  /** What it does to the rows that are not settled yet. */
  readonly rows: ReadonlyMap<string, RowEdit>;
}

/** An edit that was sent or waits its turn, and what is known of it so far. */
interface Pending {
  readonly queryKey: QueryKey;
  readonly requestId: string;
  readonly ids: readonly string[];
  readonly versions: Map<string, number | undefined>;
  /** What is still shown of it. */
  shown: Edit;
  /** Its own event was heard: whatever the answer, it was saved. */
  told: boolean;
  done: Promise<Outcome>;
}

/** Edits that may be under way at once. */
const LIMIT = 100;

export class Edits {
  readonly #held: Held;
  readonly #newId: () => string;
  #pending: readonly Pending[] = [];

  constructor(held: Held, newId: () => string) {
    this.#held = held;
    this.#newId = newId;
  }

  /** Oldest first; another object when a row of it is settled. */
  get list(): readonly Edit[] {
    return this.#pending.map(({ shown }) => shown).filter(({ rows }) => rows.size > 0);
  }

  /** Shows the edit, sends it when the earlier ones of its rows are done, and says what became of it. Never rejects. */
  run(plan: Plan): Promise<Outcome> {
    if (this.#pending.length >= LIMIT) {
      return Promise.resolve({ status: "refused", error: new Error(`${LIMIT} edits are under way`) });
    }
    const { queryKey, rows } = plan;
    const earlier = this.#pending.filter(({ ids }) => ids.some((id) => rows.has(id)));
    const requestId = this.#newId();
    const pending: Pending = {
      queryKey,
      requestId,
      ids: [...rows.keys()],
      versions: new Map([...rows.keys()].map((id) => [id, this.#held.versionOf(queryKey, id)])),
      shown: { requestId, queryKey, rows },
      told: false,
      done: NOTHING,
    };
    this.#change([...this.#pending, pending]);
    pending.done = this.#perform(plan, pending, earlier);
    return pending.done;
  }

  /**
   * An event that may be an edit's own: the row that it brings is taken into all queries of the edit, and the edit is lifted off. That a
   * row is gone may mean from this channel only: then it settles an edit that removes the row, and says nothing to other queries.
   */
  hear(event: ChannelEvent): void {
    const pending = this.#pending.find(({ requestId: id }) => event.id === id || event.id.startsWith(`${id}.`));
    const change = pending && this.#held.read(pending.queryKey, event);
    if (!change) return;
    pending.told = true;
    if (change.row !== null) this.#take(pending, [change]);
    else if (pending.shown.rows.get(change.id)?.(this.#held.find(pending.queryKey, change.id)) !== null) return;
    this.#lift(pending, pending.ids.includes(change.id) ? [change.id] : pending.ids);
  }

  async #perform(plan: Plan, pending: Pending, earlier: readonly Pending[]): Promise<Outcome> {
    const outcome = await this.#send(plan, pending, earlier);
    this.#change(this.#pending.filter((each) => each !== pending));
    return outcome;
  }

  async #send(plan: Plan, pending: Pending, earlier: readonly Pending[]): Promise<Outcome> {
    if (earlier.length > 0) {
      const outcomes = await Promise.all(earlier.map(({ done }) => done));
      const lost = outcomes.find(({ status }) => status === "conflict");
      if (lost) return lost;
    }
    try {
      const versionOf = (id: string | number) => pending.versions.get(String(id));
      const answer = await plan.send({ requestId: pending.requestId, versionOf });
      await this.#answered(plan, pending, answer);
      return { status: "saved", answer };
    } catch (error) {
      return pending.told ? { status: "saved", answer: undefined } : this.#failed(plan, pending, error);
    }
  }

  /** An answer without rows settles what it removes; what else is shown waits until the queries have been fetched again. */
  async #answered({ queryKey, answered }: Plan, pending: Pending, answer: unknown): Promise<void> {
    const rows = answered?.(answer as never) ?? [];
    const brought = rows.map((row) => this.#held.changeTo(queryKey, row)).filter((change) => change !== null);
    const changes = [...brought, ...this.#removed(pending)];
    this.#take(pending, changes);
    const settled = changes.map(({ id }) => id);
    this.#lift(pending, rows.length > 0 ? pending.ids : settled);
    const untold = !answered && !pending.told && pending.ids.length === 0;
    if (pending.shown.rows.size > 0 || untold) await this.#held.refetch(queryKey);
  }

  /** Rows that the edit, which was saved, removes. */
  #removed({ shown, versions, queryKey }: Pending): Change<unknown>[] {
    return [...shown.rows].flatMap(([id, edit]) => {
      const row = this.#held.find(queryKey, id);
      return row !== undefined && edit(row) === null ? [{ id, version: versions.get(id), row: null }] : [];
    });
  }

  #failed({ queryKey, conflict }: Plan, pending: Pending, error: unknown): Outcome {
    const found = conflict?.(error as never);
    if (!found) return { status: "refused", error };
    const [id = ""] = pending.ids;
    const gone = { id, version: pending.versions.get(id), row: null };
    const change = found.current === null ? gone : this.#held.changeTo(queryKey, found.current);
    if (change) this.#held.take(queryKey, [change]);
    return { status: "conflict", error, ...found };
  }

  /** Later edits of the same rows were made knowing of this one: they are sent with the version that it has brought. */
  #take(pending: Pending, changes: readonly Change<unknown>[]): void {
    this.#held.take(pending.queryKey, changes);
    const later = this.#pending.slice(this.#pending.indexOf(pending) + 1);
    for (const { id, version } of changes) {
      for (const { versions } of later) {
        if (versions.has(id) && version !== undefined) versions.set(id, version);
      }
    }
  }

  #lift(pending: Pending, ids: readonly string[]): void {
    const rows = new Map([...pending.shown.rows].filter(([id]) => !ids.includes(id)));
    if (rows.size === pending.shown.rows.size) return;
    pending.shown = { ...pending.shown, rows };
    this.#held.edited();
  }

  #change(pending: readonly Pending[]): void {
    this.#pending = pending;
    this.#held.edited();
  }
}

const NOTHING: Promise<Outcome> = Promise.resolve({ status: "saved", answer: undefined });
