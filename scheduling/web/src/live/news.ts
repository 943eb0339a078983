import { useEffect, useRef, useState } from "react";
import { type Changes, differences, merge, type Row, type RowChange } from "./changes";

/** Milliseconds of quiet after which changes are told together, and the longest that the first of them waits. */
const QUIET = 700;
const LONGEST = 4_000;
/** How long a changed row counts as fresh. */
const FRESH = 4_000;

export interface Listener<R> {
  /** The reader's own doing, or nothing to them: not told. */
  readonly ignores: (change: RowChange<R>, id: number) => boolean;
  readonly tell: (changes: Changes<R>) => void;
}

/**
 * Watches rows on the screen and tells what others changed, once for each burst. Returns the ids that changed a moment
 * ago. Another set of rows (`scope`: another week) is not a change.
 */
export function useNews<R extends Row>(
  rows: ReadonlyMap<number, R> | undefined,
  scope: string,
  { ignores, tell }: Listener<R>,
): ReadonlySet<number> {
  const seen = useRef<{ scope: string; rows: ReadonlyMap<number, R> } | null>(null);
  const waiting = useRef<{ changes: Changes<R>; since: number }>({ changes: new Map(), since: 0 });
  const newest = useRef({ ignores, tell });
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const [round, setRound] = useState(0);

  useEffect(() => {
    newest.current = { ignores, tell };
  });

  useEffect(() => {
    if (!rows) return;
    const before = seen.current?.scope === scope ? seen.current.rows : rows;
    seen.current = { scope, rows };
    const all = [...differences(before, rows)];
    const changes = new Map(all.filter(([id, change]) => !newest.current.ignores(change, id)));
    if (changes.size === 0) return;
    const { changes: earlier, since } = waiting.current;
    waiting.current = { changes: merge(earlier, changes), since: earlier.size > 0 ? since : Date.now() };
    setFresh((ids) => new Set([...ids, ...changes.keys()]));
    setRound((number) => number + 1);
  }, [rows, scope]);

  useEffect(() => {
    if (round === 0) return;
    const left = Math.max(0, waiting.current.since + LONGEST - Date.now());
    const telling = setTimeout(
      () => {
        newest.current.tell(waiting.current.changes);
        waiting.current = { changes: new Map(), since: 0 };
      },
      Math.min(QUIET, left),
    );
    const fading = setTimeout(() => setFresh(new Set()), FRESH);
    return () => {
      clearTimeout(telling);
      clearTimeout(fading);
    };
  }, [round]);

  return fresh;
}
