import type { QueryClient } from "@tanstack/react-query";
import { apply, type Change, install, note, type Replica, type Row } from "./replica";

/** A kind of rows that REST lists and a channel keeps current. Its queries have the keys [name, parameters]. */
export interface Collection<R extends Row, P> {
  readonly name: string;
  /** The query's filter, as the server applies it. */
  readonly belongs: (row: R, parameters: P) => boolean;
}

/** What the query cache holds for each query of a collection. */
export interface Held<R extends Row> {
  readonly replica: Replica<R>;
  /** The channel was subscribed before this was fetched, so that nothing fell between. */
  readonly subscribed: boolean;
}

type Heard = Map<number, Change<Row>>;

/**
 * Whether a collection's channel is listened to: `waiting` until that is known, then `subscribed`, or `unavailable` while
 * there is no connection or no right. Rows are fetched unless it is `waiting`.
 */
export type Feed = "waiting" | "subscribed" | "unavailable";

/**
 * Feeds events into the query cache: each cached query of a collection, and each fetch that is under way. Subscribe first,
 * then `read`: what is heard meanwhile is held back and applied on top of the answer.
 */
export class LiveRows {
  readonly #underWay = new Map<string, Set<Heard>>();
  readonly #feeds = new Map<string, Feed>();
  readonly #listeners = new Set<() => void>();

  readonly #client: QueryClient;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  feedOf(name: string): Feed {
    return this.#feeds.get(name) ?? "waiting";
  }

  /** Tells what became of a collection's channel. Once it is subscribed, what was read without it is fetched anew. */
  setFeed<R extends Row, P>(collection: Collection<R, P>, feed: Feed): void {
    if (this.feedOf(collection.name) === feed) return;
    this.#feeds.set(collection.name, feed);
    for (const listener of this.#listeners) listener();
    if (feed === "subscribed") void this.#refetchUnsubscribed(collection);
  }

  /** Applies a change, from an event or from the answer to one's own request. */
  hear<R extends Row, P>(collection: Collection<R, P>, change: Change<R>): void {
    for (const heard of this.#underWay.get(collection.name) ?? []) note(heard, change);
    for (const query of this.#client.getQueryCache().findAll({ queryKey: [collection.name] })) {
      const parameters = query.queryKey[1] as P;
      this.#client.setQueryData<Held<R>>(query.queryKey, (held) => {
        const replica = held && apply(held.replica, change, (row) => collection.belongs(row, parameters));
        return replica && replica !== held.replica ? { ...held, replica } : held;
      });
    }
  }

  /** Fetches a query's rows. The answer and `hear` meet in one task, so no event can fall between them. */
  async read<R extends Row, P>(
    collection: Collection<R, P>,
    parameters: P,
    fetch: () => Promise<R[]>,
  ): Promise<Held<R>> {
    const subscribed = this.feedOf(collection.name) === "subscribed";
    const heard = new Map<number, Change<R>>();
    const underWay = this.#underWay.get(collection.name) ?? new Set();
    this.#underWay.set(collection.name, underWay.add(heard as Heard));
    try {
      const rows = await fetch();
      const before = this.#client.getQueryData<Held<R>>([collection.name, parameters])?.replica;
      const belongs = (row: R) => collection.belongs(row, parameters);
      return { subscribed, replica: install(before, rows, heard.values(), belongs) };
    } finally {
      underWay.delete(heard as Heard);
    }
  }

  /** After a reset: events were lost, so everything of the collection is fetched anew. */
  refetch<R extends Row, P>(collection: Collection<R, P>): Promise<void> {
    return this.#client.invalidateQueries({ queryKey: [collection.name] });
  }

  #refetchUnsubscribed<R extends Row, P>(collection: Collection<R, P>): Promise<void> {
    return this.#client.invalidateQueries({
      queryKey: [collection.name],
      predicate: (query) => !(query.state.data as Held<R> | undefined)?.subscribed,
    });
  }
}
