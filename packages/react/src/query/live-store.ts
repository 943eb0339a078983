/** All that is live on a page: its queries, the channels that feed them, the edits that lie over them. */
import {
  CancelledError,
  hashKey,
  partialMatchKey,
  type QueryCacheNotifyEvent,
  type QueryClient,
  type QueryKey,
} from "@tanstack/react-query";
import type { Channel, ChannelEvent, WebSocketClient } from "@tidings/client";
import { type Edit, Edits, type LiveRows } from "./edits.js";
import { Feed } from "./feed.js";
import { LiveQuery, type LiveQueryOptions, type Surroundings } from "./live-query.js";
import { report } from "./report.js";
import { type Change, changeTo } from "./rows.js";

/** Milliseconds after which persisted queries are written, all at once: on one channel they then have one position. */
const SAVE = 1_000;

export class LiveStore implements Surroundings, LiveRows {
  readonly queries: QueryClient;
  readonly edits: Edits;
  readonly client: WebSocketClient;
  /** Called when the state of a query or an edit has changed. */
  readonly listeners = new Set<() => void>();
  readonly #live = new Map<string, LiveQuery>();
  readonly #feeds = new Map<string, Feed>();
  #saving: ReturnType<typeof setTimeout> | undefined;
  #full = false;

  constructor(queries: QueryClient, client: WebSocketClient) {
    this.queries = queries;
    this.client = client;
    this.edits = new Edits(this, randomId);
    queries.getQueryCache().subscribe((event) => {
      const live = this.#live.get(event.query.queryHash);
      if (!live) return;
      if (event.type === "removed") this.#forget(event.query.queryHash, live);
      else if (event.type === "updated") tell(live, event);
    });
  }

  /** The live query of a key; made when there is none. */
  query(options: LiveQueryOptions, channels: readonly Channel[]): LiveQuery {
    const hash = hashKey(options.queryKey);
    const found = this.#live.get(hash);
    if (found) return found;
    const made = new LiveQuery(this, hash, options, channels);
    this.#live.set(hash, made);
    return made;
  }

  feed(channel: Channel): Feed {
    const found = this.#feeds.get(channel.name);
    if (found) return found;
    const made = new Feed(this.client, channel, (event) => this.edits.hear(event));
    this.#feeds.set(channel.name, made);
    return made;
  }

  editsOf(queryKey: QueryKey): readonly Edit[] {
    return this.edits.list.filter((edit) => partialMatchKey(queryKey, edit.queryKey));
  }

  /** Of several that hold it, the newest. */
  find(queryKey: QueryKey, id: string): unknown {
    let newest: unknown;
    let version = -1;
    for (const live of this.under(queryKey)) {
      const row = live.held(id);
      const held = row === undefined ? -1 : (live.rules.version(row) ?? 0);
      if (held > version) [newest, version] = [row, held];
    }
    return newest;
  }

  versionOf(queryKey: QueryKey, id: string): number | undefined {
    const row = this.find(queryKey, id);
    return row === undefined ? undefined : this.under(queryKey)[0]?.rules.version(row);
  }

  read(queryKey: QueryKey, event: ChannelEvent): Change<unknown> | null {
    for (const live of this.under(queryKey)) {
      const change = live.listensTo(event.channel) && live.read(event);
      if (change) return change;
    }
    return null;
  }

  take(queryKey: QueryKey, changes: readonly Change<unknown>[]): void {
    for (const live of this.under(queryKey)) {
      for (const change of changes) live.change(change);
    }
  }

  changeTo(queryKey: QueryKey, row: unknown): Change<unknown> | null {
    const [live] = this.under(queryKey);
    return live ? changeTo(row, live.rules) : null;
  }

  async refetch(queryKey: QueryKey): Promise<void> {
    await this.queries.refetchQueries({
      queryKey,
      type: "active",
      predicate: (query) => this.#live.has(query.queryHash),
    });
  }

  edited(): void {
    for (const live of this.#live.values()) live.refresh();
    this.changed();
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }

  /** Whether a query of the cache is live, and so looks after itself. */
  has(hash: string): boolean {
    return this.#live.has(hash);
  }

  saveSoon(): void {
    if (this.#saving || ![...this.#live.values()].some(({ options }) => options.persist)) return;
    this.#saving = setTimeout(this.#save, SAVE);
    globalThis.window?.addEventListener("pagehide", this.#save);
  }

  readonly #save = (): void => {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    globalThis.window?.removeEventListener("pagehide", this.#save);
    for (const live of this.#live.values()) {
      try {
        live.save();
      } catch (error) {
        // A full storage harms nothing on the screen.
        if (!this.#full) report("persist", error);
        this.#full = true;
      }
    }
  };

  #forget(hash: string, live: LiveQuery): void {
    this.#live.delete(hash);
    live.end();
    for (const [name, feed] of this.#feeds) {
      if (feed.listeners.size === 0 && !feed.followed) this.#feeds.delete(name);
    }
  }

  under(queryKey: QueryKey): LiveQuery[] {
    return [...this.#live.values()].filter(({ options }) => partialMatchKey(options.queryKey, queryKey));
  }
}

/** Tells a live query what became of its fetch. TanStack Query puts back the state of before where it cancels with `revert`. */
function tell(live: LiveQuery, { action, query }: Extract<QueryCacheNotifyEvent, { type: "updated" }>): void {
  const idle = query.state.fetchStatus === "idle";
  if (action.type === "success" && !action.manual) live.landed();
  else if (action.type === "error") live.gaveUp(action.error instanceof CancelledError ? "cancelled" : "spent");
  else if (action.type === "setState" && idle) live.gaveUp("cancelled");
}

/** 128 random bits as 32 hexadecimal digits; `crypto.randomUUID` is missing on pages without TLS. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const stores = new WeakMap<QueryClient, WeakMap<WebSocketClient, LiveStore>>();

/** The one store of a query client on a connection. */
export function liveStore(queries: QueryClient, client: WebSocketClient): LiveStore {
  const found = stores.get(queries)?.get(client);
  if (found) return found;
  const made = new LiveStore(queries, client);
  const known = stores.get(queries) ?? new WeakMap<WebSocketClient, LiveStore>();
  stores.set(queries, known.set(client, made));
  return made;
}
