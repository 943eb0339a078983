// @vitest-environment happy-dom

import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Changes } from "./changes";
import { useNews } from "./news";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Item {
  readonly id: number;
  readonly version: number;
  readonly by: string;
}

const item = (id: number, version = 1, by = "another"): Item => ({ id, version, by });
const week = (...rows: Item[]): ReadonlyMap<number, Item> => new Map(rows.map((row) => [row.id, row]));

function watch(first?: ReadonlyMap<number, Item>) {
  const told: number[][] = [];
  const marked: number[] = [];
  const listener = {
    ignores: ({ after }: { after: Item | null }) => after?.by === "me",
    mark: (ids: readonly number[]) => marked.push(...ids),
    tell: (changes: Changes<Item>) => told.push([...changes.keys()]),
  };
  const hook = renderHook(({ rows, scope }) => useNews(rows, scope, listener), {
    initialProps: { rows: first, scope: "week 48" },
    wrapper: StrictMode,
  });
  const show = (rows: ReadonlyMap<number, Item>, scope = "week 48") => hook.rerender({ rows, scope });
  return { told, marked, show };
}

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

describe("useNews", () => {
  it("is silent about what is there at first", () => {
    const { told, show } = watch();
    show(week(item(1), item(2)));
    pass(10_000);
    expect(told).toEqual([]);
  });

  it("marks a change by somebody else at once, and tells it once", () => {
    const { told, marked, show } = watch(week(item(1)));
    show(week(item(1, 2)));
    expect(marked).toEqual([1]);
    pass(10_000);
    expect([told, marked]).toEqual([[[1]], [1]]);
  });

  it("tells a burst as one", () => {
    const { told, show } = watch(week());
    show(week(item(1)));
    pass(300);
    show(week(item(1), item(2)));
    pass(300);
    show(week(item(1), item(2), item(3)));
    pass(1_000);
    expect(told).toEqual([[1, 2, 3]]);
  });

  it("does not wait for ever while changes keep coming", () => {
    const { told, show } = watch(week());
    const rows: Item[] = [];
    for (let id = 1; id <= 20; id += 1) {
      rows.push(item(id));
      show(week(...rows));
      pass(300);
    }
    expect(told.length).toBe(1);
    expect(told[0]?.length).toBeGreaterThan(10);
  });

  it("is silent about what the listener ignores", () => {
    const { told, marked, show } = watch(week(item(1)));
    show(week(item(1, 2, "me")));
    pass(10_000);
    expect([told, marked]).toEqual([[], []]);
  });

  it("is silent about what came and went unseen", () => {
    const { told, show } = watch(week());
    show(week(item(1)));
    show(week());
    pass(10_000);
    expect(told).toEqual([]);
  });

  it("is silent when another week is shown", () => {
    const { told, show } = watch(week(item(1)));
    show(week(item(7), item(8)), "week 49");
    pass(10_000);
    expect(told).toEqual([]);
  });
});
