import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { paced } from "./pace";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Each drawing takes so many milliseconds. */
function pacing(drawing: number) {
  const drawn: string[] = [];
  let clock = 0;
  const schedule = paced(() => clock);
  const ask = (what: string) =>
    schedule(() => {
      drawn.push(what);
      clock += drawing;
    });
  return { ask, drawn };
}

describe("paced", () => {
  it("calls back at once what comes alone", async () => {
    const { ask, drawn } = pacing(10);
    ask("first");
    expect(drawn).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(drawn).toEqual(["first"]);
    await vi.advanceTimersByTimeAsync(1_000);
    ask("second");
    await vi.advanceTimersByTimeAsync(0);
    expect(drawn).toEqual(["first", "second"]);
  });

  it("rests after it has drawn, and then draws together what came", async () => {
    const { ask, drawn } = pacing(10);
    ask("first");
    await vi.advanceTimersByTimeAsync(0);
    ask("second");
    ask("third");
    await vi.advanceTimersByTimeAsync(15);
    expect(drawn).toEqual(["first"]);
    await vi.advanceTimersByTimeAsync(10);
    expect(drawn).toEqual(["first", "second", "third"]);
  });

  it("rests for a tenth of a second at most", async () => {
    const { ask, drawn } = pacing(5_000);
    ask("first");
    await vi.advanceTimersByTimeAsync(0);
    ask("second");
    await vi.advanceTimersByTimeAsync(105);
    expect(drawn).toEqual(["first", "second"]);
  });

  it("reports what is thrown, and goes on", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const schedule = paced(() => 0);
    const called = vi.fn();
    schedule(() => {
      throw new Error("broken");
    });
    schedule(called);
    await vi.advanceTimersByTimeAsync(0);
    schedule(called);
    await vi.advanceTimersByTimeAsync(100);
    expect(reported).toHaveBeenCalledOnce();
    expect(called).toHaveBeenCalledTimes(2);
    vi.unstubAllGlobals();
  });
});
