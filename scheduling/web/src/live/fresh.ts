/** Which rows somebody else changed a moment ago. Only the cards of those rows are drawn anew, whatever the size of the week. */
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import { RowListeners } from "./row-listeners";

/** How long a changed row counts as fresh, in milliseconds. */
const FRESH = 4_000;

export class Fresh {
  /** By id: the marking that it counts as fresh by. */
  readonly #marks = new Map<number, symbol>();
  readonly #listeners = new RowListeners();

  has(id: number): boolean {
    return this.#marks.has(id);
  }

  /** Counts these rows as fresh, from now on for a while. What was marked together fades together, and is drawn once. */
  mark(ids: Iterable<number>): void {
    const [mark, marked] = [Symbol(), [...ids]];
    for (const id of marked) this.#marks.set(id, mark);
    setTimeout(() => {
      const faded = marked.filter((id) => this.#marks.get(id) === mark);
      for (const id of faded) this.#marks.delete(id);
      this.#listeners.tell(faded);
    }, FRESH);
    this.#listeners.tell(marked);
  }

  /** Calls `listener` when the row becomes fresh or ceases to be. Returns the undo. */
  listen(id: number, listener: () => void): () => void {
    return this.#listeners.add(id, listener);
  }
}

export const FreshContext = createContext(new Fresh());

/** Whether somebody else changed this row a moment ago. */
export function useFresh(id: number): boolean {
  const fresh = useContext(FreshContext);
  const listen = useCallback((changed: () => void) => fresh.listen(id, changed), [fresh, id]);
  return useSyncExternalStore(listen, () => fresh.has(id));
}

/** The first of these rows that somebody else changed a moment ago; null when none was. `ids` keeps its identity while it is the same. */
export function useAnyFresh(ids: readonly number[]): number | null {
  const fresh = useContext(FreshContext);
  const listen = useCallback(
    (changed: () => void) => {
      const undo = ids.map((id) => fresh.listen(id, changed));
      return () => {
        for (const each of undo) each();
      };
    },
    [fresh, ids],
  );
  return useSyncExternalStore(listen, () => ids.find((id) => fresh.has(id)) ?? null);
}
