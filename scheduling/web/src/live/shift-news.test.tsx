import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Schedule } from "../api/types";
import type { ShiftChanges } from "./announcements";
import { useShiftNews } from "./shift-news";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function shift(id: number, version = 1, by = 1): Schedule {
  const times = { starts_at: "2026-11-24T07:00:00Z", ends_at: "2026-11-24T15:00:00Z", timezone: "UTC" };
  const words = { role: "Nurse", location: "East", note: "", status: "published" as const };
  const updated_by = { id: by, name: `Person ${by}` };
  return { id, staff_id: 3, ...times, ...words, version, updated_by, updated_at: "2026-11-20T09:00:00Z" };
}

const week = (...rows: Schedule[]): ReadonlyMap<number, Schedule> => new Map(rows.map((row) => [row.id, row]));

function watch(first?: ReadonlyMap<number, Schedule>) {
  const told: number[][] = [];
  const news = {
    me: 2,
    ownDeletes: new Set<number>(),
    tell: (changes: ShiftChanges) => told.push([...changes.keys()]),
  };
  const hook = renderHook(({ shifts, scope }) => useShiftNews(shifts, scope, news), {
    initialProps: { shifts: first, scope: "week 48" },
    wrapper: StrictMode,
  });
  const show = (shifts: ReadonlyMap<number, Schedule>, scope = "week 48") => hook.rerender({ shifts, scope });
  return { told, news, hook, show };
}

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTime(milliseconds));

describe("useShiftNews", () => {
  it("is silent about what is there at first", () => {
    const { told, show } = watch();
    show(week(shift(1), shift(2)));
    pass(10_000);
    expect(told).toEqual([]);
  });

  it("tells a change by somebody else once, and marks it as fresh for a while", () => {
    const { told, hook, show } = watch(week(shift(1)));
    show(week(shift(1, 2)));
    expect([...hook.result.current]).toEqual([1]);
    pass(1_000);
    expect(told).toEqual([[1]]);
    pass(10_000);
    expect(told).toEqual([[1]]);
    expect(hook.result.current.size).toBe(0);
  });

  it("tells a burst as one", () => {
    const { told, show } = watch(week());
    show(week(shift(1)));
    pass(300);
    show(week(shift(1), shift(2)));
    pass(300);
    show(week(shift(1), shift(2), shift(3)));
    pass(1_000);
    expect(told).toEqual([[1, 2, 3]]);
  });

  it("does not wait for ever while changes keep coming", () => {
    const { told, show } = watch(week());
    const rows: Schedule[] = [];
    for (let id = 1; id <= 20; id += 1) {
      rows.push(shift(id));
      show(week(...rows));
      pass(300);
    }
    expect(told.length).toBe(1);
    expect(told[0]?.length).toBeGreaterThan(10);
  });

  it("is silent about one's own saves and deletes", () => {
    const { told, news, show } = watch(week(shift(1), shift(2)));
    news.ownDeletes.add(2);
    show(week(shift(1, 2, news.me)));
    pass(10_000);
    expect(told).toEqual([]);
    expect(news.ownDeletes.size).toBe(0);
  });

  it("is silent when another week is shown", () => {
    const { told, show } = watch(week(shift(1)));
    show(week(shift(7), shift(8)), "week 49");
    pass(10_000);
    expect(told).toEqual([]);
  });
});
