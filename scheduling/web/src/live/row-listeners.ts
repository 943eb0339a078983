/** Who listens to which rows: what is true of few of many is told to the cards of those rows, and to no others. */
export class RowListeners {
  readonly #listeners = new Map<number, Set<() => void>>();

  /** Calls `listener` when the row is told. Returns the undo. */
  add(id: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  tell(ids: Iterable<number>): void {
    for (const id of ids) for (const listener of this.#listeners.get(id) ?? []) listener();
  }
}
