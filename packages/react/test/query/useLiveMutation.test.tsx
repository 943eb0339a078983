import { expect, test } from "vitest";
import { pass } from "../page.js";
import { later, type Shift, titles } from "./desk.js";
import { Stale, scriptedEditor } from "./editor.js";

const on = scriptedEditor();

test("it shows at once, and settles on an answer that brings the row", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  const kept = await on.edit({ id: 1, title: "b" });
  expect(text()).toEqual(["1b", ""]);
  expect(on.asked[0]?.version).toBe(1);
  expect(on.asked[0]?.context.requestId).toMatch(/^[0-9a-f]{32}$/);
  on.asked[0]?.answer.resolve(on.saved(1, { title: "b, as saved" }));
  await pass(10);
  expect(text()).toEqual(["1b, as saved", ""]);
  expect(kept.outcome).toEqual({ status: "saved", answer: on.database.rows.get(1) });
});

test.each(["", ".2"])("it settles on its own event, id and %j, before the answer", async (suffix) => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  const kept = await on.edit({ id: 1, title: "b" });
  on.database.save(1, { title: "b!" }, { id: `${on.asked[0]?.context.requestId}${suffix}` });
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b!", { status: "saved", answer: undefined }]);
  on.database.save(1, { title: "c" });
  await pass(10);
  expect(text()[0]).toBe("1c");
  on.asked[0]?.answer.resolve({ ...(on.database.rows.get(1) as Shift), version: 2, title: "b!" });
  await pass(10);
  expect([text()[0], kept.outcome?.status]).toEqual(["1c", "saved"]);
});

test("an edit of two rows is saved once its own events have come for both", async () => {
  for (const id of [1, 2]) on.database.commit(id, { title: "a" });
  const text = await on.desk();
  const kept = await on.edit({ id: 1, other: 2, title: "b" });
  const requestId = on.asked[0]?.context.requestId;
  on.database.save(1, { title: "b" }, { id: `${requestId}.1` });
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b 2b", undefined]);
  on.database.save(2, { title: "b" }, { id: `${requestId}.2` });
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b 2b", { status: "saved", answer: undefined }]);
});

test("an answer after its event: a newer row is taken in, an error changes nothing", async () => {
  for (const id of [1, 2]) on.database.commit(id, { title: "a" });
  const text = await on.desk();
  for (const id of [1, 2]) {
    await on.edit({ id, title: "b" });
    on.database.save(id, { title: "b" }, { id: on.asked.at(-1)?.context.requestId as string });
  }
  await pass(10);
  on.asked[0]?.answer.resolve(on.saved(1, { title: "newer" }));
  on.asked[1]?.answer.reject(new Stale({ ...(on.database.rows.get(2) as Shift), version: 9, title: "stale" }));
  await pass(10);
  expect([text()[0], on.database.reads]).toEqual(["1newer 2b", 2]);
});

test("without versions, an answer after its event says nothing", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ versions: false });
  await on.edit({ id: 1, title: "b" });
  const event = { ...on.database.commit(1, { title: "b" }), id: on.asked[0]?.context.requestId as string };
  const stale = on.database.rows.get(1);
  const newer = on.database.commit(1, { title: "c" });
  for (const { version: _, ...each } of [event, newer as typeof event]) on.server.publish("shifts", each);
  await pass(10);
  on.asked[0]?.answer.resolve(stale);
  await pass(10);
  expect(text()[0]).toBe("1c");
});

test("another's event is seen beneath the edit, which stays", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  await on.edit({ id: 1, title: "b" });
  on.database.save(1, { title: "x", day: "tue" });
  await pass(10);
  expect(text()).toEqual(["", "1b"]);
});

test("its own event came, and then no answer: saved all the same", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  const kept = await on.edit({ id: 1, title: "b" });
  on.database.save(1, { title: "b" }, { id: on.asked[0]?.context.requestId as string });
  on.asked[0]?.answer.reject(new Error("no answer"));
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b", { status: "saved", answer: undefined }]);
});

test("refused: rolled back, with the reason", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  const kept = await on.edit({ id: 1, title: "b", day: "tue" });
  expect(text()).toEqual(["", "1b"]);
  const error = new Error("overlaps");
  on.asked[0]?.answer.reject(error);
  await pass(10);
  expect(text()).toEqual(["1a", ""]);
  expect(kept.outcome).toEqual({ status: "refused", error });
});

test("somebody else was first: rolled back to their row, and they are named", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  const kept = await on.edit({ id: 1, title: "b" });
  const error = new Stale(on.saved(1, { title: "theirs", day: "tue" }) ?? null);
  on.asked[0]?.answer.reject(error);
  await pass(10);
  expect(text()).toEqual(["", "1theirs"]);
  expect(kept.outcome).toEqual({ status: "conflict", error, current: error.current, by: "Mona" });
});

test("somebody else deleted it", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  const kept = await on.edit({ id: 1, title: "b" });
  on.asked[0]?.answer.reject(new Stale(null));
  await pass(10);
  expect(text()).toEqual(["", ""]);
  expect(kept.outcome).toMatchObject({ status: "conflict", current: null });
});

test("a new row has an id of its own until its event brings the server's", async () => {
  const text = await on.desk();
  const kept = await on.edit({ id: -1, title: "new" });
  expect(text()[0]).toBe("-1new");
  on.database.save(7, { title: "new" }, { id: on.asked[0]?.context.requestId as string });
  await pass(10);
  expect(text()[0]).toBe("7new");
  on.asked[0]?.answer.resolve(on.database.rows.get(7));
  await pass(10);
  expect([text()[0], kept.outcome?.status]).toEqual(["7new", "saved"]);
});

test("a deleted row is gone at once, for good when the answer comes, and back when it is refused", async () => {
  for (const id of [1, 2]) on.database.commit(id, { title: "a" });
  const text = await on.desk();
  await on.edit({ id: 1 });
  await on.edit({ id: 2 });
  expect(text()[0]).toBe("");
  on.database.drop(1);
  on.asked[0]?.answer.resolve(undefined);
  on.asked[1]?.answer.reject(new Error("refused"));
  await pass(10);
  expect([text()[0], on.database.reads]).toEqual(["2a", 2]);
});

test("its own event says that the row left one channel: the edit stays until the row comes on the other", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ tuesdays: "tuesdays" });
  await on.edit({ id: 1, title: "b", day: "tue" });
  const moved = on.saved(1, { title: "b", day: "tue" }) as Shift;
  const id = on.asked[0]?.context.requestId;
  const left = { type: "shift:deleted", payload: { shiftId: 1 }, key: "shift:1", version: 2, id: `${id}.1` };
  on.server.publish("shifts", left);
  await pass(10);
  expect(text()).toEqual(["", "1b"]);
  on.asked[0]?.answer.resolve(moved);
  await pass(10);
  expect(text()).toEqual(["", "1b"]);
});

test("a row that is deleted settles on its own event", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  await on.edit({ id: 1 });
  on.database.remove(1, { id: `${on.asked[0]?.context.requestId}.x` });
  await pass(10);
  on.database.save(1, { title: "anew" });
  await pass(10);
  expect(text()[0]).toBe("1anew");
});

test("an answer that brings no row: the edit stays until the queries have been fetched again", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ tellsRows: false });
  const kept = await on.edit({ id: 1, title: "b" });
  const gate = later();
  on.database.gate = gate.promise;
  on.asked[0]?.answer.resolve(on.saved(1, { title: "b, as saved" }));
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b", undefined]);
  gate.resolve();
  await pass(10);
  expect([text()[0], kept.outcome?.status]).toEqual(["1b, as saved", "saved"]);
});

test("the cache never holds what the server has not said, and a hundred edits is the limit", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk();
  for (let number = 0; number < 100; number += 1) await on.edit({ id: 1, title: `b${number}` });
  expect(titles(on.queries.getQueryData(["shifts", "mon"]))).toBe("1a");
  expect((await on.edit({ id: 1, title: "c" })).outcome).toMatchObject({ status: "refused" });
});
