import type { ConnectionStatus } from "@tidings/client";
import { useCallback, useSyncExternalStore } from "react";
import { useTidings } from "./useTidings.js";

const ON_SERVER: ConnectionStatus = { status: "idle", attempt: 0 };

/** The connection's status; while a page is rendered on a server, `idle`. */
export function useConnection(): ConnectionStatus {
  const client = useTidings();
  const subscribe = useCallback((changed: () => void) => client.onStatus(changed), [client]);
  return useSyncExternalStore(
    subscribe,
    () => client.status,
    () => ON_SERVER,
  );
}
