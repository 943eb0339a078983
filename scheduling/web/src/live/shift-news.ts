import { useEffect, useRef, useState } from "react";
import type { Schedule } from "../api/types";
import { byOthers, differences, merge, type ShiftChanges } from "./announcements";

/** Milliseconds of quiet after which changes are told together, and the longest that the first of them waits. */
const QUIET = 700;
const LONGEST = 4_000;
/** How long a changed card stays marked. */
const FRESH = 4_000;

const NOTHING: ShiftChanges = new Map();

export interface News {
  readonly me: number;
  /** Ids that this page has just deleted: they are told to nobody. An id is taken out once it is gone. */
  readonly ownDeletes: Set<number>;
  readonly tell: (changes: ShiftChanges) => void;
}

/**
 * Watches the shifts on the screen and tells what others changed, once for each burst. Returns the ids that changed a
 * moment ago. Another set of shifts (`scope`: another week) is not a change.
 */
export function useShiftNews(
  shifts: ReadonlyMap<number, Schedule> | undefined,
  scope: string,
  { me, ownDeletes, tell }: News,
): ReadonlySet<number> {
  const seen = useRef<{ scope: string; shifts: ReadonlyMap<number, Schedule> } | null>(null);
  const waiting = useRef<{ changes: ShiftChanges; since: number }>({ changes: NOTHING, since: 0 });
  const telling = useRef(tell);
  const [fresh, setFresh] = useState<ReadonlySet<number>>(new Set());
  const [round, setRound] = useState(0);

  useEffect(() => {
    telling.current = tell;
  }, [tell]);

  useEffect(() => {
    if (!shifts) return;
    const before = seen.current?.scope === scope ? seen.current.shifts : shifts;
    seen.current = { scope, shifts };
    const changes = byOthers(differences(before, shifts), me, ownDeletes);
    for (const id of ownDeletes) if (!shifts.has(id)) ownDeletes.delete(id);
    if (changes.size === 0) return;
    const { changes: earlier, since } = waiting.current;
    waiting.current = { changes: merge(earlier, changes), since: earlier.size > 0 ? since : Date.now() };
    setFresh((ids) => new Set([...ids, ...changes.keys()]));
    setRound((number) => number + 1);
  }, [shifts, scope, me, ownDeletes]);

  useEffect(() => {
    if (round === 0) return;
    const left = Math.max(0, waiting.current.since + LONGEST - Date.now());
    const telltale = setTimeout(
      () => {
        telling.current(waiting.current.changes);
        waiting.current = { changes: NOTHING, since: 0 };
      },
      Math.min(QUIET, left),
    );
    const fade = setTimeout(() => setFresh(new Set()), FRESH);
    return () => {
      clearTimeout(telltale);
      clearTimeout(fade);
    };
  }, [round]);

  return fresh;
}
