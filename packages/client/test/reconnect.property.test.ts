/** A thousand reconnect schedules: each wait uniform below its ceiling, the ceiling as promised, and none after the end. */
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
  readonly ceiling: number;
  readonly exact: boolean;
}

interface Schedule {
  readonly waits: readonly Wait[];
  readonly end: string;
  readonly socketsAfterEnd: number;
  readonly timersAfterEnd: number;
}

function run(seed: number): Schedule {
  const random = seeded(seed);
  const clock = new ManualClock();
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
  const client = new WebSocketClient("ws://server/ws", { WebSocket: Socket, clock, random: seeded(seed + 1_000_000) });
  const last = () => sockets.at(-1) as ScriptedSocket;

  const live = (fate: Fate) => {
    if ("refused" in fate) return;
    last().accept();
    if ("unanswered" in fate) return clock.advance(fate.unanswered);
    last().say(established);
    clock.advance(fate.established);
  };

  const waits: Wait[] = [];
  let attempt = 0;
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
    if ("established" in fate && fate.established >= 5_000) attempt = 0;
    last().end(pick(random, [1006, 1001, 1011, 1012, 4000, 4001, 4002, 4029]));
    const wait = (client.status.nextRetryAt ?? Number.NaN) - clock.now();
    const before = sockets.length;
    clock.advance(Math.max(0, wait - 0.001));
    const early = sockets.length > before;
    clock.advance(0.002);
    waits.push({
      wait,
      ceiling: Math.min(30_000, 1_000 * 2 ** attempt),
      exact: !early && sockets.length === before + 1,
    });
    attempt += 1;
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

describe("1,000 schedules", () => {
  let schedules: Schedule[];
  let waits: Wait[];

  beforeAll(() => {
    schedules = Array.from({ length: 1_000 }, (_, seed) => run(seed));
    waits = schedules.flatMap((schedule) => schedule.waits);
  });

  test("there is much to look at: each ceiling and each end occurs", () => {
    expect(new Set(waits.map(({ ceiling }) => ceiling))).toEqual(new Set([1_000, 2_000, 4_000, 8_000, 16_000, 30_000]));
    expect(new Set(schedules.map(({ end }) => end)).size).toBe(4);
    expect(waits.length).toBeGreaterThan(8_000);
  });

  test("no wait reaches its ceiling, which doubles to 30 s and starts over only after 5 s stable", () => {
    expect(waits.filter(({ wait, ceiling }) => !(wait >= 0 && wait < ceiling))).toEqual([]);
  });

  test("the next try comes when the wait is over, neither earlier nor later", () => {
    expect(waits.filter(({ exact }) => !exact)).toEqual([]);
  });

  test.each([1_000, 2_000, 4_000, 8_000, 16_000, 30_000])("below a ceiling of %i ms, waits are uniform", (ceiling) => {
    const shares = waits.filter((wait) => wait.ceiling === ceiling).map(({ wait }) => wait / ceiling);
    expect(kolmogorovSmirnov(shares)).toBeLessThan(1.63);
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
