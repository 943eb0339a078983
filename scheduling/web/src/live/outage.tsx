import type { ConnectionStatus } from "@tidings/client";
import { useConnection } from "@tidings/react";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

/** How long the page may be without connection before it says so, in milliseconds. */
export const PATIENCE = 3_000;

export interface Outage {
  /** There is no connection, and one is looked for. */
  readonly gone: boolean;
  /** It has been gone for longer than a hiccup, so that the page says so. */
  readonly told: boolean;
  /** When it was lost, in milliseconds since 1970; null while there is one, or before the first. */
  readonly since: number | null;
}

const NONE: Outage = { gone: false, told: false, since: null };
const SOUGHT: ReadonlySet<string> = new Set(["connecting", "offline"]);

const OutageContext = createContext<Outage>(NONE);

/** Whether the page is without connection, and since when. */
export const useOutage = () => useContext(OutageContext);

/** Watches the connection for everything inside. */
export function OutageWatch({ children }: { children: ReactNode }) {
  return <OutageContext value={useOutageOf(useConnection().status)}>{children}</OutageContext>;
}

/** Makes of the connection's states, as they follow one another, what the page tells of them. */
export function useOutageOf(status: ConnectionStatus["status"]): Outage {
  const [met, setMet] = useState(false);
  const [outage, setOutage] = useState(NONE);
  const gone = SOUGHT.has(status);
  if (status === "connected" && !met) setMet(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `met` is read when the connection goes, not followed
  useEffect(() => {
    if (!gone) return setOutage(NONE);
    setOutage({ gone, told: false, since: met ? Date.now() : null });
    const telling = setTimeout(() => setOutage((known) => ({ ...known, told: true })), PATIENCE);
    return () => clearTimeout(telling);
  }, [gone]);

  return outage;
}
