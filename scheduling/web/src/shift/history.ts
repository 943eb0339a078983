/** What this page has changed, newest last, so that it can be undone. */
import { createContext } from "react";
import type { Schedule } from "../api/types";
import type { RowChange } from "../live/changes";
import { OwnEvents } from "./own-events";

/** Shifts before and after one change; null where they did not or do not exist. */
export type Rows = readonly RowChange<Schedule>[];

export type DeedKind = "create" | "change" | "delete" | "publish" | "move" | "copy" | "import";

/** A change that was sent. */
export interface Deed {
  readonly number: number;
  readonly kind: DeedKind;
  /** Resolves once it is known what came of it. */
  readonly done: Promise<void>;
}

/** A change on its way. */
export interface Waiting {
  /** What it is meant to do. */
  readonly rows: Rows;
  /** Set while it could not be sent: drops it, if it never was. False: it may have arrived. */
  withdraw: (() => boolean) | null;
}

interface Kept extends Deed {
  /** What it did, kept up with what was undone since; read when it is first asked for. Null: not known yet. */
  rows: (() => Rows) | null;
  readonly waiting: Waiting | null;
}

/** What takes rows back to how they were. */
export function inverse(rows: Rows): Rows {
  return rows.map(({ before, after }) => ({
    before: after,
    after: before && after ? { ...before, id: after.id } : before,
  }));
}

/** The shift that stands in a change's place after it was undone. */
interface Restored {
  /** As it was before the change. */
  readonly was: Schedule;
  /** As the server has it now: with a new version, and with a new number if it had been deleted. */
  readonly now: Schedule;
}

const LIMIT = 100;

/** Reads when it is first asked, and says the same from then on. */
function once(read: () => Rows): () => Rows {
  let rows: Rows | null = null;
  return () => {
    rows ??= read();
    return rows;
  };
}

export class History {
  readonly events = new OwnEvents();
  readonly #limit: number;
  #kept: readonly Kept[] = [];
  #count = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #restored: Promise<unknown> = Promise.resolve();
  readonly #watchers = new Set<(done: DeedKind | "undo") => void>();

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#kept.length;
  }

  /** Calls `watcher` after each change that the server has made, and after each that it has taken back. Returns the undo. */
  watch(watcher: (done: DeedKind | "undo") => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Keeps a change as the newest one, and the oldest no longer when there are too many. Forgets it when it fails. */
  async record<A>(
    kind: DeedKind,
    answer: Promise<A>,
    rowsOf: (answer: A) => Rows,
    waiting: Waiting | null = null,
  ): Promise<A> {
    let settle: () => void = () => {};
    this.#count += 1;
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const kept: Kept = { number: this.#count, kind, done, rows: null, waiting };
    this.#kept = [...this.#kept, kept].slice(-this.#limit);
    try {
      const answered = await answer;
      kept.rows = once(() => rowsOf(answered));
      this.#tell(kind);
      return answered;
    } catch (error) {
      this.#drop(kept);
      throw error;
    } finally {
      settle();
    }
  }

  /** Takes the newest change off, to be undone; null when there is none. */
  pop(): Deed | null {
    const last = this.#kept.at(-1);
    if (last) this.#drop(last);
    return last ?? null;
  }

  /** A change that was taken off could not be undone now: it can be later, in its place. */
  putBack(deed: Deed): void {
    const newer = (each: Kept) => each.number > deed.number;
    this.#kept = [...this.#kept.filter((each) => !newer(each)), deed as Kept, ...this.#kept.filter(newer)];
  }

  /** What a change that was taken off did, once that is known; null when it did nothing. */
  async rowsOf(deed: Deed): Promise<Rows | null> {
    await deed.done;
    const rows = (deed as Kept).rows?.() ?? [];
    return rows.length > 0 ? rows : null;
  }

  /**
   * Drops a change that was taken off and was never sent; gives what it was meant to do. `waits`: it may have arrived, which is known
   * only later. `sent`: it has ended, or is about to.
   */
  dropUnsent(deed: Deed): Rows | "waits" | "sent" {
    const { rows, waiting } = deed as Kept;
    if (rows || !waiting?.withdraw) return "sent";
    return waiting.withdraw() ? waiting.rows : "waits";
  }

  /** Runs what undoes a change when all before it have ended: it has to know what they left. */
  inTurn(undo: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(undo).then(() => this.#restored);
    this.#turn = run.catch(() => {});
    return run.then(() => {});
  }

  /** What undoes a change was sent: its event may come first, but only the answer says what the shifts are now. */
  async restore<A>(answer: Promise<A>, restoredBy: (answer: A) => readonly Restored[]): Promise<A> {
    const followed = answer.then((answered) => this.undone(restoredBy(answered)));
    this.#restored = followed.catch(() => {});
    await followed;
    this.#tell("undo");
    return answer;
  }

  /** What undoes a change cannot be sent now: the next ones do not wait for it, and go by what it will restore. */
  held(restored: readonly Restored[]): void {
    this.#restored = Promise.resolve();
    this.undone(restored);
  }

  /** A change was undone: earlier ones, which left these shifts as they were before it, can be undone in their turn. */
  undone(restored: readonly Restored[]): void {
    const found = (row: Schedule | null) =>
      restored.find(({ was }) => was.id === row?.id && was.version === row.version)?.now ?? row;
    for (const kept of this.#kept) {
      const rows = kept.rows?.().map(({ before, after }) => ({ before, after: found(after) }));
      if (rows) kept.rows = () => rows;
    }
  }

  #tell(done: DeedKind | "undo"): void {
    for (const watcher of this.#watchers) watcher(done);
  }

  #drop(kept: Kept): void {
    this.#kept = this.#kept.filter((each) => each !== kept);
  }
}

/** What this page has changed. */
export const HistoryContext = createContext(new History());
