/** Which shifts other managers are editing. Only the cards of those shifts are drawn anew, whatever the size of the week. */
import type { PresentUser } from "@tidings/react/presence";
import type { Looking } from "../live.gen";
import { RowListeners } from "./row-listeners";

const NOBODY: readonly number[] = [];

/** By shift: who edits it, as numbers of staff. */
export function editorsOf(users: readonly PresentUser<Looking>[]): ReadonlyMap<number, readonly number[]> {
  const editors = new Map<number, number[]>();
  for (const { user_id, metadata } of users) {
    for (const shift of new Set(metadata.map(({ editing }) => editing ?? null))) {
      if (shift !== null) editors.set(shift, [...(editors.get(shift) ?? []), Number(user_id)]);
    }
  }
  return editors;
}

export class Editing {
  #editors: ReadonlyMap<number, readonly number[]> = new Map();
  readonly #listeners = new RowListeners();

  /** Who edits the shift: the same array until it is another. */
  of(shift: number): readonly number[] {
    return this.#editors.get(shift) ?? NOBODY;
  }

  /** In place of all that was known. Tells the shifts whose editors are others now. */
  take(editors: ReadonlyMap<number, readonly number[]>): void {
    const before = this.#editors;
    const kept = [...editors].map(([shift, now]) => {
      const known = before.get(shift);
      return [shift, known?.join() === now.join() ? known : now] as const;
    });
    this.#editors = new Map(kept);
    const shifts = new Set([...before.keys(), ...editors.keys()]);
    this.#listeners.tell([...shifts].filter((shift) => before.get(shift) !== this.#editors.get(shift)));
  }

  /** Calls `listener` when others edit the shift, or do no longer. Returns the undo. */
  listen(shift: number, listener: () => void): () => void {
    return this.#listeners.add(shift, listener);
  }
}
