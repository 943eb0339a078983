import type { QueryClient } from "@tanstack/react-query";
import { act } from "@testing-library/react";
import { channel, TidingsError } from "@tidings/client";
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
  /** Another row that gets the same title. */
  readonly other?: number;
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

function Day({ day, on = "shifts", versions }: { day: string; on?: string; versions: boolean }) {
  const { data } = useLiveQuery({
    queryKey: ["shifts", day],
    queryFn: () => database.list(day),
    channel: channel<ShiftEvent>(on),
    row: rowOf,
    version: versions ? undefined : () => undefined,
    matches: (row) => row.day === day,
    sort: (a, b) => a.id - b.id,
  });
  return <p>{titles(data)}</p>;
}

function Editor({ tellsRows, timeout }: { tellsRows: boolean; timeout: number | undefined }) {
  shifts = useLiveMutation({
    queryKey: ["shifts"],
    mutationFn: (input: Edit, context) => {
      const answer = later<Shift | undefined>();
      asked.push({ input, context, version: context.versionOf(input.id), answer });
      return answer.promise;
    },
    edit: ({ id: first, other, ...fields }) =>
      [first, ...(other === undefined ? [] : [other])].map((id) => ({
        id,
        row: (row: Shift | undefined) =>
          fields.title === undefined ? null : { version: 0, day: "mon", ...row, id, title: "", ...fields },
      })),
    answered: tellsRows ? (answer) => (answer ? [answer] : []) : undefined,
    conflict: (error) => (error instanceof Stale ? { current: error.current, by: "Mona" } : null),
    timeout,
  });
  return <i>{shifts.pending}</i>;
}

interface DeskOptions {
  readonly tellsRows?: boolean;
  readonly tuesdays?: string;
  readonly timeout?: number | undefined;
  readonly versions?: boolean;
}

async function desk({ tellsRows = true, tuesdays = "shifts", timeout, versions = true }: DeskOptions = {}) {
  const { container } = await mount(
    inPage(
      <>
        <Day day="mon" versions={versions} />
        <Day day="tue" on={tuesdays} versions={versions} />
        <Editor tellsRows={tellsRows} timeout={timeout} />
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
  expect([text()[0], kept.outcome]).toEqual(["1b!", { status: "saved", answer: undefined }]);
  database.save(1, { title: "c" });
  await pass(10);
  expect(text()[0]).toBe("1c");
  asked[0]?.answer.resolve({ ...(database.rows.get(1) as Shift), version: 2, title: "b!" });
  await pass(10);
  expect([text()[0], kept.outcome?.status]).toEqual(["1c", "saved"]);
});

test("its own event came, and the answer never does: the row's next edits are sent all the same", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  for (let number = 1; number <= 150; number += 1) {
    const kept = await edit({ id: 1, title: `b${number}` });
    database.save(1, { title: `b${number}` }, { id: asked.at(-1)?.context.requestId as string });
    await pass(10);
    expect(kept.outcome).toEqual({ status: "saved", answer: undefined });
  }
  expect(asked.map(({ version }) => version)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  expect([text()[0], shifts.pending, database.reads]).toEqual(["1b150", 0, 2]);
});

test("edits that wait are sent when the own event of the one before them comes, with the version that it brought", async () => {
  database.commit(1, { title: "a" });
  await desk();
  await edit({ id: 1, title: "b" });
  await edit({ id: 1, title: "c" });
  database.save(1, { title: "b" }, { id: asked[0]?.context.requestId as string });
  await pass(10);
  expect(asked.map(({ input, version }) => [input.title, version])).toEqual([
    ["b", 1],
    ["c", 2],
  ]);
});

test("an edit of two rows is saved once its own events have come for both", async () => {
  for (const id of [1, 2]) database.commit(id, { title: "a" });
  const text = await desk();
  const kept = await edit({ id: 1, other: 2, title: "b" });
  const requestId = asked[0]?.context.requestId;
  database.save(1, { title: "b" }, { id: `${requestId}.1` });
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b 2b", undefined]);
  database.save(2, { title: "b" }, { id: `${requestId}.2` });
  await pass(10);
  expect([text()[0], kept.outcome]).toEqual(["1b 2b", { status: "saved", answer: undefined }]);
});

test("an answer after its event: a newer row is taken in, an error changes nothing", async () => {
  for (const id of [1, 2]) database.commit(id, { title: "a" });
  const text = await desk();
  for (const id of [1, 2]) {
    await edit({ id, title: "b" });
    database.save(id, { title: "b" }, { id: asked.at(-1)?.context.requestId as string });
  }
  await pass(10);
  asked[0]?.answer.resolve(saved(1, { title: "newer" }));
  asked[1]?.answer.reject(new Stale({ ...(database.rows.get(2) as Shift), version: 9, title: "stale" }));
  await pass(10);
  expect([text()[0], database.reads]).toEqual(["1newer 2b", 2]);
});

test("without versions, an answer after its event says nothing", async () => {
  database.commit(1, { title: "a" });
  const text = await desk({ versions: false });
  await edit({ id: 1, title: "b" });
  const event = { ...database.commit(1, { title: "b" }), id: asked[0]?.context.requestId as string };
  const stale = database.rows.get(1);
  const newer = database.commit(1, { title: "c" });
  for (const { version: _, ...each } of [event, newer as typeof event]) page.server.publish("shifts", each);
  await pass(10);
  asked[0]?.answer.resolve(stale);
  await pass(10);
  expect(text()[0]).toBe("1c");
});

test.each([undefined, 5_000])(
  "neither answer nor event within %j ms: refused, rolled back, fetched again",
  async (timeout) => {
    database.commit(1, { title: "a" });
    const text = await desk({ timeout });
    const kept = await edit({ id: 1, title: "b" });
    const next = await edit({ id: 1, title: "c" });
    await pass((timeout ?? 30_000) - 1);
    expect([text()[0], kept.outcome, database.reads, asked.length]).toEqual(["1c", undefined, 2, 1]);
    const unheard = saved(1, { title: "b, unheard" });
    await pass(1);
    const error = kept.outcome?.status === "refused" ? (kept.outcome.error as TidingsError) : null;
    expect(error).toBeInstanceOf(TidingsError);
    expect([error?.code, error?.message]).toEqual(["timeout", expect.stringContaining("unknown")]);
    expect([asked.length, next.outcome, database.reads]).toEqual([2, undefined, 4]);
    asked[1]?.answer.reject(new Error("refused"));
    await pass(10);
    expect(text()[0]).toBe("1b, unheard");
    asked[0]?.answer.resolve({ ...(unheard as Shift), version: 1, title: "older" });
    await pass(10);
    expect([text()[0], kept.outcome?.status, database.reads]).toEqual(["1b, unheard", "refused", 4]);
  },
);

test("an answer after its time was up is taken in by its version", async () => {
  database.commit(1, { title: "a" });
  const text = await desk();
  await edit({ id: 1, title: "b" });
  await pass(30_000);
  expect([text()[0], shifts.pending]).toEqual(["1a", 0]);
  asked[0]?.answer.resolve(saved(1, { title: "b, late" }));
  await pass(10);
  expect(text()[0]).toBe("1b, late");
});

test("the time of an edit that waits begins when it is sent", async () => {
  database.commit(1, { title: "a" });
  await desk();
  await edit({ id: 1, title: "b" });
  const next = await edit({ id: 1, title: "c" });
  await pass(59_999);
  expect([asked.length, next.outcome]).toEqual([2, undefined]);
  await pass(1);
  expect(next.outcome?.status).toBe("refused");
});

test("its time is up and only one of its two rows was told, or its answer is not fetched yet: saved", async () => {
  for (const id of [1, 2, 3]) database.commit(id, { title: "a" });
  const text = await desk({ tellsRows: false });
  const told = await edit({ id: 1, other: 2, title: "b" });
  const answered = await edit({ id: 3, title: "b" });
  database.save(1, { title: "b" }, { id: `${asked[0]?.context.requestId}.1` });
  saved(2, { title: "b" });
  database.gate = later().promise;
  asked[1]?.answer.resolve(saved(3, { title: "b" }));
  await pass(10);
  expect([told.outcome, answered.outcome]).toEqual([undefined, undefined]);
  database.gate = Promise.resolve();
  await pass(30_000);
  expect(told.outcome).toEqual({ status: "saved", answer: undefined });
  expect(answered.outcome).toEqual({ status: "saved", answer: database.rows.get(3) });
  expect(text()[0]).toBe("1b 2b 3b");
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("a timeout of %j is refused", async (timeout) => {
  await expect(desk({ timeout })).rejects.toThrow(/^timeout is .*, not 1 to 2147483647 ms$/);
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
  const text = await desk({ tuesdays: "tuesdays" });
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
  const text = await desk({ tellsRows: false });
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

test("an edit that throws is refused, and neither the page nor other edits are harmed", async () => {
  database.commit(1, { title: "a" });
  const upper = (row: Shift | undefined): Shift => ({ ...(row as Shift), title: (row as Shift).title.toUpperCase() });
  let careless: UseLiveMutation<number, Shift, undefined> | undefined;
  function Careless() {
    careless = useLiveMutation({
      queryKey: ["shifts"],
      mutationFn: async () => undefined,
      edit: (id: number) => {
        if (id < 0) throw new Error("no such shift");
        return { id, row: upper };
      },
    });
    return <i>{careless.pending}</i>;
  }
  const both = (
    <>
      <Day day="mon" versions />
      <Careless />
    </>
  );
  const { container } = await mount(inPage(both, queries));
  await pass(10);
  for (const id of [-1, 9]) {
    const outcome = await act(() => careless?.mutate(id));
    expect(outcome).toMatchObject({ status: "refused", error: expect.any(Error) });
    expect(container.textContent).toBe("1a0");
  }
});
