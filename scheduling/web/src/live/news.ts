import { useEffect, useRef } from "react";
import { type Changes, differences, merge, type Row, type RowChange } from "./changes";

/** Milliseconds of quiet after which changes are told together, and the longest that the first of them waits. */
const QUIET = 700;
const LONGEST = 4_000;

export interface Listener<R> {
  /** The reader's own doing, or nothing to them: not told. */
  readonly ignores: (change: RowChange<R>, id: number) => boolean;
  /** Hears of each change at once. */
  readonly mark?: (ids: readonly number[]) => void;
  /** Hears of all changes of a burst together. */
  readonly tell: (changes: Changes<R>) => void;
}

/** Changes that wait to be told together. */
class Burst<R extends Row> {
  #changes: Changes<R> = new Map();
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(changes: Changes<R>, tell: (changes: Changes<R>) => void): void {
    if (this.#changes.size === 0) this.#since = Date.now();
    this.#changes = merge(this.#changes, changes);
    clearTimeout(this.#timer);
    const left = Math.max(0, this.#since + LONGEST - Date.now());
    this.#timer = setTimeout(
      () => {
        const told = this.#changes;
        this.#changes = new Map();
        if (told.size > 0) tell(told);
      },
      Math.min(QUIET, left),
    );
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#changes = new Map();
  }
}

/**
 * Watches rows on the screen and tells what others changed, once for each burst. Another set of rows (`scope`: another
 * week) is not a change.
 */
export function useNews<R extends Row>(
  rows: ReadonlyMap<number, R> | undefined,
  scope: string,
  listener: Listener<R>,
): void {
  const seen = useRef<{ scope: string; rows: ReadonlyMap<number, R> } | null>(null);
  const burst = useRef(new Burst<R>());
  const newest = useRef(listener);

  useEffect(() => {
    newest.current = listener;
  });

  useEffect(() => () => burst.current.drop(), []);

  useEffect(() => {
    if (!rows) return;
    const before = seen.current?.scope === scope ? seen.current.rows : rows;
    seen.current = { scope, rows };
    const { ignores, mark } = newest.current;
    const changes = new Map([...differences(before, rows)].filter(([id, change]) => !ignores(change, id)));
    if (changes.size === 0) return;
    mark?.([...changes.keys()]);
    burst.current.add(changes, (all) => newest.current.tell(all));
  }, [rows, scope]);
}
