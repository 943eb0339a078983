import type { ConnectionStatus } from "@tidings/client";
import { useEffect, useRef } from "react";

/**
 * Renews the session when the server has ended a connection that stood: rights have changed, and the event that says so may not
 * have come before the end. Who is still signed in then connects with a new token; once for each time that the connection stood.
 */
export function useRenewal(status: ConnectionStatus["status"], renew: () => Promise<void>, connect: () => void): void {
  const stood = useRef(false);
  useEffect(() => {
    if (status === "connected") stood.current = true;
    if (status !== "refused" || !stood.current) return;
    stood.current = false;
    let gone = false;
    renew().then(
      () => {
        if (!gone) connect();
      },
      // A refused renewal has ended the session; where there is no network, the session's own clock tries again.
      () => {},
    );
    return () => {
      gone = true;
    };
  }, [status, renew, connect]);
}
