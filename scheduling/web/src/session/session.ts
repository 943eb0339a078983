import { type Call, type Fetch, send } from "../api/http";
import { Problem } from "../api/problem";
import type { Grant, Staff } from "../api/types";

export type SessionState =
  | { readonly status: "starting" }
  | { readonly status: "unreachable" }
  | { readonly status: "signed-out"; readonly ended: boolean }
  | { readonly status: "signed-in"; readonly staff: Staff };

/** What the session takes from its surroundings, so that tests can hold the clock. */
export interface Surroundings {
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back after so many milliseconds; returns the undo. */
  readonly later: (milliseconds: number, callback: () => void) => () => void;
  /** Runs one task at a time across the browser's tabs. */
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
}

interface Token {
  readonly text: string;
  readonly expires: number;
}

const MARGIN = 60_000;
const RETRY = 15_000;

/**
 * Who is signed in. The access token lives in this object's memory only; the refresh token is an HttpOnly cookie
 * that scripts cannot read. The token is renewed a minute before it expires and again on a 401.
 */
export class Session {
  #state: SessionState = { status: "starting" };
  #token: Token | null = null;
  #renewal: Promise<void> | null = null;
  #cancelTimer: () => void = () => {};
  #generation = 0;
  readonly #listeners = new Set<() => void>();

  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): SessionState => this.#state;

  /** Takes up the session that the cookie may hold. */
  readonly start = async (): Promise<void> => {
    await this.#renew().catch((error: unknown) => {
      if (!(error instanceof Problem && error.status === 401)) this.#become({ status: "unreachable" });
    });
  };

  /** Asks the server who is signed in now: their role may have changed, or they may have left. */
  readonly renew = (): Promise<void> => this.#renew();

  readonly signIn = async (email: string, password: string): Promise<void> => {
    const body = { email, password };
    this.#accept(await send<Grant>(this.#surroundings.fetch, "/api/auth/login", { method: "POST", body }));
  };

  /** Ends the session on the server, and here even when the server cannot be reached. */
  readonly signOut = async (): Promise<void> => {
    this.#end(false);
    await send<void>(this.#surroundings.fetch, "/api/auth/logout", { method: "POST" });
  };

  /** A token that is good for at least a few seconds; throws `Problem` when there is none to be had. */
  readonly accessToken = async (): Promise<string> => {
    if (!this.#token || this.#token.expires - this.#surroundings.now() < 5_000) await this.#renew();
    return this.#token?.text ?? "";
  };

  /** Sends a request as the signed-in person; after a 401 once more with a new token. */
  readonly request = async <T>(path: string, call: Call = {}): Promise<T> => {
    const token = await this.accessToken();
    try {
      return await send<T>(this.#surroundings.fetch, path, { ...call, token });
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error;
      if (this.#token?.text === token) await this.#renew();
      return send<T>(this.#surroundings.fetch, path, { ...call, token: this.#token?.text ?? null });
    }
  };

  #renew(): Promise<void> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<void> {
    const { fetch, exclusively } = this.#surroundings;
    const generation = this.#generation;
    try {
      const grant = await exclusively(() => send<Grant>(fetch, "/api/auth/refresh", { method: "POST" }));
      if (generation === this.#generation) this.#accept(grant);
    } catch (error) {
      if (error instanceof Problem && error.status === 401 && generation === this.#generation) {
        this.#end(this.#state.status === "signed-in");
      }
      throw error;
    }
  }

  #accept(grant: Grant): void {
    this.#generation += 1;
    const lifetime = grant.expires_in * 1000;
    this.#token = { text: grant.access_token, expires: this.#surroundings.now() + lifetime };
    this.#renewIn(Math.max(lifetime - MARGIN, lifetime / 2));
    const same = this.#state.status === "signed-in" && this.#state.staff.version === grant.staff.version;
    if (same && this.#state.status === "signed-in" && this.#state.staff.id === grant.staff.id) return;
    this.#become({ status: "signed-in", staff: grant.staff });
  }

  #renewIn(milliseconds: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#surroundings.later(milliseconds, () => {
      // A network that is down is tried again; a refused refresh has ended the session already.
      this.#renew().catch(() => {
        if (this.#token) this.#renewIn(RETRY);
      });
    });
  }

  #end(ended: boolean): void {
    this.#generation += 1;
    this.#cancelTimer();
    this.#token = null;
    this.#become({ status: "signed-out", ended });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** The browser's clock, network and lock. Web Locks need a secure context; without one, tabs may race to refresh. */
export function browserSurroundings(): Surroundings {
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    later: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
    exclusively: <T>(task: () => Promise<T>): Promise<T> => {
      if (!("locks" in navigator)) return task();
      return navigator.locks.request("scheduling:refresh", task) as Promise<T>;
    },
  };
}
