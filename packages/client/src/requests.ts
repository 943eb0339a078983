/** The application's own messages: those that wait for a connection, and those that wait for an answer. Both are bounded. */
import { type Clock, Timer } from "./environment.js";
import type { Lifeline } from "./lifeline.js";
import { TidingsError } from "./protocol/codes.js";
import { type ClientMessage, MESSAGE_SIZE, type ServerPayloads, type WebSocketMessage } from "./protocol/messages.js";

type Message = ClientMessage & { readonly id: string };

interface Entry {
  readonly message: Message;
  /** Null: nobody waits for an answer, it is done when it is sent. */
  readonly resolve: ((payload: unknown) => void) | null;
  readonly reject: (error: TidingsError) => void;
  readonly timer: Timer;
  sent: boolean;
}

export class Requests {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #line: Pick<Lifeline, "connection">;
  readonly #entries = new Map<string, Entry>();

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
    const timer = new Timer(this.#clock);
    const { id, type } = message;
    this.#entries.set(id, { message, resolve, reject, timer, sent: false });
    timer.start(timeout, () => this.#refuse(id, "timeout", `${type} had no answer within ${timeout} ms`));
    if (size > MESSAGE_SIZE) {
      this.#refuse(id, "message_too_large", `${type} has ${size} bytes, ${MESSAGE_SIZE} are allowed`);
    }
    this.flush();
    const waiting = this.#list(false);
    if (waiting[this.#limit]) {
      this.#refuse(waiting[0] as string, "queue_full", `more than ${this.#limit} messages wait for a connection`);
    }
  }

  /** Sends what waits, oldest first. */
  flush(): void {
    for (const id of this.#line.connection ? this.#list(false) : []) this.#send(id);
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
    for (const id of this.#list(true)) this.#refuse(id, "disconnected", `lost before the answer: ${reason}`);
  }

  /** Refuses what waits. */
  clear(reason: string): void {
    for (const id of this.#list(false)) this.#refuse(id, "disconnected", reason);
  }

  #list(sent: boolean): string[] {
    return [...this.#entries].flatMap(([id, entry]) => (entry.sent === sent ? [id] : []));
  }

  #send(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.sent) return;
    if (entry.resolve && this.#list(true).length >= this.#limit) {
      this.#refuse(id, "too_many_requests", `more than ${this.#limit} requests wait for an answer`);
      return;
    }
    entry.sent = true;
    if (!this.#line.connection?.send(entry.message)) this.#refuse(id, "slow", "earlier messages have not left yet");
    else if (!entry.resolve) this.#take(id);
  }

  #refuse(id: string, code: string, message: string): boolean {
    const entry = this.#take(id);
    entry?.reject(new TidingsError(code, message));
    return entry !== undefined;
  }

  #take(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    entry?.timer.stop();
    return entry;
  }
}
