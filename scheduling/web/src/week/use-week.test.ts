import { expect, it } from "vitest";
import type { Schedule } from "../api/types";
import { union } from "./use-week";

const list = (...rows: { id: number; version: number }[]) => new Map(rows.map((row) => [row.id, row as Schedule]));

it("has the higher version of a shift that stands in both lists, whichever of them has it", () => {
  const [older, newer] = [list({ id: 1, version: 2 }), list({ id: 1, version: 3 })];
  expect([...union(older, newer).values()]).toEqual([{ id: 1, version: 3 }]);
  expect([...union(newer, older).values()]).toEqual([{ id: 1, version: 3 }]);
});

it("has what stands in one of the lists, and changes neither", () => {
  const [left, right] = [list({ id: 1, version: 1 }), list({ id: 2, version: 1 })];
  expect([...union(left, right).keys()]).toEqual([1, 2]);
  expect([left.size, right.size]).toEqual([1, 1]);
  expect(union(left, undefined)).toBe(left);
});
