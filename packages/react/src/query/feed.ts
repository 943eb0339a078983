/** One channel as live queries need it: followed for as long as one of them is on the screen, heard by all that are cached. */
import type { Channel, ChannelEvent, ChannelStatus, Position, WebSocketClient } from "@tidings/client";
import { Holders } from "../holders.js";

/** Who hears a channel. */
export interface Listener {
  hear(event: ChannelEvent): void;
  /** Events were missed; `withdrawn`: what came from this channel is to be dropped. */
  reset(withdrawn: string | null): void;
  /** The channel's status changed, or whether it is followed. */
  fed(): void;
}

/** Milliseconds that a channel is followed after its last holder: from one page to the next takes less. */
const LINGER = 1_000;
const IDLE: ChannelStatus = { status: "idle" };

export class Feed {
  readonly listeners = new Set<Listener>();
  readonly #client: WebSocketClient;
  readonly #channel: Channel;
  readonly #event: (event: ChannelEvent) => void;
  readonly #holders = new Holders(LINGER, () => this.#end());
  #leave: (() => void) | null = null;

  /** `event` is called for each event, after all listeners have heard it. */
  constructor(client: WebSocketClient, channel: Channel, event: (event: ChannelEvent) => void) {
    this.#client = client;
    this.#channel = channel;
    this.#event = event;
  }

  get name(): string {
    return this.#channel.name;
  }

  get followed(): boolean {
    return this.#leave !== null;
  }

  get status(): ChannelStatus {
    return this.#leave ? this.#client.channelStatus(this.#channel.name) : IDLE;
  }

  /** Where it was read to; null while it is not followed, or has not been entered yet. */
  get position(): Position | null {
    return this.#leave ? this.#client.position(this.#channel.name) : null;
  }

  /** Follows the channel, from this position if it is new to the client. Returns the undo. */
  hold(from: Position | null = null): () => void {
    return this.#holders.add(() => {
      if (!this.#leave) this.#follow(from);
    });
  }

  #follow(from: Position | null): void {
    const changed = () => this.#tell((listener) => listener.fed());
    this.#leave = () => {};
    this.#leave = this.#client.follow(
      this.#channel,
      {
        onEvent: (event) => {
          try {
            this.#tell((listener) => listener.hear(event));
          } finally {
            this.#event(event);
          }
        },
        onReset: ({ channel, reason }) =>
          this.#tell((listener) => listener.reset(reason === "forbidden" ? channel : null)),
        onStatus: changed,
      },
      from,
    );
    changed();
  }

  #end(): void {
    this.#leave?.();
    this.#leave = null;
    this.#tell((listener) => listener.fed());
  }

  /** What one listener throws is thrown once all have been told; the client reports it. */
  #tell(call: (listener: Listener) => void): void {
    const errors: unknown[] = [];
    for (const listener of [...this.listeners]) {
      try {
        call(listener);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  }
}
