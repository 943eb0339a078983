/** Time that passes when a test says so. */
import type { Clock } from "../environment.js";

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
}

/** Give it as `clock` to a client, and to a `ScriptedServer`. It stands still but for `advance`. */
export class FakeClock implements Clock {
  #now: number;
  #timers = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** `now`: milliseconds since 1970. */
  constructor(now = Date.parse("2026-11-23T08:00:00.000Z")) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  readonly setTimeout = (callback: () => void, milliseconds: number): number => {
    this.#timers += 1;
    this.#waiting.set(this.#timers, { at: this.#now + Math.max(milliseconds, 0), callback });
    return this.#timers;
  };

  readonly clearTimeout = (timer: unknown): void => {
    this.#waiting.delete(timer as number);
  };

  /** How many timers are set. */
  get pending(): number {
    return this.#waiting.size;
  }

  /**
   * Lets time pass: timers run when they are due, in order, those included that are set meanwhile. Between two, and at both ends, promises
   * settle. Rejects with what a timer throws.
   */
  async advance(milliseconds = 0): Promise<void> {
    const until = this.#now + milliseconds;
    await settled();
    for (let next = this.#next(until); next; next = this.#next(until)) {
      const [timer, { at, callback }] = next;
      this.#waiting.delete(timer);
      this.#now = at;
      callback();
      await settled();
    }
    this.#now = until;
  }

  #next(until: number): readonly [number, Waiting] | undefined {
    const due = [...this.#waiting].filter(([, { at }]) => at <= until);
    return due.sort(([, a], [, b]) => a.at - b.at)[0];
  }
}

/** A task of its own, so that all microtasks before it have run. Message ports are not held up by a test's fake timers. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
