/** @tidings/react/presence: who is on a channel, and what this page says of itself there. */
import type { WebSocketClient } from "@tidings/client";
import { Presence, type PresenceChannel, type PresenceStatus } from "@tidings/client/presence";
import { useTidings } from "@tidings/react";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";

export type { PresenceChannel, PresenceStatus, PresentUser } from "@tidings/client/presence";

const NOBODY: PresenceStatus<never> = { users: [], live: false, refusal: null };

function usePresenceOf<M extends object>(client: WebSocketClient, name: string | null): Presence<M> | null {
  return useMemo(() => (name === null ? null : new Presence<M>(client, { name })), [client, name]);
}

/**
 * Is on a channel for as long as the component is mounted, and says `metadata` there; null: neither. Of several components, each says
 * some of the fields, and of one field the latest mounted counts.
 */
export function useOwnPresence<M extends object>(
  channel: PresenceChannel<M> | null,
  metadata: Partial<M> | null = {},
): void {
  const client = useTidings();
  const presence = usePresenceOf<M>(client, channel?.name ?? null);
  const shown = metadata && JSON.stringify(metadata);
  useEffect(() => (presence && shown ? presence.show(JSON.parse(shown)) : undefined), [presence, shown]);
}

/**
 * Who is on a channel, for as long as the component is mounted; null: nobody. With `metadata` this page is there, too, as with
 * `useOwnPresence`. On a server nobody is known.
 */
export function usePresence<M extends object>(
  channel: PresenceChannel<M> | null,
  metadata: Partial<M> | null = null,
): PresenceStatus<M> {
  const client = useTidings();
  const presence = usePresenceOf<M>(client, channel?.name ?? null);
  useOwnPresence(channel, metadata);
  const subscribe = useCallback((changed: () => void) => presence?.listen(changed) ?? (() => {}), [presence]);
  return useSyncExternalStore(
    subscribe,
    () => presence?.status ?? NOBODY,
    () => NOBODY,
  );
}
