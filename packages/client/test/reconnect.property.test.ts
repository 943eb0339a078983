/** A thousand reconnect schedules: each wait uniform below the length of the outage so far (1 to 30 s), and none after the end. */
import { type Clock, WebSocketClient } from "@tidings/client";
import { envelope, pick, ScriptedSocket, seeded } from "@tidings/client/testing";
import { beforeAll, describe, expect, test } from "vitest";

/** Time that a test moves, without timers of the platform. */
class ManualClock implements Clock {
  #now = 1_764_000_000_000;
  readonly timers = new Map<object, { at: number; callback: () => void }>();

  now = () => this.#now;

  setTimeout(callback: () => void, milliseconds: number): object {
    const timer = {};
    this.timers.set(timer, { at: this.#now + milliseconds, callback });
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.timers.delete(timer as object);
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [timer, { at, callback }] = due;
      this.timers.delete(timer);
      this.#now = at;
      callback();
    }
    this.#now = end;
  }
}

const established = envelope("connection:established", {
  connection_id: "c",
  user_id: "7",
  protocol: 1,
  positions: {},
  recovered: {},
  ping_interval: 25,
});

/** How one connection goes: refused before open, closed after open, or established and lost after so many milliseconds. */
type Fate = { readonly refused: true } | { readonly unanswered: number } | { readonly established: number };

interface Wait {
  readonly wait: number;
  /** Milliseconds since the connection was lost, or the first try failed, when this wait began. */
  readonly outage: number;
  readonly ceiling: number;
  /** It is the first after a connection that stood for 5 s, of a client that had been away for longer before. */
  readonly startsOver: boolean;
  /** The next try came when it was over, neither earlier nor later. */
  readonly exact: boolean;
}

interface Schedule {
  readonly waits: readonly Wait[];
  readonly end: string;
  readonly socketsAfterEnd: number;
  readonly timersAfterEnd: number;
}

function scripted(seed: number, clock: Clock) {
  const sockets: ScriptedSocket[] = [];
  class Socket extends ScriptedSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
      this.received = ({ type, id }) => type === "ping" && this.say(envelope("pong", {}, { reply_to: id }));
    }
    override close(): void {
      this.readyState = 3;
    }
  }
  const client = new WebSocketClient("ws://server/ws", { WebSocket: Socket, clock, random: seeded(seed) });
  return { client, sockets, last: () => sockets.at(-1) as ScriptedSocket };
}

function run(seed: number): Schedule {
  const random = seeded(seed);
  const clock = new ManualClock();
  const { client, sockets, last } = scripted(seed + 1_000_000, clock);
  const live = (fate: Fate) => {
    if ("refused" in fate) return;
    last().accept();
    if ("unanswered" in fate) return clock.advance(fate.unanswered);
    last().say(established);
    clock.advance(fate.established);
  };

  const waits: Wait[] = [];
  let began: number | null = null;
  client.connect();
  const rounds = 4 + Math.floor(random() * 16);
  for (let round = 0; round < rounds; round += 1) {
    const fate: Fate = pick(random, [
      { refused: true },
      { refused: true },
      { unanswered: Math.floor(random() * 9_000) },
      { established: Math.floor(random() * 5_000) },
      { established: 5_000 + Math.floor(random() * 100_000) },
    ]);
    live(fate);
    const stable = "established" in fate && fate.established >= 5_000;
    const startsOver = stable && began !== null;
    if (stable) began = null;
    last().end(pick(random, [1006, 1001, 1011, 1012, 4000, 4001, 4002, 4029]));
    began ??= clock.now();
    const outage = clock.now() - began;
    const wait = (client.status.nextRetryAt ?? Number.NaN) - clock.now();
    const before = sockets.length;
    clock.advance(Math.max(0, wait - 0.001));
    const early = sockets.length > before;
    clock.advance(0.002);
    waits.push({
      wait,
      outage,
      ceiling: Math.min(30_000, Math.max(1_000, outage)),
      startsOver,
      exact: !early && sockets.length === before + 1,
    });
  }
  const end = pick(random, [
    "disconnect while connecting",
    "disconnect while connected",
    "disconnect while waiting",
    "terminal",
  ]);
  if (end !== "disconnect while connecting") live({ established: Math.floor(random() * 20_000) });
  if (end === "disconnect while waiting") last().end(1006);
  if (end === "terminal") last().end(pick(random, [1000, 1008, 4400, 4401, 4403, 4503, 4999]));
  else client.disconnect();
  const atEnd = sockets.length;
  clock.advance(3_600_000);
  return { waits, end, socketsAfterEnd: sockets.length - atEnd, timersAfterEnd: clock.timers.size };
}

/** Milliseconds of outage: none yet, below the lowest ceiling, between the two, and beyond the highest. */
const LENGTHS = [
  [0, 1],
  [1, 1_000],
  [1_000, 5_000],
  [5_000, 15_000],
  [15_000, 30_000],
  [30_000, Number.POSITIVE_INFINITY],
] as const;

describe("1,000 schedules", () => {
  let schedules: Schedule[];
  let waits: Wait[];
  const within = (from: number, to: number) => waits.filter(({ outage }) => outage >= from && outage < to);

  beforeAll(() => {
    schedules = Array.from({ length: 1_000 }, (_, seed) => run(seed));
    waits = schedules.flatMap((schedule) => schedule.waits);
  });

  test("there is much to look at: each length of an outage, new beginnings and each end occur", () => {
    for (const [from, to] of LENGTHS) expect(within(from, to).length).toBeGreaterThan(300);
    expect(waits.filter(({ startsOver }) => startsOver).length).toBeGreaterThan(1_000);
    expect(new Set(schedules.map(({ end }) => end)).size).toBe(4);
    expect(waits.length).toBeGreaterThan(8_000);
  });

  test("no wait reaches its ceiling: the length of the outage so far, at least 1 s and at most 30 s", () => {
    expect(waits.filter(({ wait, ceiling }) => !(wait >= 0 && wait < ceiling))).toEqual([]);
  });

  test("after 5 s of connection the next outage starts over: below 1 s", () => {
    expect(waits.filter(({ startsOver, wait }) => startsOver && wait >= 1_000)).toEqual([]);
  });

  test("the next try comes when the wait is over, neither earlier nor later", () => {
    expect(waits.filter(({ exact }) => !exact)).toEqual([]);
  });

  test.each(LENGTHS)("after an outage of %i to %i ms, waits are uniform below the ceiling", (from, to) => {
    expect(kolmogorovSmirnov(within(from, to).map(({ wait, ceiling }) => wait / ceiling))).toBeLessThan(1.63);
  });

  test("none after disconnect() or a terminal code, and no timer is left", () => {
    expect(schedules.filter(({ socketsAfterEnd, timersAfterEnd }) => socketsAfterEnd + timersAfterEnd > 0)).toEqual([]);
  });
});

/** The greatest distance from the uniform distribution, times √n: above 1.63 in one of a hundred samples that are uniform. */
function kolmogorovSmirnov(shares: readonly number[]): number {
  const n = shares.length;
  const sorted = [...shares].sort((a, b) => a - b);
  const distances = sorted.map((share, i) => Math.max((i + 1) / n - share, share - i / n));
  return Math.max(...distances) * Math.sqrt(n);
}
