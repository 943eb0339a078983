import { beforeEach, describe, expect, it } from "vitest";
import { Problem } from "../api/problem";
import { USUAL } from "../api/terms";
import type { Staff } from "../api/types";
import { Session } from "./session";

const ada: Staff = {
  id: 2,
  name: "Ada Park",
  email: "ada@example.com",
  role: "staff",
  skills: [],
  contract: { ...USUAL, name: "Full time", hours_per_week: 36 },
  active: true,
  version: 1,
};

/** A server that knows the newest token only, a clock that stands still, and timers that wait to be called. */
class World {
  time = 0;
  signedIn = true;
  reachable = true;
  refreshes = 0;
  tokens = 0;
  requests: string[] = [];
  timers: { at: number; callback: () => void }[] = [];

  readonly session = new Session({
    fetch: async (path, init) => this.answer(path, init),
    now: () => this.time,
    later: (milliseconds, callback) => {
      const timer = { at: this.time + milliseconds, callback };
      this.timers = [...this.timers, timer];
      return () => {
        this.timers = this.timers.filter((each) => each !== timer);
      };
    },
    exclusively: (task) => task(),
  });

  get token(): string {
    return `token-${this.tokens}`;
  }

  private answer(path: string, init: RequestInit): Response {
    if (!this.reachable) throw new TypeError("network");
    const authorization = new Headers(init.headers).get("authorization");
    this.requests.push(`${path} ${authorization ?? "-"}`);
    if (path === "/api/auth/refresh") this.refreshes += 1;
    if (path === "/api/auth/logout") return new Response(null, { status: 204 });
    const grants = path.startsWith("/api/auth/");
    const allowed = grants ? this.signedIn : authorization === `Bearer ${this.token}`;
    if (!allowed) return Response.json({ title: "Not signed in", detail: "Sign in." }, { status: 401 });
    if (!grants) return Response.json("data");
    this.tokens += 1;
    return Response.json({ access_token: this.token, token_type: "bearer", expires_in: 900, staff: ada });
  }

  async pass(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    const due = this.timers.filter((timer) => timer.at <= this.time);
    this.timers = this.timers.filter((timer) => timer.at > this.time);
    for (const timer of due) timer.callback();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const status = () => world.session.snapshot().status;

describe("Session", () => {
  it("takes up the session that the cookie holds", async () => {
    await world.session.start();
    expect(world.session.snapshot()).toEqual({ status: "signed-in", staff: ada });
  });

  it("is signed out, and says nothing of an end, when there was none", async () => {
    world.signedIn = false;
    await world.session.start();
    expect(world.session.snapshot()).toEqual({ status: "signed-out", ended: false });
  });

  it("tells an unreachable server from a refusal, and can be started again", async () => {
    world.reachable = false;
    await world.session.start();
    expect(status()).toBe("unreachable");
    world.reachable = true;
    await world.session.start();
    expect(status()).toBe("signed-in");
  });

  it("sends the token, and refreshes once for many requests that were refused", async () => {
    await world.session.start();
    world.tokens += 1;
    const answers = await Promise.all([1, 2, 3].map((id) => world.session.request(`/api/thing/${id}`)));
    expect(answers).toEqual(["data", "data", "data"]);
    expect(world.refreshes).toBe(2);
  });

  it("renews the token a minute before it expires, again and again", async () => {
    await world.session.start();
    await world.pass(839_000);
    expect(world.refreshes).toBe(1);
    await world.pass(1_000);
    expect(world.refreshes).toBe(2);
    await world.pass(840_000);
    expect(world.refreshes).toBe(3);
    expect(await world.session.accessToken()).toBe("token-3");
  });

  it("does not hand out a token that is over, as after a sleep", async () => {
    await world.session.start();
    world.time += 900_000;
    expect(await world.session.accessToken()).toBe("token-2");
  });

  it("tries again when the network failed at the time of the renewal", async () => {
    await world.session.start();
    world.reachable = false;
    await world.pass(840_000);
    world.reachable = true;
    await world.pass(15_000);
    expect(status()).toBe("signed-in");
    expect(world.refreshes).toBe(2);
  });

  it("ends, and says so, when the refresh is refused", async () => {
    await world.session.start();
    world.signedIn = false;
    world.tokens += 1;
    await expect(world.session.request("/api/thing")).rejects.toBeInstanceOf(Problem);
    expect(world.session.snapshot()).toEqual({ status: "signed-out", ended: true });
  });

  it("forgets the token on sign-out, also when the server cannot be reached, and refreshes no more", async () => {
    await world.session.start();
    world.reachable = false;
    await expect(world.session.signOut()).rejects.toBeInstanceOf(Problem);
    expect(world.session.snapshot()).toEqual({ status: "signed-out", ended: false });
    expect(world.timers).toEqual([]);
  });

  it("does not let a late refresh undo a sign-out", async () => {
    await world.session.start();
    const late = world.session.request("/api/thing").catch(() => {});
    world.time += 900_000;
    const renewal = world.session.accessToken().catch(() => "");
    await world.session.signOut();
    await Promise.all([late, renewal]);
    expect(status()).toBe("signed-out");
  });

  it("says why a sign-in was refused and stays signed out", async () => {
    world.signedIn = false;
    await world.session.start();
    await expect(world.session.signIn("ada@example.com", "wrong")).rejects.toMatchObject({ status: 401 });
    world.signedIn = true;
    await world.session.signIn("ada@example.com", "demo");
    expect(status()).toBe("signed-in");
  });
});
