/**
 * One query of the cache, kept equal to the database: its channels are entered first, then it is fetched, and what is heard
 * meanwhile is held back and applied on top of the answer. When it is fetched is decided in `./phases.ts`.
 */
import type { QueryClient, QueryFunctionContext, QueryKey } from "@tanstack/react-query";
import type { Channel, ChannelEvent, Position } from "@tidings/client";
import type { Edit } from "./edits.js";
import type { Feed, Listener } from "./feed.js";
import { BURST, JITTER } from "./pacing.js";
import { type Entry, type EntryStorage, read, remove, removeOf, write } from "./persistence.js";
import { isWhole, type Occurrence, type Phase, step, type Task } from "./phases.js";
import { apply, type Change, install, note, place, type RowRules, Versions } from "./rows.js";

/** What `useLiveQuery` was given, types left out. */
export interface LiveQueryOptions {
  readonly queryKey: QueryKey;
  readonly queryFn: (context: QueryFunctionContext) => unknown;
  readonly row?: ((event: never) => unknown) | undefined;
  readonly id?: ((row: never) => string | number) | undefined;
  readonly version?: ((row: never) => number | undefined) | undefined;
  readonly matches?: ((row: never, queryKey: QueryKey) => boolean) | undefined;
  readonly sort?: ((a: never, b: never) => number) | undefined;
  readonly rows?: ((data: never) => readonly unknown[]) | undefined;
  readonly withRows?: ((data: never, rows: never) => unknown) | undefined;
  readonly persist?: EntryStorage | undefined;
  readonly random?: (() => number) | undefined;
}

export type LiveStatus = "loading" | "live" | "catching-up" | "offline" | "refused";

export interface LiveState {
  readonly status: LiveStatus;
  readonly reason: string | undefined;
  readonly asOf: number | null;
  readonly error: Error | null;
  /** The query may be fetched: its channels are entered, or it is known that they cannot be. */
  readonly ready: boolean;
  readonly edits: readonly Edit[];
}

/** What a live query needs of the page. */
export interface Surroundings {
  readonly queries: QueryClient;
  feed(channel: Channel): Feed;
  editsOf(queryKey: QueryKey): readonly Edit[];
  /** The row as a live query under this key holds it. */
  find(queryKey: QueryKey, id: string): unknown;
  /** Writes the persisted queries down soon. */
  saveSoon(): void;
  /** The state of a query has changed. */
  changed(): void;
}

/** A fetch under way. */
interface Attempt {
  readonly heard: Map<string, Change<unknown>>;
  readonly at: number;
}

export const NOT_YET: LiveState = {
  status: "loading",
  reason: undefined,
  asOf: null,
  error: null,
  ready: false,
  edits: [],
};

/** How long a first fetch waits for its channels to be entered. */
const PATIENCE = 3_000;
const WAITING: ReadonlySet<string> = new Set(["idle", "connecting"]);

export class LiveQuery implements Listener {
  /** Those of the newest render. */
  options: LiveQueryOptions;
  readonly #around: Surroundings;
  readonly #hash: string;
  readonly #listeners = new Set<() => void>();
  #channels = "";
  #feeds: readonly Feed[] = [];
  #phase: Phase = "behind";
  /** The newest, until it has landed or is given up. */
  #attempt: Attempt | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The wait is by chance. */
  #jittered = false;
  /** The channels were waited for long enough. */
  #impatient = false;
  #error: Error | null = null;
  #asOf: number | null = null;
  #versions = new Versions();
  #restored: Entry | null = null;
  #state = NOT_YET;

  constructor(around: Surroundings, hash: string, options: LiveQueryOptions, channels: readonly Channel[]) {
    this.#around = around;
    this.#hash = hash;
    this.options = options;
    if (this.#data() === undefined) this.#restore(channels);
  }

  /** Rows that were persisted with the positions from which their channels go on; undefined when there are none. */
  get initialData(): unknown {
    return this.#restored?.data;
  }

  readonly state = (): LiveState => this.#state;

  /** Follows the channels and tells `listener` of each new state. Returns the undo. */
  hold(channels: readonly Channel[], listener: () => void): () => void {
    if (this.#listeners.size === 0) this.#impatient = false;
    this.#listeners.add(listener);
    const feeds = this.#attach(channels);
    const releases = feeds.map((feed, index) => feed.hold(this.#positionOf(channels[index])));
    this.#checkRestored();
    const impatience = setTimeout(() => {
      this.#impatient = true;
      this.refresh();
    }, PATIENCE);
    this.refresh();
    return () => {
      clearTimeout(impatience);
      this.#listeners.delete(listener);
      for (const release of releases) release();
    };
  }

  /** Forgets what it was about: the query is no longer cached. */
  end(): void {
    clearTimeout(this.#timer);
    for (const feed of this.#feeds) feed.listeners.delete(this);
  }

  listensTo(name: string): boolean {
    return this.#feeds.some((feed) => feed.name === name);
  }

  /** The query function, as TanStack Query calls it: once for each attempt. */
  readonly fetch = async (context: QueryFunctionContext): Promise<unknown> => {
    const attempt: Attempt = { heard: new Map(), at: Date.now() };
    this.#attempt = attempt;
    this.#restored = null;
    this.#happens(this.#anchored() ? "began" : "began-early");
    try {
      const fetched = await this.options.queryFn(context);
      // Of an attempt that was given up, nobody takes the answer.
      return this.#attempt === attempt ? this.#install(fetched, attempt) : fetched;
    } catch (error) {
      if (this.#attempt === attempt) this.#failed(error);
      throw error;
    }
  };

  /** A fetch came to an end, and its data is cached. What was heard since it was merged is applied now. */
  landed(): void {
    const attempt = this.#attempt;
    this.#attempt = null;
    this.#error = null;
    this.#asOf = attempt?.at ?? this.#asOf;
    if (attempt) this.#update((rows) => this.#over(rows, attempt.heard));
    this.#happens("landed");
    this.refresh();
    if (this.#anchored()) this.catchUp();
    this.#around.saveSoon();
  }

  /** A fetch came to an end without data, perhaps before it began: it is not tried again, or was cancelled. */
  gaveUp(how: "spent" | "cancelled"): void {
    this.#attempt = null;
    this.#restored = null;
    this.#happens(how);
  }

  /** Fetches if what is cached is known to be old, and somebody looks at it. */
  catchUp(): void {
    if (this.#data() === undefined || !this.#state.ready || this.#restored) return;
    this.#happens(this.#anchored() ? "entered" : "seen");
  }

  /** A channel's status changed. */
  fed(): void {
    if (this.#feeds.some(({ followed }) => !followed)) this.#happens("left");
    this.refresh();
    if (this.#anchored()) this.catchUp();
  }

  /** Events were missed: fetched again, after a chance wait. Without the right to a channel, nothing is shown until then. */
  reset(withdrawn: string | null): void {
    this.#versions.clear();
    // Versions that a fetch under way has heard may be of a log that was rolled back.
    this.#attempt?.heard.clear();
    const { persist, queryKey } = this.options;
    if (persist) remove(persist, this.#hash);
    if (withdrawn !== null) {
      if (persist) removeOf(persist, withdrawn);
      const drop = () => this.#update(() => []);
      drop();
      // A fetch under way may bring the rows of before, and its end puts back what it found.
      void this.#around.queries.cancelQueries({ queryKey, exact: true }).then(drop);
    }
    this.#happens("reset");
  }

  hear(event: ChannelEvent): void {
    try {
      const change = this.read(event);
      if (change === undefined) return;
      if (change) this.change(change);
      if (!change || !this.options.matches) this.#happens("hinted");
    } catch (error) {
      this.#happens("hinted");
      throw error;
    }
    this.#around.saveSoon();
  }

  /** What the event says of a row: undefined when it is not about this query, null when only a fetch can tell. */
  read(event: ChannelEvent): Change<unknown> | null | undefined {
    const { row = rowOfKind } = this.options;
    const told = row(event as never);
    if (told === undefined) return this.options.row ? undefined : null;
    const { id, version } = this.rules;
    const known = told === null ? event.key?.slice(event.key.indexOf(":") + 1) : id(told);
    if (known === undefined) return null;
    return {
      id: known,
      version: (told === null ? undefined : version(told)) ?? event.version,
      row: told,
      channel: event.channel,
    };
  }

  /** Applies a change to what is cached and to the fetch that is under way. */
  change(change: Change<unknown>): void {
    const known = this.#versions.get(change.id)?.version;
    if (known !== undefined && change.version !== undefined && change.version < known) return;
    if (this.#attempt) note(this.#attempt.heard, change);
    this.#update((rows) => apply(rows, change, this.rules, this.#versions));
  }

  /** `data` as it will be when the edits are saved. */
  withEdits(data: unknown, edits: readonly Edit[]): unknown {
    if (data === undefined) return data;
    let rows = this.rowsOf(data);
    for (const { queryKey, rows: changes, broke } of edits) {
      for (const [id, edit] of changes) {
        const held = rows.find((row) => this.rules.id(row) === id);
        try {
          rows = place(rows, id, edit(held ?? this.#around.find(queryKey, id)), this.rules);
        } catch (error) {
          broke(error);
        }
      }
    }
    return this.#withRows(data, rows);
  }

  /** The row that is cached under this id. */
  held(id: string): unknown {
    const data = this.#data();
    return data === undefined ? undefined : this.rowsOf(data).find((row) => this.rules.id(row) === id);
  }

  get rules(): RowRules<unknown> {
    const { queryKey, id, version, matches, sort } = this.options;
    return {
      id: (row) => String(id ? id(row as never) : idOf(row, queryKey)),
      version: (row) => (version ? version(row as never) : versionOf(row)),
      matches: matches && ((row) => matches(row as never, queryKey)),
      sort: sort as RowRules<unknown>["sort"],
    };
  }

  /** Writes rows and positions down together, if they belong together. */
  save(): void {
    const { persist } = this.options;
    const data = this.#data();
    if (!persist || data === undefined || this.#phase !== "whole") return;
    const positions = Object.fromEntries(this.#feeds.map((feed) => [feed.name, feed.position]));
    if (Object.values(positions).includes(null)) return;
    write(persist, this.#hash, { at: Date.now(), positions, data, versions: this.#versions.entries() } as Entry);
  }

  rowsOf(data: unknown): readonly unknown[] {
    const rows = this.options.rows ? this.options.rows(data as never) : data;
    if (Array.isArray(rows)) return rows;
    throw new TypeError(`${JSON.stringify(this.options.queryKey)}: the data is no list; give rows and withRows`);
  }

  #withRows(data: unknown, rows: readonly unknown[]): unknown {
    if (rows === this.rowsOf(data)) return data;
    return this.options.withRows ? this.options.withRows(data as never, rows as never) : rows;
  }

  #data(): unknown {
    return this.#around.queries.getQueryData(this.options.queryKey);
  }

  #attach(channels: readonly Channel[]): readonly Feed[] {
    const names = channels.map(({ name }) => name).join(" ");
    if (names === this.#channels) return this.#feeds;
    if (this.#channels) this.#happens("left");
    for (const feed of this.#feeds) feed.listeners.delete(this);
    this.#channels = names;
    this.#feeds = channels.map((channel) => this.#around.feed(channel));
    for (const feed of this.#feeds) feed.listeners.add(this);
    return this.#feeds;
  }

  #update(change: (rows: readonly unknown[]) => readonly unknown[]): void {
    const data = this.#data();
    if (data === undefined) return;
    const next = this.#withRows(data, change(this.rowsOf(data)));
    if (next !== data) this.#around.queries.setQueryData(this.options.queryKey, next);
  }

  #anchored(): boolean {
    return this.#feeds.length > 0 && this.#feeds.every(({ position }) => position !== null);
  }

  #install(fetched: unknown, { heard }: Attempt): unknown {
    const before = this.#data();
    const held = before === undefined ? [] : this.rowsOf(before);
    const rows = install(held, this.rowsOf(fetched), this.rules, this.#versions);
    return this.#withRows(fetched, this.#over(rows, heard));
  }

  /** A snapshot and, over it, what was heard since its fetch began: its versions were noted for the rows that it replaces. */
  #over(snapshot: readonly unknown[], heard: Attempt["heard"]): readonly unknown[] {
    for (const { id } of heard.values()) this.#versions.forget(id);
    let rows = snapshot;
    for (const change of heard.values()) rows = apply(rows, change, this.rules, this.#versions);
    return rows;
  }

  #failed(error: unknown): void {
    if (error instanceof Error && error.name === "AbortError") return;
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.#happens("failed");
    this.refresh();
  }

  #happens(occurrence: Occurrence): void {
    const [phase, task] = step(this.#phase, occurrence);
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.refresh();
    }
    if (task) this.#tasks[task]();
  }

  readonly #tasks: Readonly<Record<Task, () => void>> = {
    burst: () => this.#wait(BURST),
    jitter: () => {
      if (!this.#jittered) this.#stop();
      this.#wait((this.options.random ?? Math.random)() * JITTER);
      this.#jittered = true;
    },
    stop: () => this.#stop(),
    fetch: () => this.#refetch(false),
    "fetch-anew": () => this.#refetch(true),
  };

  #wait(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#stop();
      this.#happens(this.#listeners.size > 0 ? "rang" : "unseen");
    }, milliseconds);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#jittered = false;
  }

  #refetch(cancelRefetch: boolean): void {
    void this.#around.queries.refetchQueries({ queryKey: this.options.queryKey, exact: true }, { cancelRefetch });
  }

  /** Tells what is true now of the channels, the rows and the edits that are under way. */
  refresh(): void {
    const statuses = this.#feeds.map((feed) => feed.status);
    const ready = this.#listeners.size > 0 && (this.#impatient || !statuses.some(({ status }) => WAITING.has(status)));
    const status = this.#statusOf(statuses.map((each) => each.status));
    if (status === "live") this.#asOf = null;
    else if (this.#state.status === "live") this.#asOf = Date.now();
    const reason = statuses.find((each) => each.status === status)?.reason;
    const edits = this.#around.editsOf(this.options.queryKey);
    this.#tell({ status, reason, asOf: this.#asOf, error: this.#error, ready, edits });
  }

  #statusOf(statuses: readonly string[]): LiveStatus {
    if (statuses.includes("refused")) return "refused";
    if (statuses.includes("offline")) return "offline";
    if (this.#data() === undefined) return "loading";
    const live = statuses.length > 0 && statuses.every((status) => status === "live");
    return live && isWhole(this.#phase) ? "live" : "catching-up";
  }

  #tell(state: LiveState): void {
    const known = this.#state.edits;
    const edits = same(known, state.edits) ? known : state.edits;
    const next: LiveState = { ...state, edits };
    if (same(Object.values(next), Object.values(this.#state))) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener();
    this.#around.changed();
  }

  #restore(channels: readonly Channel[]): void {
    const { persist } = this.options;
    const entry = persist && read(persist, this.#hash, Date.now());
    if (!entry || channels.some(({ name }) => !Object.hasOwn(entry.positions, name))) return;
    try {
      const { id, matches } = this.rules;
      for (const row of this.rowsOf(entry.data)) {
        id(row);
        matches?.(row);
      }
    } catch {
      // What an older page has kept may not be such as this one knows.
      remove(persist, this.#hash);
      return;
    }
    this.#restored = entry;
    this.#versions = new Versions(entry.versions);
    this.#asOf = entry.at;
    this.#state = { ...NOT_YET, status: "catching-up", asOf: entry.at };
  }

  #positionOf(channel: Channel | undefined): Position | null {
    return (channel && this.#restored?.positions[channel.name]) ?? null;
  }

  /** Both or none: rows that were restored count only if every channel goes on from the position that was kept with them. */
  #checkRestored(): void {
    const restored = this.#restored;
    if (!restored) return;
    this.#restored = null;
    const goOn = this.#feeds.every(({ name, position }) => {
      const kept = restored.positions[name];
      return kept && position?.epoch === kept.epoch && position.offset === kept.offset && position.id === kept.id;
    });
    if (goOn) this.#happens("restored");
  }
}

function same(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index]);
}

/** The row that a payload holds under the name of its kind: `schedule` for the key "schedule:7". */
function rowOfKind({ key, payload }: ChannelEvent): unknown {
  const kind = key?.split(":", 1)[0];
  const row = kind === undefined ? undefined : (payload as Readonly<Record<string, unknown>>)[kind];
  return typeof row === "object" && row !== null ? row : undefined;
}

function idOf(row: unknown, queryKey: QueryKey): string | number {
  const { id } = row as { readonly id?: unknown };
  if (typeof id === "string" || typeof id === "number") return id;
  throw new TypeError(`${JSON.stringify(queryKey)}: a row has no id; give id`);
}

function versionOf(row: unknown): number | undefined {
  const { version } = row as { readonly version?: unknown };
  return typeof version === "number" ? version : undefined;
}
