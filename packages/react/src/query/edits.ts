/**
 * Changes that are shown before the server has them. The cache holds only what the server has said; an edit lies over it until its own
 * event comes, or an answer, or a refusal, or its time is up. Edits of one row are sent one after the other.
 */
import type { QueryKey } from "@tanstack/react-query";
import { type ChannelEvent, TidingsError } from "@tidings/client";
import { report } from "./report.js";
import type { Change } from "./rows.js";

/** The row as the edit makes it: of the row as it is (undefined: there is none), or null when the edit removes it. */
export type RowEdit = (row: unknown) => unknown;

/** What a request is sent with. */
export interface EditContext {
  /** Send it with the request (`X-Request-ID`): the event that comes of it has this id, or begins with it and a dot. */
  readonly requestId: string;
  /** The version that the edit was made from, moved on by the reader's own earlier edits only. Undefined: the row has none. */
  readonly versionOf: (id: string | number) => number | undefined;
  /** The id that a row has now: the server's, of one that was new when the edit was made and that an earlier edit has saved. */
  readonly idOf: (id: string | number) => string;
}

/**
 * What became of an edit. `saved`: `answer` is undefined when the event told it, before the answer or in place of one. `conflict`:
 * somebody else was first, `by` name if known; `current` is the row as it is now, null when it is gone. `refused`: rolled back, with
 * the reason; with a TidingsError of code `timeout` neither answer nor event came in time, and whether it was saved is unknown.
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
  /** The version of a row that it was made from, where that is known. */
  readonly from: (id: string) => number | undefined;
  readonly send: (context: EditContext) => Promise<unknown>;
  /** The rows that an answer brings. Undefined: it brings none, and the queries are fetched again. */
  readonly answered?: ((answer: never) => readonly unknown[]) | undefined;
  readonly conflict?: ((error: never) => Conflict | null) | undefined;
  /** Milliseconds from when it is sent to when it ends, whatever came. */
  readonly timeout: number;
  /** Undefined: it may be sent at once. */
  readonly gate: Gate | undefined;
}

/** Says when an edit may be sent. */
export interface Gate {
  /** Null: now. Else it is asked again when the promise has resolved. */
  wait(edit: Pending): Promise<void> | null;
  /** Its request failed, or its time is up. True: it is sent again when it may be, or has as much time again. */
  failed(edit: Pending, error: unknown): boolean;
}

/** What edits need of the live queries under a key. */
export interface LiveRows {
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
  /** What it makes of a row cannot be shown. Whoever draws a page may call it: nothing changes before that is done. */
  readonly broke: (error: unknown) => void;
}

/** An edit that was sent or waits its turn, and what is known of it so far. */
export interface Pending {
  readonly plan: Plan;
  readonly requestId: string;
  /** Of its rows, in the plan's order: the server's, once a row that was new has one. */
  ids: readonly string[];
  versions: Map<string, number | undefined>;
  /** What is still shown of it. */
  shown: Edit;
  /** It was saved: its own event was heard, or an answer came. It is under way until what is shown of it is what the server holds. */
  saved: Outcome | null;
  /** Its gate was closed: when it is refused, those that wait for it are refused with it. */
  held: boolean;
  /** Undefined while it is not sent. */
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly done: Promise<Outcome>;
  readonly resolve: (outcome: Outcome) => void;
}

/** Edits that may be under way at once. */
const LIMIT = 100;
/** Versions that are remembered to have been replaced by edits; then all are forgotten, and an edit of one of them is a conflict. */
const MOVES = 1000;

export class Edits {
  readonly #live: LiveRows;
  readonly #newId: () => string;
  #pending: readonly Pending[] = [];
  /** What edits have made of the versions they were made from: a later one may have been made from an earlier one's. */
  readonly #moved = new Map<string, number>();

  constructor(live: LiveRows, newId: () => string) {
    this.#live = live;
    this.#newId = newId;
  }

  /** Oldest first. */
  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** Oldest first; another object when a row of it is settled. */
  get list(): readonly Edit[] {
    return this.#pending.flatMap(({ shown }) => (shown.rows.size > 0 ? [shown] : []));
  }

  /** Shows the edit, sends it when the earlier ones of its rows are done, and says what became of it. Never rejects. */
  async run(planned: () => Plan): Promise<Outcome> {
    let plan: Plan;
    try {
      if (this.#pending.length >= LIMIT) throw new Error(`${LIMIT} edits are under way`);
      plan = planned();
      // What throws does so here, or where the page is drawn with it.
      for (const [id, edit] of plan.rows) edit(this.#shown(plan.queryKey, id));
    } catch (error) {
      return { status: "refused", error };
    }
    const earlier = this.#alike(plan.queryKey).filter(({ ids }) => ids.some((id) => plan.rows.has(id)));
    const pending = this.#newPending(plan);
    this.#change([...this.#pending, pending]);
    void this.#perform(pending, earlier);
    return pending.done;
  }

  /**
   * An event that may be an edit's own: the row that it brings is taken into all queries of the edit, and the edit is lifted off; once it
   * is off all its rows, it is done. That a row is gone may mean from this channel only: then it settles an edit that removes the row,
   * and says nothing to other queries. An edit that shows nothing waits for its answer: its event may be one of several.
   */
  hear(event: ChannelEvent): void {
    const pending = this.#pending.find(({ requestId }) => `${event.id}.`.startsWith(`${requestId}.`));
    const change = pending && this.#live.read(pending.plan.queryKey, event);
    if (!change) return;
    pending.saved ??= TOLD;
    if (change.row !== null) this.#take(pending, [change]);
    else if (!this.#removes(pending, change.id)) return;
    this.#lift(pending, pending.ids.includes(change.id) ? [change.id] : pending.ids);
    if (pending.ids.length > 0 && pending.shown.rows.size === 0) this.end(pending, pending.saved);
  }

  /** The row with the edits that are under way; undefined: there is none. */
  #shown(queryKey: QueryKey, id: string): unknown {
    const row = this.#live.find(queryKey, id);
    return this.#pending.reduce((made, pending) => this.#made(pending, id, made) ?? undefined, row);
  }

  /** The row as an edit makes it; where that throws, as it is. */
  #made({ shown: { rows, broke } }: Pending, id: string, row: unknown): unknown {
    try {
      const edit = rows.get(id);
      return edit ? edit(row) : row;
    } catch (error) {
      broke(error);
      return row;
    }
  }

  #removes(pending: Pending, id: string): boolean {
    return pending.shown.rows.has(id) && this.#made(pending, id, this.#live.find(pending.plan.queryKey, id)) === null;
  }

  #newPending(plan: Plan): Pending {
    const { queryKey, rows } = plan;
    const requestId = this.#newId();
    const ids = [...rows.keys()];
    let resolve!: Pending["resolve"];
    const done = new Promise<Outcome>((settle) => {
      resolve = settle;
    });
    const broke = (error: unknown) => queueMicrotask(() => this.#break(pending, error));
    const pending: Pending = {
      plan,
      requestId,
      ids,
      versions: new Map(ids.map((id) => [id, this.#live.versionOf(queryKey, id)])),
      shown: { requestId, queryKey, rows, broke },
      saved: null,
      held: false,
      timer: undefined,
      done,
      resolve,
    };
    return pending;
  }

  /** What was shown of it goes. One that was sent has the outcome that the server gives it. */
  #break(pending: Pending, error: unknown): void {
    if (!this.#isUnderWay(pending) || pending.shown.rows.size === 0) return;
    report("an edit", error);
    this.#lift(pending, pending.ids);
    if (pending.timer === undefined) this.end(pending, { status: "refused", error });
  }

  /** What is thrown after the edit has ended is for nobody but the page's report of unhandled rejections. */
  async #perform(pending: Pending, earlier: readonly Pending[]): Promise<void> {
    try {
      await this.#send(pending, earlier);
    } catch (error) {
      if (!this.#isUnderWay(pending)) throw error;
      this.end(pending, { status: "refused", error });
    }
  }

  async #send(pending: Pending, earlier: readonly Pending[]): Promise<void> {
    const { gate } = pending.plan;
    gate?.wait(pending);
    if (earlier.length > 0) {
      const outcomes = await Promise.all(earlier.map(({ done }) => done));
      const lost = outcomes.find(
        ({ status }, index) => status === "conflict" || (status === "refused" && earlier[index]?.held),
      );
      if (lost) return this.end(pending, lost);
    }
    do {
      for (let closed = gate?.wait(pending); closed; closed = gate?.wait(pending)) await closed;
      // Its answer was lost, and its own event came meanwhile.
      if (pending.saved) this.end(pending, pending.saved);
    } while (this.#isUnderWay(pending) && !(await this.#arrives(pending)));
  }

  /** Sends it. False: it did not arrive, and is sent again. */
  async #arrives(pending: Pending): Promise<boolean> {
    const { plan } = pending;
    this.#startTimer(pending);
    let answer: unknown;
    try {
      answer = await plan.send(this.#contextOf(pending));
    } catch (error) {
      // Of an edit that has ended, the outcome was told: an error that comes after it changes nothing.
      if (!this.#isUnderWay(pending)) return true;
      const again = !pending.saved && plan.gate?.failed(pending, error);
      if (again) this.#stopTimer(pending);
      else this.end(pending, pending.saved ?? this.#failed(pending, error));
      return !again;
    }
    if (this.#isUnderWay(pending)) await this.#answered(pending, answer);
    else this.#takeLate(plan, answer);
    return true;
  }

  /** As things are when it is sent: what is heard while its request is under way changes only edits that are not sent. */
  #contextOf({ requestId, ids, versions: held, plan: { queryKey, rows, from } }: Pending): EditContext {
    const before = [...rows.keys()];
    const versions = new Map(ids.map((id) => [id, this.#newest(queryKey, id, from(id)) ?? held.get(id)]));
    const idOf: EditContext["idOf"] = (id) => ids[before.indexOf(String(id))] ?? String(id);
    return { requestId, versionOf: (id) => versions.get(idOf(id)), idOf };
  }

  /** What the reader's own edits have made of a version: what others have done to the row since is not what an edit was made from. */
  #newest(queryKey: QueryKey, id: string, version: number | undefined): number | undefined {
    const next = this.#moved.get(move(queryKey, id, version));
    return next === undefined ? version : this.#newest(queryKey, id, next);
  }

  /** An answer without rows settles what it removes; what else is shown waits until the queries have been fetched again. */
  async #answered(pending: Pending, answer: unknown): Promise<void> {
    const brought = this.#brought(pending.plan, answer);
    const changes = [...(brought ?? []), ...this.#removed(pending)];
    this.#take(pending, changes);
    this.#lift(pending, brought?.length ? pending.ids : changes.map(({ id }) => id));
    const untold = !brought && !pending.saved;
    pending.saved = { status: "saved", answer };
    if (pending.shown.rows.size > 0 || untold) await this.#live.refetch(pending.plan.queryKey);
    this.end(pending, pending.saved);
  }

  /** The rows of an answer; null: it says nothing of rows, or cannot be read. What it is the answer to was saved all the same. */
  #brought({ queryKey, answered }: Plan, answer: unknown): Change<unknown>[] | null {
    try {
      const rows = answered?.(answer as never).map((row) => this.#live.changeTo(queryKey, row));
      return rows?.filter((change) => change !== null) ?? null;
    } catch (error) {
      report("answered", error);
      return null;
    }
  }

  /** Rows of an answer that came after the edit had ended: newer ones may be held, so that those without versions say nothing. */
  #takeLate(plan: Plan, answer: unknown): void {
    const versioned = this.#brought(plan, answer)?.filter(({ version }) => version !== undefined);
    this.#live.take(plan.queryKey, versioned ?? []);
  }

  #startTimer(pending: Pending): void {
    pending.timer = setTimeout(() => this.#expire(pending), pending.plan.timeout);
  }

  #stopTimer(pending: Pending): void {
    clearTimeout(pending.timer);
    pending.timer = undefined;
  }

  /** Its time is up: what is shown of it goes, and what the server holds is fetched, unless that is under way. */
  #expire(pending: Pending): void {
    const { saved, plan } = pending;
    const { queryKey, timeout, gate } = plan;
    const error = new TidingsError("timeout", `no answer within ${timeout} ms: whether it was saved is unknown`);
    if (!saved && gate?.failed(pending, error)) {
      this.#startTimer(pending);
      return;
    }
    this.end(pending, saved ?? { status: "refused", error });
    if (!saved || saved === TOLD) void this.#live.refetch(queryKey);
  }

  /** Rows that the edit, which was saved, removes. */
  #removed(pending: Pending): Change<unknown>[] {
    const { shown, versions, plan } = pending;
    return [...shown.rows.keys()]
      .filter((id) => this.#removes(pending, id) && this.#live.find(plan.queryKey, id) !== undefined)
      .map((id) => ({ id, version: versions.get(id), row: null }));
  }

  #failed(pending: Pending, error: unknown): Outcome {
    const { queryKey, conflict } = pending.plan;
    const found = conflict?.(error as never);
    if (!found) return { status: "refused", error };
    const [id = ""] = pending.ids;
    const gone = { id, version: pending.versions.get(id), row: null };
    const change = found.current === null ? gone : this.#live.changeTo(queryKey, found.current);
    if (change) this.#live.take(queryKey, [change]);
    return { status: "conflict", error, ...found };
  }

  /**
   * Edits of the same rows that are not sent were made knowing of this one: they go by the ids that rows have now which were new, and are
   * sent with the versions that it has brought.
   */
  #take({ ids, plan: { queryKey, from } }: Pending, changes: readonly Change<unknown>[]): void {
    for (const change of changes) this.#remember(queryKey, change, from(change.id));
    const came = changes.filter(({ id, row }) => row && !ids.includes(id));
    const fresh = came[0] ? ids.filter((id) => this.#live.find(queryKey, id) === undefined) : came;
    const names = new Map(fresh.length === came.length ? came.map(({ id }, index) => [fresh[index], id]) : []);
    const renamed = <V>(map: ReadonlyMap<string, V>) =>
      new Map([...map].map(([id, value]) => [names.get(id) ?? id, value]));
    this.#live.take(queryKey, changes);
    for (const each of this.#alike(queryKey)) {
      if (each.timer !== undefined) continue;
      each.versions = renamed(each.versions);
      each.ids = [...each.versions.keys()];
      each.shown = { ...each.shown, rows: renamed(each.shown.rows) };
      for (const { id, version } of changes) {
        if (version !== undefined && each.versions.has(id)) each.versions.set(id, version);
      }
    }
  }

  /** A version that an edit of the reader's has replaced. */
  #remember(queryKey: QueryKey, { id, version = 0 }: Change<unknown>, from: number | undefined): void {
    const before = this.#newest(queryKey, id, from);
    if (before === undefined || version <= before) return;
    if (this.#moved.size >= MOVES) this.#moved.clear();
    this.#moved.set(move(queryKey, id, before), version);
  }

  /** Those of the same kind of rows. */
  #alike([kind]: QueryKey): readonly Pending[] {
    return this.#pending.filter(({ plan }) => plan.queryKey[0] === kind);
  }

  #lift(pending: Pending, ids: readonly string[]): void {
    const rows = new Map([...pending.shown.rows].filter(([id]) => !ids.includes(id)));
    if (rows.size === pending.shown.rows.size) return;
    pending.shown = { ...pending.shown, rows };
    this.#live.edited();
  }

  #isUnderWay(pending: Pending): boolean {
    return this.#pending.includes(pending);
  }

  /** What became of it; the first end counts. Nothing that was sent can be called back. */
  end(pending: Pending, outcome: Outcome): void {
    if (!this.#isUnderWay(pending)) return;
    this.#stopTimer(pending);
    this.#change(this.#pending.filter((each) => each !== pending));
    pending.resolve(outcome);
  }

  #change(pending: readonly Pending[]): void {
    this.#pending = pending;
    this.#live.edited();
  }
}

const move = ([kind]: QueryKey, id: string, version: number | undefined) => `${version} ${kind} ${id}`;

/** Saved, as its own event says. */
const TOLD: Outcome = { status: "saved", answer: undefined };
