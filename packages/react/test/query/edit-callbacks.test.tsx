/** Callbacks of an edit that throw: neither the page nor other edits are harmed, and what was saved is saved. */
import { act } from "@testing-library/react";
import { type UseLiveMutation, useLiveMutation, useLiveQuery } from "@tidings/react/query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount, pass } from "../page.js";
import { inPage, rowOf, type Shift, Shifts, titles } from "./desk.js";
import { rowsOfAnswer, scriptedEditor } from "./editor.js";

const on = scriptedEditor();
const told = vi.fn();

beforeEach(() => {
  told.mockClear();
  vi.spyOn(console, "error").mockImplementation(told);
});

afterEach(() => vi.restoreAllMocks());

const bug = () => {
  throw new Error("bug");
};

test("an `edit`, or what it makes of a row, that throws is refused", async () => {
  on.database.commit(1, { title: "a" });
  const upper = (row: Shift | undefined): Shift => ({ ...(row as Shift), title: (row as Shift).title.toUpperCase() });
  const text = await on.desk({ edit: ({ id }) => (id < 0 ? bug() : { id, row: upper }) });
  for (const id of [-1, 9]) {
    const { outcome } = await on.edit({ id });
    expect(outcome).toMatchObject({ status: "refused", error: expect.any(Error) });
    expect([text()[0], on.shifts.pending, on.asked]).toEqual(["1a", 0, []]);
  }
});

test.each([true, false])("an `answered` that throws: saved, fetched again, and told (late: %j)", async (late) => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ answered: bug });
  const kept = await on.edit({ id: 1, title: "b" });
  const answer = on.saved(1, { title: "b, as saved" });
  if (late) on.database.save(1, { title: "c" }, { id: on.asked[0]?.context.requestId as string });
  await pass(10);
  on.asked[0]?.answer.resolve(answer);
  await pass(10);
  expect(text()[0]).toBe(late ? "1c" : "1b, as saved");
  expect(kept.outcome).toEqual({ status: "saved", answer: late ? undefined : answer });
  expect([on.database.reads, told.mock.calls]).toEqual([late ? 2 : 4, [["tidings: answered:", new Error("bug")]]]);
});

/** Throws once the title is "bad". */
const careful = ({ id, title = "" }: { id: number; title?: string }) => ({
  id,
  row: (row: Shift | undefined): Shift =>
    row?.title === "bad" ? bug() : { version: 0, day: "mon", ...row, id, title: `${row?.title}${title}` },
});

test("an edit that throws on a later row is taken back and told; one that was sent has the server's outcome", async () => {
  on.database.commit(1, { title: "a" });
  const text = await on.desk({ edit: careful });
  const kept = await on.edit({ id: 1, title: "!" });
  const next = await on.edit({ id: 1, title: "?" });
  expect(text()[0]).toBe("1a!?");
  on.database.save(1, { title: "bad" });
  await pass(10);
  expect([text()[0], on.asked.length, kept.outcome]).toEqual(["1bad", 1, undefined]);
  expect(next.outcome).toEqual({ status: "refused", error: new Error("bug") });
  expect(told.mock.calls).toEqual(Array(2).fill(["tidings: an edit:", new Error("bug")]));
  on.asked[0]?.answer.resolve(on.saved(1, { title: "good" }));
  await pass(10);
  expect([text()[0], kept.outcome?.status, on.shifts.pending]).toEqual(["1good", "saved", 0]);
  expect(on.asked).toHaveLength(1);
});

test.each([true, false])(
  "one that was sent is saved by its own event, or without rows by a fetch (%j)",
  async (heard) => {
    on.database.commit(1, { title: "a" });
    const text = await on.desk({ edit: careful, tellsRows: false });
    const kept = await on.edit({ id: 1, title: "!" });
    on.database.save(1, { title: "bad" });
    await pass(10);
    if (heard) on.database.save(1, { title: "good" }, { id: on.asked[0]?.context.requestId as string });
    else on.asked[0]?.answer.resolve(on.saved(1, { title: "good" }));
    await pass(10);
    expect([text()[0], kept.outcome?.status, on.database.reads]).toEqual(["1good", "saved", heard ? 2 : 4]);
  },
);

test("an edit that a query's own `matches` or `sort` cannot bear is taken back", async () => {
  on.database.commit(1, { title: "a" });
  let shifts: UseLiveMutation<number, Shift, Shift | undefined> | undefined;
  function Board() {
    const { data } = useLiveQuery({
      queryKey: ["shifts"],
      queryFn: () => on.database.list(),
      channel: Shifts(),
      row: rowOf,
      matches: ({ title }) => title.trim() !== "",
    });
    shifts = useLiveMutation({
      queryKey: ["shifts"],
      mutationFn: (id: number, context) => on.send({ id }, context),
      edit: (id) => ({ id, row: () => ({ id, version: 0, day: "mon" }) as unknown as Shift }),
      answered: rowsOfAnswer,
    });
    return <p>{`${titles(data)} ${shifts.pending}`}</p>;
  }
  const { container } = await mount(inPage(<Board />, on.queries));
  await pass(10);
  await act(async () => {
    void shifts?.mutate(1);
  });
  expect([container.textContent, told.mock.calls.length]).toEqual(["1a 1", 1]);
  on.asked[0]?.answer.resolve(on.saved(1, { title: "b" }));
  await pass(10);
  expect(container.textContent).toBe("1b 0");
});
