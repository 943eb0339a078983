import type { Channel, ChannelEvent, ChannelHandlers, ChannelStatus } from "@tidings/client";
import { useCallback, useSyncExternalStore } from "react";
import { useNewest } from "./useNewest.js";
import { useTidings } from "./useTidings.js";

const IDLE: ChannelStatus = { status: "idle" };

/**
 * Follows a channel for as long as the component is mounted; null: none. The handlers are always those of the newest render:
 * `onEvent` hears each event once and in order, `onReset` that events were missed and the state is to be fetched anew.
 */
export function useChannel<E extends ChannelEvent>(
  channel: Channel<E> | string | null,
  handlers: Pick<ChannelHandlers<E>, "onEvent" | "onReset"> = {},
): ChannelStatus {
  const client = useTidings();
  const newest = useNewest({ channel, handlers });
  const name = typeof channel === "string" ? channel : (channel?.name ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a channel is its name, whatever object says it
  const subscribe = useCallback(
    (onStatus: () => void) => {
      const followed = newest.current.channel;
      if (followed === null) return () => {};
      return client.follow(followed, {
        onEvent: (event) => newest.current.handlers.onEvent?.(event),
        onReset: (reset) => newest.current.handlers.onReset?.(reset),
        onStatus,
      });
    },
    [client, name, newest],
  );
  return useSyncExternalStore(
    subscribe,
    () => (name === null ? IDLE : client.channelStatus(name)),
    () => IDLE,
  );
}
