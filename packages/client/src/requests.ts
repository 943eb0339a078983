/** The application's own messages: those that wait for a connection, and those that wait for an answer. Both are bounded. */
import type { Clock } from "./environment.js";
import type { Lifeline } from "./lifeline.js";
import { TidingsError } from "./protocol/codes.js";
import { type ClientMessage, MESSAGE_SIZE, type ServerPayloads, type WebSocketMessage } from "./protocol/messages.js";

type Message = ClientMessage & { readonly id: string };

interface Entry {
  readonly message: Message;
  /** Null: nobody waits for an answer, it is done when it is sent. */
  readonly resolve: ((payload: unknown) => void) | null;
  readonly reject: (error: TidingsError) => void;
  readonly timer: unknown;
}

export class Requests {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #line: Pick<Lifeline, "connection">;
  readonly #waiting = new Map<string, Entry>();
  readonly #sent = new Map<string, Entry>();

  /** `limit`: messages that wait for a connection, and requests that wait for an answer, at most so many of each. */
  constructor(clock: Clock, limit: number, line: Pick<Lifeline, "connection">) {
    this.#clock = clock;
    this.#limit = limit;
    this.#line = line;
  }

  /**
   * Sends the message now or when there is a connection, within `timeout` milliseconds. `reject` is called at most once, and not
   * after `resolve`; without `resolve` it is not called after the message was sent.
   */
  add(message: Message, timeout: number, reject: Entry["reject"], resolve: Entry["resolve"] = null): void {
    const size = new TextEncoder().encode(JSON.stringify(message)).length;
    if (size > MESSAGE_SIZE) {
      reject(new TidingsError("message_too_large", `${message.type} has ${size} bytes, ${MESSAGE_SIZE} are allowed`));
      return;
    }
    const timer = this.#clock.setTimeout(() => {
      this.#refuse(message.id, "timeout", `${message.type} had no answer within ${timeout} ms`);
    }, timeout);
    const entry: Entry = { message, resolve, reject, timer };
    if (this.#line.connection) this.#send(entry);
    else this.#enqueue(entry);
  }

  /** Sends what waits, oldest first. */
  flush(): void {
    for (const entry of [...this.#waiting.values()]) {
      if (!this.#line.connection) return;
      if (this.#waiting.delete(entry.message.id)) this.#send(entry);
    }
  }

  answered({ reply_to = "", payload }: WebSocketMessage): void {
    this.#take(reply_to)?.resolve?.(payload);
  }

  /** True if the refusal was somebody's. */
  refused({ reply_to = "", payload }: WebSocketMessage): boolean {
    const { code, message } = payload as ServerPayloads["connection:error"];
    return this.#refuse(reply_to, code, message);
  }

  /** The connection is gone: nobody knows whether what was sent was acted upon. */
  lost(reason: string): void {
    for (const id of [...this.#sent.keys()]) {
      this.#refuse(id, "disconnected", `the connection was lost before the answer: ${reason}`);
    }
  }

  /** Refuses what waits, too. */
  clear(reason: string): void {
    this.lost(reason);
    for (const id of [...this.#waiting.keys()]) this.#refuse(id, "disconnected", reason);
  }

  #enqueue(entry: Entry): void {
    this.#waiting.set(entry.message.id, entry);
    if (this.#waiting.size <= this.#limit) return;
    const oldest = this.#waiting.keys().next().value as string;
    this.#refuse(oldest, "queue_full", `more than ${this.#limit} messages wait for a connection`);
  }

  #send(entry: Entry): void {
    const { message, resolve } = entry;
    this.#sent.set(message.id, entry);
    if (resolve && this.#sent.size > this.#limit) {
      this.#refuse(message.id, "too_many_requests", `more than ${this.#limit} requests wait for an answer`);
    } else if (!this.#line.connection?.send(message)) {
      this.#refuse(message.id, "slow", "earlier messages have not left yet");
    } else if (!resolve) {
      this.#take(message.id);
    }
  }

  #refuse(id: string, code: string, message: string): boolean {
    const entry = this.#take(id);
    entry?.reject(new TidingsError(code, message));
    return entry !== undefined;
  }

  #take(id: string): Entry | undefined {
    const entry = this.#sent.get(id) ?? this.#waiting.get(id);
    this.#sent.delete(id);
    this.#waiting.delete(id);
    if (entry) this.#clock.clearTimeout(entry.timer);
    return entry;
  }
}
