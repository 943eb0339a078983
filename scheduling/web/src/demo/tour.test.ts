// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import { cutNetwork } from "./network";
import { STEPS, Tour } from "./tour";

/** A browser's storage, with what was kept. */
function storage(kept: string | null = null) {
  return {
    kept,
    getItem: () => kept,
    setItem: (_: string, value: string) => {
      kept = value;
    },
  };
}

describe("the tour", () => {
  it("opens by itself once, and is remembered", () => {
    const browser = storage();
    const first = new Tour(browser, true);
    expect(first.snapshot()).toEqual({ open: true, folded: false, done: [] });
    expect(first.tick("undo")).toBe(true);
    expect(first.tick("type")).toBe(true);
    expect(first.tick("undo")).toBe(false);
    first.close();
    expect(new Tour(browser, true).snapshot()).toEqual({ open: false, folded: false, done: ["type", "undo"] });
  });

  it("goes on where it was left, and begins anew after its end", () => {
    const seen = new Tour(storage(), false);
    seen.tick("cut");
    seen.open();
    expect(seen.snapshot()).toEqual({ open: true, folded: false, done: ["cut"] });
    for (const step of STEPS) seen.tick(step);
    seen.open();
    expect(seen.snapshot().done).toEqual([]);
  });

  it("leaves out what makes no sense any more", () => {
    for (const kept of ["nonsense", "null", "7"]) expect(new Tour(storage(kept), true).snapshot().done).toEqual([]);
    const odd = storage('{"open":"yes","done":["undo","dance",3]}');
    expect(new Tour(odd, true).snapshot()).toEqual({ open: false, folded: false, done: ["undo"] });
  });

  it("stays folded until it is unfolded, or opened anew", () => {
    const browser = storage();
    const seen = new Tour(browser, true);
    seen.fold();
    expect(new Tour(browser, true).snapshot()).toMatchObject({ open: true, folded: true });
    seen.unfold();
    expect(seen.snapshot()).toMatchObject({ open: true, folded: false });
    seen.fold();
    seen.open();
    expect(seen.snapshot()).toMatchObject({ open: true, folded: false });
  });

  it("tells who listens", () => {
    const seen = new Tour(null, false);
    const listener = vi.fn();
    const stop = seen.subscribe(listener);
    seen.tick("type");
    stop();
    seen.tick("undo");
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe("the cut network", () => {
  it("reaches nothing until it is mended", async () => {
    const asked: string[] = [];
    const client = { connect: () => void asked.push("connect"), disconnect: () => void asked.push("disconnect") };
    const ways = { fetch: async () => new Response("here"), WebSocket };
    const real = { ...ways };
    const mend = cutNetwork(client, ways);
    await expect(ways.fetch()).rejects.toBeInstanceOf(TypeError);
    const closed = new Promise((resolve) => {
      new ways.WebSocket("ws://127.0.0.1").onclose = resolve;
    });
    expect(await closed).toMatchObject({ code: 1006 });
    mend();
    expect(ways).toEqual(real);
    expect(asked).toEqual(["disconnect", "connect", "connect"]);
  });
});
