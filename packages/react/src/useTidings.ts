import type { WebSocketClient } from "@tidings/client";
import { useContext } from "react";
import { ClientContext } from "./TidingsProvider.js";

/** The client of the nearest provider, for `request` and `send`. Throws where there is none. */
export function useTidings(): WebSocketClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error("there is no <TidingsProvider> above this component");
  return client;
}
