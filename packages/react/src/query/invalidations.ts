/** Queries that are to be fetched again, gathered, so that a burst of events is one fetch. */
import { hashKey, type Query, type QueryClient, type QueryKey } from "@tanstack/react-query";
import { BURST, JITTER } from "./pacing.js";

export class Invalidations {
  readonly #queries: QueryClient;
  /** Queries that look after themselves. */
  readonly #except: (query: Query) => boolean;
  readonly #keys = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #allTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(queries: QueryClient, except: (query: Query) => boolean) {
    this.#queries = queries;
    this.#except = except;
  }

  /** These are fetched again soon, also when whoever asked for it is gone. */
  add(keys: readonly QueryKey[]): void {
    for (const key of keys) this.#keys.set(hashKey(key), key);
    if (this.#keys.size > 0) this.#timer ??= setTimeout(() => this.#flush(), BURST);
  }

  /** These, or without a list all, are fetched again within two seconds. */
  addAll(keys: readonly QueryKey[] | undefined, random: () => number): void {
    this.#allTimer ??= setTimeout(() => {
      this.#allTimer = undefined;
      this.now(keys);
    }, random() * JITTER);
  }

  /** One that is being fetched has its turn afterwards: it may have read too early. */
  now(keys: readonly QueryKey[] = [[]]): void {
    const predicate = (query: Query) => !this.#except(query);
    const found = new Set(keys.flatMap((queryKey) => this.#queries.getQueryCache().findAll({ queryKey, predicate })));
    const busy = [...found].filter(({ state }) => state.fetchStatus === "fetching");
    for (const query of busy) found.delete(query);
    for (const { queryKey } of found) void this.#queries.invalidateQueries({ queryKey, exact: true });
    this.add(busy.map(({ queryKey }) => queryKey));
  }

  #flush(): void {
    this.#timer = undefined;
    const keys = [...this.#keys.values()];
    this.#keys.clear();
    this.now(keys);
  }
}
