/** Edits that are made without connection, or reach nobody: kept, marked, and sent in order once they can be. */
import { hold } from "@tidings/react/query/offline";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pass } from "../page.js";
import { later, type Shift } from "./desk.js";
import { type Edit, Stale, scriptedEditor } from "./editor.js";

const on = scriptedEditor();
const onHeld = vi.fn();

class Unreachable extends Error {}

const offline = hold<Edit>({ unreachable: (error) => error instanceof Unreachable, onHeld });

beforeEach(() => {
  onHeld.mockClear();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});

afterEach(() => vi.restoreAllMocks());

/** What was sent: the row, what it is to say, and the version that was seen of it. */
const sent = () =>
  on.asked.map(({ input, context, version }) => [Number(context.idOf(input.id)), input.title, version]);

/** Answers the request that was sent last, as the server does that saves it. */
async function save(): Promise<void> {
  const { input, context, answer } = on.asked.at(-1) as (typeof on.asked)[number];
  const id = Number(context.idOf(input.id));
  answer.resolve(on.saved(id < 0 ? 100 - id : id, { title: input.title as string }));
  await pass(10);
}

const miss = async (error: Error = new Unreachable()) => {
  on.asked.at(-1)?.answer.reject(error);
  await pass(0);
};

test("made without connection: shown, marked, and sent once there is one and the queries have caught up", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ offline });
  await on.cut();
  const kept = await on.edit({ id: 1, title: "b" });
  expect([text()[0], on.held(), on.asked]).toEqual(["1b", "1", []]);
  expect(onHeld.mock.calls).toEqual([[{ id: 1, title: "b" }, expect.any(Function)]]);
  await pass(20_000);
  const gate = later();
  on.database.gate = gate.promise;
  on.server.log("shifts").epoch = "f";
  await on.mend();
  expect([on.asked, on.held()]).toEqual([[], "1"]);
  on.database.gate = Promise.resolve();
  gate.resolve();
  await pass(10);
  expect([sent(), on.held(), text()[0], kept.outcome]).toEqual([[[1, "b", 1]], "", "1b", undefined]);
  await save();
  expect([text()[0], kept.outcome?.status, onHeld.mock.calls.length]).toEqual(["1b", "saved", 1]);
});

test("with a connection it is sent at once", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk({ offline });
  const kept = await on.edit({ id: 1, title: "b" });
  expect([sent(), on.held()]).toEqual([[[1, "b", 1]], ""]);
  await miss(new Error("refused"));
  expect([kept.outcome?.status, onHeld.mock.calls]).toEqual(["refused", []]);
});

test("it reached nobody: held with those that wait for it, and sent again after a pause, by the same name", async () => {
  for (const id of [1, 2]) on.database.commit(id, { title: "a" });
  const text = await on.desk({ offline });
  await on.edit({ id: 1, title: "b" });
  await on.edit({ id: 1, title: "c" });
  await miss();
  await on.edit({ id: 2, title: "d" });
  expect([on.held(), text()[0], on.asked.length]).toEqual(["1 1 2", "1c 2d", 1]);
  await pass(499);
  expect(on.asked.length).toBe(1);
  await pass(1);
  expect([on.asked.length, on.held()]).toEqual([2, "1 2"]);
  expect(on.asked[1]?.context.requestId).toBe(on.asked[0]?.context.requestId);
  await miss();
  await pass(999);
  expect(on.asked.length).toBe(2);
  await pass(1);
  for (let number = 0; number < 3; number += 1) await save();
  expect(sent().slice(2)).toEqual([
    [1, "b", 1],
    [1, "c", 2],
    [2, "d", 1],
  ]);
  expect([text()[0], on.held(), on.shifts.pending]).toEqual(["1c 2d", "", 0]);
});

test("its answer was lost, and its own event comes on return: saved, and not sent again", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ offline });
  const kept = await on.edit({ id: 1, title: "b" });
  const requestId = on.asked[0]?.context.requestId as string;
  await on.cut();
  await miss();
  on.database.save(1, { title: "b!" }, { id: `${requestId}.1` });
  await on.mend();
  expect([text()[0], on.held(), on.asked.length]).toEqual(["1b!", "", 1]);
  expect(kept.outcome).toEqual({ status: "saved", answer: undefined });
});

test("those that are held are sent in order, one after the other, and what is made meanwhile after them", async () => {
  for (const id of [1, 2, 3]) on.database.commit(id, { title: "a" });
  const text = await on.desk({ offline });
  await on.cut();
  await on.edit({ id: 1, title: "b" });
  await on.edit({ id: 2, title: "c" });
  await on.edit({ id: 1, title: "d" });
  await on.mend();
  await on.edit({ id: 3, title: "e" });
  expect([sent().length, on.held()]).toEqual([1, "2 1 3"]);
  for (let number = 0; number < 4; number += 1) await save();
  expect(sent()).toEqual([
    [1, "b", 1],
    [2, "c", 1],
    [1, "d", 2],
    [3, "e", 1],
  ]);
  expect(text()[0]).toBe("1d 2c 3e");
});

test.each(["conflict", "refused"])(
  "a %s takes those with it that were made knowing of it, and no others",
  async (status) => {
    for (const id of [1, 2]) on.database.commit(id, { title: "a" });
    const text = await on.desk({ offline });
    await on.cut();
    const kept = [];
    for (const edit of [
      { id: 1, title: "b" },
      { id: 2, title: "c" },
      { id: 1, other: 3, title: "d" },
      { id: 3, title: "e" },
    ]) {
      kept.push(await on.edit(edit));
    }
    on.database.save(1, { title: "theirs" });
    await on.mend();
    expect(text()[0]).toBe("1d 2c 3e");
    const error = status === "conflict" ? new Stale(on.database.rows.get(1) ?? null) : new Error("overlaps");
    await miss(error);
    expect([sent(), on.held()]).toEqual([
      [
        [1, "b", 1],
        [2, "c", 1],
      ],
      "",
    ]);
    await save();
    expect(text()[0]).toBe("1theirs 2c");
    expect(kept.map(({ outcome }) => outcome?.status)).toEqual([status, "saved", status, status]);
    expect(kept.map(({ outcome }) => outcome?.status !== "saved" && outcome?.error === error)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  },
);

test("rows that are new while they are held: later edits go by the numbers that the server gives them", async () => {
  on.database.commit(1, { title: "a" });
  const brought: Shift[] = [];
  const text = await on.desk({ offline, answered: () => brought });
  await on.cut();
  await on.edit({ id: -1, other: -2, title: "new" });
  await on.edit({ id: -2, title: "b" });
  await on.edit({ id: -1 });
  expect([text()[0], on.held()]).toEqual(["-2b 1a", "-1+-2 -2 -1"]);
  await on.mend();
  for (const id of [101, 102]) brought.push(on.saved(id, { title: "new" }) as Shift);
  on.asked[0]?.answer.resolve(undefined);
  await pass(10);
  expect([text()[0], on.held()]).toEqual(["1a 102b", "101"]);
  brought.splice(0, 2, on.saved(102, { title: "b" }) as Shift);
  on.asked[1]?.answer.resolve(undefined);
  await pass(10);
  expect(sent()).toEqual([
    [-1, "new", undefined],
    [102, "b", 1],
    [101, undefined, 1],
  ]);
  on.database.drop(101);
  brought.length = 0;
  on.asked[2]?.answer.resolve(undefined);
  await pass(10);
  expect([text()[0], on.held(), on.shifts.pending]).toEqual(["1a 102b", "", 0]);
});

test("at most 100 are held", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk({ offline });
  await on.cut();
  for (let number = 0; number < 100; number += 1) await on.edit({ id: 1, title: `b${number}` });
  const { outcome } = await on.edit({ id: 1, title: "one more" });
  expect(outcome).toEqual({ status: "refused", error: new Error("100 edits are under way") });
  expect(onHeld).toHaveBeenCalledTimes(100);
});

test("no answer within its time and no connection: it goes on, and is held once its request has failed", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ offline });
  const kept = await on.edit({ id: 1, title: "b" });
  await on.cut();
  await pass(25_000);
  expect(on.held()).toBe("");
  await pass(6_000);
  expect([on.held(), text()[0], kept.outcome]).toEqual(["1", "1b", undefined]);
  await miss();
  await on.mend();
  expect(on.asked.length).toBe(2);
  await save();
  expect(kept.outcome?.status).toBe("saved");
});

test("fetches arrive, though there is no connection: what was not sent before is sent", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk({ offline });
  await on.cut();
  await on.edit({ id: 1, title: "b" });
  await pass(29_000);
  expect(on.asked).toEqual([]);
  await pass(1_100);
  expect([sent(), on.held()]).toEqual([[[1, "b", 1]], ""]);
});

test("fetches arrive, though there is no connection: what may have been saved waits for one", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk({ offline });
  await on.edit({ id: 1, title: "b" });
  await on.cut();
  await miss();
  await pass(31_000);
  expect([on.asked.length, on.database.reads, on.held()]).toEqual([1, 4, "1"]);
  await on.mend();
  expect(on.asked.length).toBe(2);
});

test("one that shows nothing, whose answer was lost: its own event says that it was saved, and it is not sent again", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ offline, edit: undefined });
  const kept = await on.edit({ id: 1, title: "b" });
  const requestId = on.asked[0]?.context.requestId as string;
  await on.cut();
  await miss();
  expect(on.held()).toBe("");
  on.database.save(1, { title: "b" }, { id: `${requestId}.1` });
  await on.mend();
  await pass(60_000);
  expect([on.asked.length, kept.outcome, text()[0]]).toEqual([1, { status: "saved", answer: undefined }, "1b"]);
});

test("one that was never sent is taken back, one that may have arrived is not", async () => {
  for (const id of [1, 2]) on.database.commit(id, { title: "a" });
  const text = await on.desk({ offline });
  const [sent, kept] = [await on.edit({ id: 1, title: "b" }), await on.edit({ id: 1, title: "c" })];
  await on.cut();
  await miss();
  const other = await on.edit({ id: 2, title: "d" });
  const [first, second, third] = onHeld.mock.calls.map(([, withdraw]) => withdraw as () => boolean);
  expect([text()[0], on.held()]).toEqual(["1c 2d", "1 1 2"]);
  expect([first?.(), second?.(), third?.()]).toEqual([false, true, true]);
  await pass(0);
  expect([text()[0], on.held(), kept.outcome, other.outcome]).toMatchObject([
    "1b 2a",
    "1",
    { status: "refused", error: { code: "withdrawn" } },
    { status: "refused", error: { code: "withdrawn" } },
  ]);
  await on.mend();
  await save();
  await pass(60_000);
  expect([on.asked.length, text()[0], sent.outcome?.status]).toEqual([2, "1b 2a", "saved"]);
});
