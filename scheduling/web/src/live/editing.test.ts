import { expect, it, vi } from "vitest";
import { Editing, editorsOf } from "./editing";

const user = (id: number, ...editing: (number | null)[]) => ({
  user_id: String(id),
  connections: editing.length,
  metadata: editing.map((shift) => ({ week: "2030-01-07", editing: shift })),
});

it("says who edits which shift, once each, whatever the number of their pages", () => {
  const editors = editorsOf([user(1, 12, null, 12), user(2, null), user(3, 12, 13)]);
  expect([...editors]).toEqual([
    [12, [1, 3]],
    [13, [3]],
  ]);
});

it("takes what was said without all fields", () => {
  const partly = { user_id: "1", connections: 1, metadata: [{ week: "2030-01-07" }] };
  expect(editorsOf([partly as never]).size).toBe(0);
});

it("tells only the shifts whose editors are others now", () => {
  const editing = new Editing();
  const [twelve, thirteen] = [vi.fn(), vi.fn()];
  editing.listen(12, twelve);
  const undo = editing.listen(13, thirteen);
  editing.take(editorsOf([user(1, 12)]));
  const before = editing.of(12);
  editing.take(editorsOf([user(1, 12, 13)]));
  expect([twelve.mock.calls.length, thirteen.mock.calls.length]).toEqual([1, 1]);
  expect(editing.of(12)).toBe(before);
  undo();
  editing.take(new Map());
  expect([twelve.mock.calls.length, thirteen.mock.calls.length]).toEqual([2, 1]);
  expect(editing.of(12)).toEqual([]);
});
