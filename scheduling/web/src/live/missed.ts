import { useEffect, useRef, useState } from "react";
import { type Changes, differences, type Row } from "./changes";
import type { Listener } from "./news";
import type { Outage } from "./outage";

interface Missed<R> {
  /** What others changed while the page was offline; null when it was not, or the reader has seen it. */
  readonly missed: Changes<R> | null;
  readonly dismiss: () => void;
}

/**
 * What others changed in the rows on the screen during an outage that the page told of, known once the rows are current
 * again. Another `scope` (another week) has missed nothing.
 */
export function useMissed<R extends Row>(
  rows: ReadonlyMap<number, R> | undefined,
  scope: string,
  { gone, told }: Pick<Outage, "gone" | "told">,
  current: boolean,
  ignores: Listener<R>["ignores"],
): Missed<R> {
  const known = useRef<{ scope: string; rows: ReadonlyMap<number, R> } | null>(null);
  const wasTold = useRef(false);
  const newest = useRef(ignores);
  const [missed, setMissed] = useState<Changes<R> | null>(null);

  useEffect(() => {
    newest.current = ignores;
  });

  useEffect(() => {
    if (told) wasTold.current = true;
  }, [told]);

  useEffect(() => {
    if (!rows) return;
    if (known.current?.scope !== scope) {
      known.current = { scope, rows };
      wasTold.current = told;
      return setMissed(null);
    }
    if (gone) return setMissed(null);
    if (!current) return;
    const before = known.current.rows;
    known.current = { scope, rows };
    if (!wasTold.current) return;
    wasTold.current = false;
    const changes = [...differences(before, rows)].filter(([id, change]) => !newest.current(change, id));
    if (changes.length > 0) setMissed(new Map(changes));
  }, [rows, scope, gone, told, current]);

  return { missed, dismiss: () => setMissed(null) };
}
