import { useEffect, useState, useSyncExternalStore } from "react";
import { Binding } from "./binding.js";
import { sharedLease } from "./lease.js";

/** What `useWebSocket` gives. The functions keep their identity and may be called at any time, also before there is a connection. */
export interface UseWebSocket extends Pick<Binding, "subscribe" | "unsubscribe" | "on" | "off" | "send"> {
  /** The server has accepted the token, and the connection stands. */
  readonly connected: boolean;
}

/**
 * The guide's hook. Callers with the same url and token share one connection. Another url or token is another connection, to
 * which this caller's handlers and channels move; what they hear goes on where it was.
 */
export function useWebSocket(url: string, token: string): UseWebSocket {
  const [binding] = useState(() => new Binding());
  useEffect(() => {
    const lease = sharedLease(url, token);
    binding.attach(lease.client);
    const release = lease.acquire();
    return () => {
      binding.detach();
      release();
    };
  }, [binding, url, token]);
  const connected = useSyncExternalStore(binding.watch, binding.isConnected, () => false);
  const { subscribe, unsubscribe, on, off, send } = binding;
  return { connected, subscribe, unsubscribe, on, off, send };
}
