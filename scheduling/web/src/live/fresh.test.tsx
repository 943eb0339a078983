// @vitest-environment happy-dom

import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Fresh, FreshContext, useFresh } from "./fresh";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

function watch(id: number, fresh: Fresh) {
  let drawn = 0;
  const wrapper = ({ children }: { children: ReactNode }) => <FreshContext value={fresh}>{children}</FreshContext>;
  const hook = renderHook(
    () => {
      drawn += 1;
      return useFresh(id);
    },
    { wrapper },
  );
  return { hook, drawn: () => drawn };
}

describe("useFresh", () => {
  it("is true for a while after the row changed, and longer when it changes again", () => {
    const fresh = new Fresh();
    const { hook } = watch(1, fresh);
    act(() => fresh.mark([1]));
    expect(hook.result.current).toBe(true);
    pass(3_000);
    act(() => fresh.mark([1]));
    pass(3_000);
    expect(hook.result.current).toBe(true);
    pass(1_000);
    expect(hook.result.current).toBe(false);
  });

  it("does not draw the cards of other rows", () => {
    const fresh = new Fresh();
    const [first, second] = [watch(1, fresh), watch(2, fresh)];
    act(() => fresh.mark([1]));
    expect([first.drawn(), second.drawn()]).toEqual([2, 1]);
  });
});
