import { useHeldEdits } from "@tidings/react/query/offline";
import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { SCHEDULES } from "./queries";

interface Held {
  /** The shifts whose changes are not sent yet. */
  readonly shifts: ReadonlySet<number>;
  /** Changes that wait to be sent. */
  readonly count: number;
}

const HeldContext = createContext<Held>({ shifts: new Set(), count: 0 });

/** The reader's own changes of shifts that could not be sent so far. */
export const useHeld = () => useContext(HeldContext);

/** Watches them for everything inside. They end with the page: the browser asks before it is left. */
export function HeldWatch({ children }: { children: ReactNode }) {
  const edits = useHeldEdits(SCHEDULES);
  const held = useMemo(() => {
    const shifts = new Set(edits.flatMap(({ ids }) => ids.map(Number)));
    return { shifts, count: edits.length };
  }, [edits]);
  const waits = held.count > 0;

  useEffect(() => {
    if (!waits) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [waits]);

  return <HeldContext value={held}>{children}</HeldContext>;
}
