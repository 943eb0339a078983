/** Edits whose answers do not come. */
import { TidingsError } from "@tidings/client";
import { expect, test } from "vitest";
import { pass } from "../page.js";
import { later, type Shift } from "./desk.js";
import { scriptedEditor } from "./editor.js";

const on = scriptedEditor();

test.each([undefined, 5_000])(
  "neither answer nor event within %j ms: refused, rolled back, fetched again",
  async (timeout) => {
    on.database.commit(1, { title: "a" });
    const text = await on.desk({ timeout });
    const kept = await on.edit({ id: 1, title: "b" });
    const next = await on.edit({ id: 1, title: "c" });
    await pass((timeout ?? 30_000) - 1);
    expect([text()[0], kept.outcome, on.database.reads, on.asked.length]).toEqual(["1c", undefined, 2, 1]);
    const unheard = on.saved(1, { title: "b, unheard" });
    await pass(1);
    const error = kept.outcome?.status === "refused" ? (kept.outcome.error as TidingsError) : null;
    expect(error).toBeInstanceOf(TidingsError);
    expect([error?.code, error?.message]).toEqual(["timeout", expect.stringContaining("unknown")]);
    expect([on.asked.length, next.outcome, on.database.reads]).toEqual([2, undefined, 4]);
    on.asked[1]?.answer.reject(new Error("refused"));
    await pass(10);
    expect(text()[0]).toBe("1b, unheard");
    on.asked[0]?.answer.resolve({ ...(unheard as Shift), version: 1, title: "older" });
    await pass(10);
    expect([text()[0], kept.outcome?.status, on.database.reads]).toEqual(["1b, unheard", "refused", 4]);
  },
);

test("an answer after its time was up is taken in by its version", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk();
  await on.edit({ id: 1, title: "b" });
  await pass(30_000);
  expect([text()[0], on.shifts.pending]).toEqual(["1a", 0]);
  on.asked[0]?.answer.resolve(on.saved(1, { title: "b, late" }));
  await pass(10);
  expect(text()[0]).toBe("1b, late");
});

test("the time of an edit that waits begins when it is sent", async () => {
  on.database.commit(1, { title: "a" });
  await on.desk();
  await on.edit({ id: 1, title: "b" });
  const next = await on.edit({ id: 1, title: "c" });
  await pass(59_999);
  expect([on.asked.length, next.outcome]).toEqual([2, undefined]);
  await pass(1);
  expect(next.outcome?.status).toBe("refused");
});

test("its time is up and only one of its two rows was told, or its answer is not fetched yet: saved", async () => {
  for (const id of [1, 2, 3]) on.database.commit(id, { title: "a" });
  const text = await on.desk({ tellsRows: false });
  const told = await on.edit({ id: 1, other: 2, title: "b" });
  const answered = await on.edit({ id: 3, title: "b" });
  on.database.save(1, { title: "b" }, { id: `${on.asked[0]?.context.requestId}.1` });
  on.saved(2, { title: "b" });
  on.database.gate = later().promise;
  on.asked[1]?.answer.resolve(on.saved(3, { title: "b" }));
  await pass(10);
  expect([told.outcome, answered.outcome]).toEqual([undefined, undefined]);
  on.database.gate = Promise.resolve();
  await pass(30_000);
  expect(told.outcome).toEqual({ status: "saved", answer: undefined });
  expect(answered.outcome).toEqual({ status: "saved", answer: on.database.rows.get(3) });
  expect(text()[0]).toBe("1b 2b 3b");
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("a timeout of %j is refused", async (timeout) => {
  await expect(on.desk({ timeout })).rejects.toThrow(/^timeout is .*, not 1 to 2147483647 ms$/);
});
