/** A server without a network: sockets that a test opens, feeds and closes, and a server with logs that answers by the protocol. */
import type { Clock, Socket } from "../environment.js";
import type { Position } from "../protocol/applying.js";
import type { ClientMessage, WebSocketMessage } from "../protocol/messages.js";

/** Looked up at each call: a test may fake the timers. */
const MACHINE: Pick<Clock, "setTimeout"> = { setTimeout: (callback, after) => setTimeout(callback, after) };

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** What a client sent, as it stands on the wire. */
export type SentMessage = ClientMessage & { readonly payload: Record<string, unknown>; readonly id: string };

/** The client's end of a connection, moved by hand: `accept`, `say`, `end` are the server's deeds. */
export class ScriptedSocket implements Socket {
  static readonly OPEN = OPEN;
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  bufferedAmount = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: ((event: Event) => void) | null = null;
  readonly url: string;
  /** All that the client sent, oldest first. */
  readonly sent: SentMessage[] = [];
  /** The code with which the client closed it. */
  closedWith: number | undefined;
  /** Called for each message that the client sends. */
  received: (message: SentMessage) => void = () => {};

  readonly #clock: Pick<Clock, "setTimeout">;

  constructor(url: string, clock: Pick<Clock, "setTimeout"> = MACHINE) {
    this.url = url;
    this.#clock = clock;
  }

  send(text: string): void {
    if (this.readyState !== OPEN) throw new Error("send on a socket that is not open");
    const message = JSON.parse(text) as SentMessage;
    this.sent.push(message);
    this.received(message);
  }

  /** As in a browser: the close event comes later, in a task of its own. */
  close(code = 1000): void {
    if (this.readyState >= CLOSING) return;
    this.closedWith = code;
    this.readyState = CLOSING;
    this.#clock.setTimeout(() => this.end(code), 0);
  }

  /** The connection is open. */
  accept(): void {
    this.readyState = OPEN;
    this.onopen?.call(this as never, new Event("open"));
  }

  /** The server's message, as an object or as the raw text. */
  say(message: object | string): void {
    const data = typeof message === "string" ? message : JSON.stringify(message);
    this.onmessage?.call(this as never, new MessageEvent("message", { data }));
  }

  /** The connection is gone; 1006 is a cable that was pulled. */
  end(code = 1006, reason = ""): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    const event = Object.assign(new Event("close"), { code, reason, wasClean: code !== 1006 });
    this.onclose?.call(this as never, event as CloseEvent);
  }

  /** The payloads of what the client sent with this type. */
  payloads(type: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message.type === type).map(({ payload }) => payload);
  }

  /** The newest message of this type. Throws when there is none. */
  lastOf(type: string): SentMessage {
    const found = this.sent.findLast((message) => message.type === type);
    if (!found) throw new Error(`the client sent no ${type}`);
    return found;
  }
}

/** An event as a log keeps it. */
export interface LoggedEvent {
  readonly type: string;
  readonly payload: object;
  readonly id: string;
  readonly key?: string;
  readonly version?: number;
}

/** One channel's log: events from offset `first` on are still there. */
export class ScriptedLog {
  epoch: string;
  first = 1;
  readonly events: LoggedEvent[] = [];

  constructor(epoch = "e") {
    this.epoch = epoch;
  }

  get top(): Position {
    const offset = this.events.length;
    return { epoch: this.epoch, offset, id: this.events.at(-1)?.id ?? "" };
  }

  covers({ epoch, offset, id }: Position): boolean {
    const known = offset === 0 ? "" : this.events[offset - 1]?.id;
    return epoch === this.epoch && offset >= this.first - 1 && id === known;
  }

  message(channel: string, offset: number): WebSocketMessage {
    const event = this.events[offset - 1];
    if (!event) throw new Error(`no event ${offset}`);
    return { ...event, timestamp: TIMESTAMP, channel, epoch: this.epoch, offset };
  }
}

/** When everything happens on a scripted server. */
export const TIMESTAMP = "2026-11-23T08:00:00.000Z";
let serial = 0;

/** A message of the server, complete but for what the test is about. */
export function envelope(type: string, payload: object, more: object = {}): WebSocketMessage {
  serial += 1;
  return { type, payload, timestamp: TIMESTAMP, id: `s${serial}`, ...more };
}

/** What the server does with a message of one type. */
export type Answer = (socket: ScriptedSocket, message: SentMessage) => void;

/**
 * Answers by the protocol, each in a microtask; the guide's `?token=` stands for `auth`. Give its `WebSocket` to the client. `answers`
 * can be replaced to misbehave; `opens = false` leaves sockets connecting; `logs` can be trimmed and given another epoch.
 */
export class ScriptedServer {
  readonly sockets: ScriptedSocket[] = [];
  readonly logs = new Map<string, ScriptedLog>();
  readonly members = new Map<ScriptedSocket, Set<string>>();
  readonly WebSocket: new (
    url: string,
  ) => ScriptedSocket;
  user = "7";
  /** Seconds. */
  pingInterval = 25;
  opens = true;
  answers: Record<string, Answer>;

  /** `clock`: by which closed sockets say so; the machine's, or a `FakeClock`. */
  constructor(clock?: Pick<Clock, "setTimeout">) {
    const server = this;
    this.WebSocket = class extends ScriptedSocket {
      constructor(url: string) {
        super(url, clock);
        server.#arrive(this);
      }
    };
    this.answers = {
      auth: (socket, message) => this.establish(socket, message),
      subscribe: (socket, message) => this.enter(socket, message),
      unsubscribe: (socket, message) => this.leave(socket, message),
      ping: (socket, { id }) => socket.say(envelope("pong", {}, { reply_to: id })),
    };
  }

  /** The newest socket. */
  get socket(): ScriptedSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  /** A channel's log; a new one when there was none. */
  log(channel: string): ScriptedLog {
    const log = this.logs.get(channel) ?? new ScriptedLog();
    this.logs.set(channel, log);
    return log;
  }

  /** Appends an event, and sends it to those who are in. Gives its offset. */
  publish(channel: string, event: Partial<LoggedEvent> = {}): number {
    const log = this.log(channel);
    const offset = log.events.length + 1;
    log.events.push({ type: "t", payload: {}, id: `${channel}-${offset}`, ...event });
    for (const [socket, channels] of this.members) {
      if (channels.has(channel) && socket.readyState === OPEN) socket.say(log.message(channel, offset));
    }
    return offset;
  }

  /** `connection:established`, and the replay of the user's own channel. */
  establish(socket: ScriptedSocket, message?: SentMessage): void {
    const own = `user:${this.user}`;
    const given = (message?.payload.positions as Record<string, Position> | undefined)?.[own];
    const first = !this.members.has(socket);
    const members = this.members.get(socket) ?? new Set();
    this.members.set(socket, members.add(own));
    const log = this.log(own);
    const recovered = given !== undefined && log.covers(given);
    const payload = {
      connection_id: `c${this.sockets.length}`,
      user_id: this.user,
      protocol: 1,
      positions: { [own]: log.top },
      recovered: { [own]: recovered },
      ping_interval: this.pingInterval,
    };
    socket.say(envelope("connection:established", payload, message ? { reply_to: message.id } : {}));
    if (first && given) this.#replay(socket, own, given, recovered);
  }

  /** The answer to `subscribe`, and the replays. */
  enter(socket: ScriptedSocket, { id, payload }: SentMessage): void {
    const channels = payload.channels as string[];
    const given = (payload.positions ?? {}) as Record<string, Position>;
    const members = this.members.get(socket) ?? new Set();
    const positions = Object.fromEntries(channels.map((name) => [name, this.log(name).top]));
    const recovered = Object.fromEntries(
      channels.map((name) => [name, given[name] !== undefined && this.log(name).covers(given[name])]),
    );
    for (const name of channels) members.add(name);
    this.members.set(socket, members);
    socket.say(envelope("subscribed", { channels, total: members.size - 1, positions, recovered }, { reply_to: id }));
    for (const name of channels) {
      if (given[name]) this.#replay(socket, name, given[name], recovered[name] === true);
    }
  }

  /** The answer to `unsubscribe`. */
  leave(socket: ScriptedSocket, { id, payload }: SentMessage): void {
    const channels = payload.channels as string[];
    for (const name of channels) this.members.get(socket)?.delete(name);
    socket.say(envelope("unsubscribed", { channels }, { reply_to: id }));
  }

  #replay(socket: ScriptedSocket, channel: string, from: Position, recovered: boolean): void {
    const log = this.log(channel);
    if (!recovered) {
      socket.say(envelope("channel:reset", { channel, position: log.top, reason: "history" }));
      return;
    }
    for (let offset = from.offset + 1; offset <= log.events.length; offset += 1) {
      socket.say(log.message(channel, offset));
    }
  }

  #arrive(socket: ScriptedSocket): void {
    this.sockets.push(socket);
    socket.received = (message) => {
      queueMicrotask(() => {
        if (socket.readyState === OPEN) this.answers[message.type]?.(socket, message);
      });
    };
    if (this.opens) {
      queueMicrotask(() => {
        if (socket.readyState !== CONNECTING) return;
        socket.accept();
        if (socket.url.includes("token=")) this.establish(socket);
      });
    }
  }
}

/** Refuses the message with a code. */
export function refuse(code: string, message = "no"): Answer {
  return (socket, { id, payload }) => {
    const channels = (payload.channels as string[] | undefined) ?? [undefined];
    for (const channel of channels) {
      socket.say(envelope("connection:error", { code, message, ...(channel && { channel }) }, { reply_to: id }));
    }
  };
}
