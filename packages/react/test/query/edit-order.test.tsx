/** Edits of one row, one after the other. */
import { expect, test } from "vitest";
import { pass } from "../page.js";
import { Stale, scriptedEditor } from "./editor.js";

const on = scriptedEditor();

test("its own event came, and the answer never does: the row's next edits are sent all the same", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  for (let number = 1; number <= 150; number += 1) {
    const kept = await on.edit({ id: 1, title: `b${number}` });
    on.database.save(1, { title: `b${number}` }, { id: on.asked.at(-1)?.context.requestId as string });
    await pass(10);
    expect(kept.outcome).toEqual({ status: "saved", answer: undefined });
  }
  expect(on.asked.map(({ version }) => version)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  expect([text()[0], on.shifts.pending, on.database.reads]).toEqual(["1b150", 0, 2]);
});

test("edits that wait are sent when the own event of the one before them comes, with the version that it brought", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk();
  await on.edit({ id: 1, title: "b" });
  await on.edit({ id: 1, title: "c" });
  on.database.save(1, { title: "b" }, { id: on.asked[0]?.context.requestId as string });
  await pass(10);
  expect(on.asked.map(({ input, version }) => [input.title, version])).toEqual([
    ["b", 1],
    ["c", 2],
  ]);
});

test("rapid edits of one row are sent in order, each with the version that the one before it brought", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  await on.edit({ id: 1, title: "b" });
  await on.edit({ id: 1, title: "c" });
  await on.edit({ id: 1, title: "d", day: "tue" });
  expect(text()).toEqual(["", "1d"]);
  expect(on.asked.map(({ input }) => input.title)).toEqual(["b"]);
  for (const title of ["b", "c", "d"]) {
    on.asked.at(-1)?.answer.resolve(on.saved(1, { title, ...(title === "d" && { day: "tue" }) }));
    await pass(10);
    expect(text()).toEqual(["", "1d"]);
  }
  expect(on.asked.map(({ input, version }) => [input.title, version])).toEqual([
    ["b", 1],
    ["c", 2],
    ["d", 3],
  ]);
});

test("another's change between two edits of one row is not overwritten unseen", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk();
  await on.edit({ id: 1, title: "b" });
  await on.edit({ id: 1, title: "c" });
  const own = on.saved(1, { title: "b" });
  on.database.save(1, { title: "theirs" });
  on.asked[0]?.answer.resolve(own);
  await pass(10);
  expect(on.asked[1]?.version).toBe(2);
});

test("an edit of what was read before another's change is sent with the version that was read", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk();
  on.database.save(1, { title: "theirs" });
  await pass(10);
  await on.edit({ id: 1, title: "b", seen: 1 });
  expect(on.asked.map(({ version }) => version)).toEqual([1]);
});

test("own edits move on the version that was read: what was read while they were under way, is sent after them", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk();
  for (const title of ["b", "c", "d"]) await on.edit({ id: 1, title, seen: 1 });
  for (const title of ["b", "c"]) {
    on.database.save(1, { title }, { id: on.asked.at(-1)?.context.requestId as string });
    await pass(10);
  }
  on.asked[2]?.answer.resolve(on.saved(1, { title: "d" }));
  await pass(10);
  await on.edit({ id: 1, title: "e", seen: 2 });
  expect(on.asked.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
  on.asked[3]?.answer.resolve(on.saved(1, { title: "e" }));
  await pass(10);
  on.database.save(1, { title: "theirs" });
  await pass(10);
  await on.edit({ id: 1, title: "f", seen: 4 });
  expect(on.asked[4]?.version).toBe(5);
});

test("after a conflict those that wait are dropped with it; after a refusal they are sent", async () => {
  on.database.commit(1, { title: "a" });
  on.database.commit(2, { title: "a" });
  const text = await on.desk();
  await on.edit({ id: 1, title: "b" });
  const dropped = await on.edit({ id: 1, title: "c" });
  await on.edit({ id: 2, title: "b" });
  await on.edit({ id: 2, title: "c" });
  on.asked[0]?.answer.reject(new Stale(on.saved(1, { title: "theirs" }) ?? null));
  on.asked[1]?.answer.reject(new Error("refused"));
  await pass(10);
  expect(dropped.outcome).toMatchObject({ status: "conflict", by: "Mona" });
  expect(on.asked.map(({ input, version }) => [input.id, input.title, version])).toEqual([
    [1, "b", 1],
    [2, "b", 1],
    [2, "c", 1],
  ]);
  expect(text()[0]).toBe("1theirs 2c");
});

test("edits of different rows do not wait for each other", async () => {
  for (const id of [1, 2]) on.database.commit(id, { title: "a" });
  await on.desk();
  await on.edit({ id: 1, title: "b" });
  await on.edit({ id: 2, title: "b" });
  expect(on.asked).toHaveLength(2);
});

test("what an edit was sent with does not change under its hands", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk();
  await on.edit({ id: 1, title: "b" });
  const { context } = on.asked[0] as (typeof on.asked)[number];
  on.database.save(1, { title: "b" }, { id: context.requestId });
  await pass(10);
  expect(context.versionOf(1)).toBe(1);
});
