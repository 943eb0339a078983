import type { Channel, ChannelEvent, EventOf } from "@tidings/client";
import { useEffect } from "react";
import { useNewest } from "./useNewest.js";
import { useTidings } from "./useTidings.js";

/**
 * Hears one type of a channel's events for as long as the component is mounted: the payload, and the whole event. The handler is
 * always the newest render's.
 */
export function useEvent<E extends ChannelEvent, T extends E["type"]>(
  channel: Channel<E>,
  type: T,
  handler: (payload: EventOf<E, T>["payload"], event: EventOf<E, T>) => void,
): void {
  const client = useTidings();
  const newest = useNewest({ channel, handler });
  const { name } = channel;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a channel is its name, whatever object says it
  useEffect(
    () =>
      client.follow(newest.current.channel, {
        onEvent: (event) =>
          event.type === type ? newest.current.handler(event.payload, event as EventOf<E, T>) : undefined,
      }),
    [client, name, type, newest],
  );
}
