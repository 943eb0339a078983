import { useQueryClient } from "@tanstack/react-query";
import { useTidings } from "@tidings/react";
import { type LiveStore, liveStore } from "./live-store.js";

/** What is live under the nearest `<QueryClientProvider>` and `<TidingsProvider>`. Throws where one is missing. */
export function useLiveStore(): LiveStore {
  return liveStore(useQueryClient(), useTidings());
}
