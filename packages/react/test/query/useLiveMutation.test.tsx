import type { QueryClient } from "@tanstack/react-query";
import { act } from "@testing-library/react";
import { channel } from "@tidings/client";
import {
  type EditContext,
  type Outcome,
  type UseLiveMutation,
  useLiveMutation,
  useLiveQuery,
} from "@tidings/react/query";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mount, pass, scriptedPage } from "../page.js";
import { Database, inPage, later, newQueries, rowOf, type Shift, type ShiftEvent, titles } from "./desk.js";

const page = scriptedPage();
let database: Database;
let queries: QueryClient;
/** What the server was asked, and how each is answered. */
let asked: {
  input: Edit;
  context: EditContext;
  version: number | undefined;
  answer: ReturnType<typeof later<Shift | undefined>>;
}[];
let shifts: UseLiveMutation<Edit, Shift, Shift | undefined>;

/** `title` undefined: the shift is deleted. */
interface Edit {
  readonly id: number;
  readonly title?: string;
  readonly day?: string;
}

class Stale extends Error {
  readonly current: Shift | null;

  constructor(current: Shift | null) {
    super("stale");
    this.current = current;
  }
}

beforeEach(() => {
  database = new Database(() => page.server);
  queries = newQueries();
  asked = [];
});

afterEach(() => queries.clear());

function Day({ day, on = "shifts" }: { day: string; on?: string }) {
  const { data } = useLiveQuery({
    queryKey: ["shifts", day],
    queryFn: () => database.list(day),
    channel: channel<ShiftEvent>(on),
    row: rowOf,
    matches: (row) => row.day === day,
    sort: (a, b) => a.id - b.id,
  });
  return <p>{titles(data)}</p>;
}

function Editor({ tellsRows }: { tellsRows: boolean }) {
  shifts = useLiveMutation({
    queryKey: ["shifts"],
    mutationFn: (input: Edit, context) => {
      const answer = later<Shift | undefined>();
      asked.push({ input, context, version: context.versionOf(input.id), answer });
      return answer.promise;
    },
    edit: ({ id, ...fields }) => ({
      id,
      row: (row: Shift | undefined) =>
        fields.title === undefined ? null : { version: 0, day: "mon", ...row, id, title: "", ...fields },
    }),
    answered: tellsRows ? (answer) => (answer ? [answer] : []) : undefined,
    conflict: (error) => (error instanceof Stale ? { current: error.current, by: "Mona" } : null),
  });
  return <i>{shifts.pending}</i>;
}

async function desk(tellsRows = true, tuesdays = "shifts") {
  const { container } = await mount(
    inPage(
      <>
        <Day day="mon" />
        <Day day="tue" on={tuesdays} />
        <Editor tellsRows={tellsRows} />
      </>,
      queries,
    ),
  );
  await pass(10);
  return () => [...container.querySelectorAll("p")].map((each) => each.textContent);
}

/** Edits, and keeps what became of it. */
async function edit(input: Edit): Promise<{ outcome?: Outcome<Shift | undefined, Shift> }> {
  const kept: { outcome?: Outcome<Shift | undefined, Shift> } = {};
  await act(async () => {
    void shifts.mutate(input).then((outcome) => Object.assign(kept, { outcome }));
  });
  return kept;
}

const saved = (id: number, fields: Partial<Shift>) => {
  database.commit(id, fields);
  return database.rows.get(id);
};

test("it shows at once, and settles on an answer that brings the row", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  const kept = await edit({ id: 1, title: "b" });
  expect(text()).toEqual(["1b", ""]);
  expect(asked[0]?.version).toBe(1);
  expect(asked[0]?.context.requestId).toMatch(/^[0-9a-f]{32}$/);
  asked[0]?.answer.resolve(saved(1, { title: "b, as saved" }));
  await pass(10);
  expect(text()).toEqual(["1b, as saved", ""]);
  expect(kept.outcome).toEqual({ status: "saved", answer: database.rows.get(1) });
});

test.each(["", ".2"])("it settles on its own event, id and %j, before the answer", async (suffix) => {
  database.commit(1, { title: "a" });
  const text = await desk();
  const kept = await edit({ id: 1, title: "b" });
  database.save(1, { title: "b!" }, { id: `${asked[0]?.context.requestId}${suffix}` });
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b!", undefined]);
  database.save(1, { title: "c" });
  await pass(10);
  expect(text()[0]).toBe("1c");
  asked[0]?.answer.resolve({ ...(database.rows.get(1) as Shift), version: 2, title: "b!" });
  await pass(10);
  expect([text()[0], kept.outcome?.status]).toEqual(["1c", "saved"]);
});

test("another's event is seen beneath the edit, which stays", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  await edit({ id: 1, title: "b" });
  database.save(1, { title: "x", day: "tue" });
  await pass(10);
  expect(text()).toEqual(["", "1b"]);
});

test("its own event came, and then no answer: saved all the same", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  const kept = await edit({ id: 1, title: "b" });
  database.save(1, { title: "b" }, { id: asked[0]?.context.requestId as string });
  asked[0]?.answer.reject(new Error("no answer"));
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b", { status: "saved", answer: undefined }]);
});

test("refused: rolled back, with the reason", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  const kept = await edit({ id: 1, title: "b", day: "tue" });
  expect(text()).toEqual(["", "1b"]);
  const error = new Error("overlaps");
  asked[0]?.answer.reject(error);
  await pass(10);
  expect(text()).toEqual(["1a", ""]);
  expect(kept.outcome).toEqual({ status: "refused", error });
});

test("somebody else was first: rolled back to their row, and they are named", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  const kept = await edit({ id: 1, title: "b" });
  const error = new Stale(saved(1, { title: "theirs", day: "tue" }) ?? null);
  asked[0]?.answer.reject(error);
  await pass(10);
  expect(text()).toEqual(["", "1theirs"]);
  expect(kept.outcome).toEqual({ status: "conflict", error, current: error.current, by: "Mona" });
});

test("somebody else deleted it", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  const kept = await edit({ id: 1, title: "b" });
  asked[0]?.answer.reject(new Stale(null));
  await pass(10);
  expect(text()).toEqual(["", ""]);
  expect(kept.outcome).toMatchObject({ status: "conflict", current: null });
});

test("rapid edits of one row are sent in order, each with the version that the one before it brought", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  await edit({ id: 1, title: "b" });
  await edit({ id: 1, title: "c" });
  await edit({ id: 1, title: "d", day: "tue" });
  expect(text()).toEqual(["", "1d"]);
  expect(asked.map(({ input }) => input.title)).toEqual(["b"]);
  for (const title of ["b", "c", "d"]) {
    asked.at(-1)?.answer.resolve(saved(1, { title, ...(title === "d" && { day: "tue" }) }));
    await pass(10);
    expect(text()).toEqual(["", "1d"]);
  }
  expect(asked.map(({ input, version }) => [input.title, version])).toEqual([
    ["b", 1],
    ["c", 2],
    ["d", 3],
  ]);
});

test("another's change between two edits of one row is not overwritten unseen", async () => {
  database.commit(1, { title: "a" });
  await desk();
  await edit({ id: 1, title: "b" });
  await edit({ id: 1, title: "c" });
  const own = saved(1, { title: "b" });
  database.save(1, { title: "theirs" });
  asked[0]?.answer.resolve(own);
  await pass(10);
  expect(asked[1]?.version).toBe(2);
});

test("after a conflict those that wait are dropped with it; after a refusal they are sent", async () => {
  database.commit(1, { title: "a" });
  database.commit(2, { title: "a" });
  const text = await desk();
  await edit({ id: 1, title: "b" });
  const dropped = await edit({ id: 1, title: "c" });
  await edit({ id: 2, title: "b" });
  await edit({ id: 2, title: "c" });
  asked[0]?.answer.reject(new Stale(saved(1, { title: "theirs" }) ?? null));
  asked[1]?.answer.reject(new Error("refused"));
  await pass(10);
  expect(dropped.outcome).toMatchObject({ status: "conflict", by: "Mona" });
  expect(asked.map(({ input, version }) => [input.id, input.title, version])).toEqual([
    [1, "b", 1],
    [2, "b", 1],
    [2, "c", 1],
  ]);
  expect(text()[0]).toBe("1theirs 2c");
});

test("edits of different rows do not wait for each other", async () => {
  for (const id of [1, 2]) database.commit(id, { title: "a" });
  await desk();
  await edit({ id: 1, title: "b" });
  await edit({ id: 2, title: "b" });
  expect(asked).toHaveLength(2);
});

test("a new row has an id of its own until its event brings the server's", async () => {
  const text = await desk();
  const kept = await edit({ id: -1, title: "new" });
  expect(text()[0]).toBe("-1new");
  database.save(7, { title: "new" }, { id: asked[0]?.context.requestId as string });
  await pass(10);
  expect(text()[0]).toBe("7new");
  asked[0]?.answer.resolve(database.rows.get(7));
  await pass(10);
  expect([text()[0], kept.outcome?.status]).toEqual(["7new", "saved"]);
});

test("a deleted row is gone at once, for good when the answer comes, and back when it is refused", async () => {
  for (const id of [1, 2]) database.commit(id, { title: "a" });
  const text = await desk();
  await edit({ id: 1 });
  await edit({ id: 2 });
  expect(text()[0]).toBe("");
  database.drop(1);
  asked[0]?.answer.resolve(undefined);
  asked[1]?.answer.reject(new Error("refused"));
  await pass(10);
  expect([text()[0], database.reads]).toEqual(["2a", 2]);
});

test("its own event says that the row left one channel: the edit stays until the row comes on the other", async () => {
  database.commit(1, { title: "a" });
  const text = await desk(true, "tuesdays");
  await edit({ id: 1, title: "b", day: "tue" });
  const moved = saved(1, { title: "b", day: "tue" }) as Shift;
  const id = asked[0]?.context.requestId;
  const left = { type: "shift:deleted", payload: { shiftId: 1 }, key: "shift:1", version: 2, id: `${id}.1` };
  page.server.publish("shifts", left);
  await pass(10);
  expect(text()).toEqual(["", "1b"]);
  asked[0]?.answer.resolve(moved);
  await pass(10);
  expect(text()).toEqual(["", "1b"]);
});

test("a row that is deleted settles on its own event", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  await edit({ id: 1 });
  database.remove(1, { id: `${asked[0]?.context.requestId}.x` });
  await pass(10);
  database.save(1, { title: "anew" });
  await pass(10);
  expect(text()[0]).toBe("1anew");
});

test("an answer that brings no row: the edit stays until the queries have been fetched again", async () => {
  database.commit(1, { title: "a" });
  const text = await desk(false);
  const kept = await edit({ id: 1, title: "b" });
  const gate = later();
  database.gate = gate.promise;
  asked[0]?.answer.resolve(saved(1, { title: "b, as saved" }));
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b", undefined]);
  gate.resolve();
  await pass(10);
  expect([text()[0], kept.outcome?.status]).toEqual(["1b, as saved", "saved"]);
});

test("the cache never holds what the server has not said, and a hundred edits is the limit", async () => {
  database.commit(1, { title: "a" });
  await desk();
  for (let number = 0; number < 100; number += 1) await edit({ id: 1, title: `b${number}` });
  expect(titles(queries.getQueryData(["shifts", "mon"]))).toBe("1a");
  expect((await edit({ id: 1, title: "c" })).outcome).toMatchObject({ status: "refused" });
});
