// @vitest-environment happy-dom

import { act, renderHook } from "@testing-library/react";
import type { ConnectionStatus } from "@tidings/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useOutageOf } from "./outage";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function watch(first: ConnectionStatus["status"]) {
  const hook = renderHook(useOutageOf, { initialProps: first });
  return { outage: () => hook.result.current, become: hook.rerender };
}

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

describe("useOutageOf", () => {
  it("says nothing of a hiccup", () => {
    const { outage, become } = watch("connected");
    become("offline");
    pass(1_500);
    become("connecting");
    pass(1_499);
    expect(outage()).toMatchObject({ gone: true, told: false });
    become("connected");
    pass(10_000);
    expect(outage()).toEqual({ gone: false, told: false, since: null });
  });

  it("is told after three seconds without connection, with the moment at which it was lost", () => {
    const { outage, become } = watch("connected");
    pass(60_000);
    become("offline");
    pass(2_000);
    become("connecting");
    pass(1_000);
    expect(outage()).toEqual({ gone: true, told: true, since: 1_060_000 });
  });

  it("knows no such moment when there was never a connection", () => {
    const { outage } = watch("connecting");
    pass(3_000);
    expect(outage()).toEqual({ gone: true, told: true, since: null });
  });

  it("is not what a refusal is: then no connection is sought", () => {
    const { outage, become } = watch("connected");
    become("refused");
    pass(10_000);
    expect(outage().gone).toBe(false);
  });
});
