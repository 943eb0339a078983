import { type ClientOptions, WebSocketClient } from "@tidings/client";
import { createContext, type ReactNode, useEffect, useMemo } from "react";
import { Lease } from "./lease.js";
import { useNewest } from "./useNewest.js";

/** The provider's client; null outside of a provider. */
export const ClientContext = createContext<WebSocketClient | null>(null);

type Connected = Pick<ClientOptions, "getToken" | "onError"> & {
  /** May be relative to the page ("/ws"). Another url is another connection. */
  readonly url: string;
  readonly client?: undefined;
};

type Given = {
  /** The application's own client: connected here, never disconnected. */
  readonly client: WebSocketClient;
};

export type TidingsProviderProps = (Connected | Given) & { readonly children?: ReactNode };

/**
 * Holds the page's one connection: it opens when the provider is mounted and closes a moment after it is gone. `getToken` and
 * `onError` are always those of the newest render.
 */
export function TidingsProvider(props: TidingsProviderProps): ReactNode {
  const { client: given, children } = props;
  // Not narrowed by `given`: the guide's own project is not strict, and compiles this file, too.
  const { url = "", getToken, onError } = props as Partial<Connected>;
  const newest = useNewest({ getToken, onError });
  const authenticated = getToken !== undefined;
  const reporting = onError !== undefined;
  const lease = useMemo(() => {
    if (given) return null;
    return new Lease(
      new WebSocketClient(url, {
        ...(authenticated && { getToken: () => newest.current.getToken?.() }),
        ...(reporting && { onError: (...what) => newest.current.onError?.(...what) }),
      }),
    );
  }, [given, url, authenticated, reporting, newest]);
  useEffect(() => {
    if (lease) return lease.acquire();
    given?.connect();
    return undefined;
  }, [lease, given]);
  return <ClientContext.Provider value={given ?? lease?.client ?? null}>{children}</ClientContext.Provider>;
}
