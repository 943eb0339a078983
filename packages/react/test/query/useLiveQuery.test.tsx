import type { QueryClient } from "@tanstack/react-query";
import { refuse } from "@tidings/client/testing";
import { type Live, useLiveQuery } from "@tidings/react/query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount, pass, scriptedPage } from "../page.js";
import { Database, inPage, later, newQueries, rowOf, type Shift, Shifts, titles } from "./desk.js";

const page = scriptedPage();
let database: Database;
let queries: QueryClient;
let renders: { data: readonly Shift[] | undefined; live: Live }[];

beforeEach(() => {
  database = new Database(() => page.server);
  queries = newQueries();
  renders = [];
});

afterEach(() => queries.clear());

interface BoardProps {
  readonly day?: string | undefined;
  readonly matches?: boolean;
  readonly enabled?: boolean;
}

function Board({ day, matches = true, enabled = true }: BoardProps) {
  const { data, live } = useLiveQuery({
    queryKey: ["shifts", day ?? "all"],
    queryFn: () => database.list(day),
    channel: Shifts(),
    row: rowOf,
    sort: (a, b) => a.id - b.id,
    random: () => 0.5,
    enabled,
    matches: matches ? (row) => day === undefined || row.day === day : undefined,
  });
  renders.push({ data, live });
  return <p>{`${live.status}: ${titles(data)}`}</p>;
}

async function board(props: BoardProps = {}) {
  const mounted = await mount(inPage(<Board {...props} />, queries));
  const text = () => mounted.container.textContent;
  return { ...mounted, text, again: (next: BoardProps) => mounted.rerender(inPage(<Board {...next} />, queries)) };
}

test("it subscribes first, then fetches, once", async () => {
  database.commit(1, { title: "a" });
  page.server.opens = false;
  const { text } = await board();
  await pass(1_000);
  expect([database.reads, text()]).toEqual([0, "loading: -"]);
  page.server.socket.accept();
  await pass(10);
  expect([database.reads, text()]).toEqual([1, "live: 1a"]);
  expect(page.server.socket.payloads("subscribe")).toHaveLength(1);
});

test("what comes while it is fetched is held back and applied, and nothing older than what was fetched", async () => {
  const gate = later();
  database.commit(1, { title: "a" });
  database.commit(2, { title: "b" });
  database.gate = gate.promise;
  const { text } = await board();
  database.save(1, { title: "c" });
  database.remove(2);
  database.save(3, { title: "d" });
  await pass(10);
  expect(text()).toBe("loading: -");
  gate.resolve();
  await pass(10);
  expect(text()).toBe("live: 1c 3d");
  page.server.publish("shifts", {
    type: "shift:saved",
    payload: { shift: { id: 2, version: 1, title: "late" } },
    key: "shift:2",
    version: 1,
  });
  await pass(10);
  expect(text()).toBe("live: 1c 3d");
});

test("events are applied by key and version; rows that did not change keep identity, and a repeated one renders nothing", async () => {
  for (const id of [1, 2, 3]) database.commit(id, { title: "a" });
  const { text } = await board();
  await pass(10);
  const before = renders.at(-1)?.data;
  database.save(2, { title: "b" });
  await pass(10);
  const after = renders.at(-1)?.data;
  expect(text()).toBe("live: 1a 2b 3a");
  expect([after?.[0] === before?.[0], after?.[2] === before?.[2]]).toEqual([true, true]);
  const count = renders.length;
  page.server.publish("shifts", {
    type: "shift:saved",
    payload: { shift: database.rows.get(2) as Shift },
    key: "shift:2",
    version: 2,
  });
  await pass(10);
  expect(renders).toHaveLength(count);
  expect(database.reads).toBe(1);
});

test("a fetch that brings the same rows changes nothing on the screen", async () => {
  database.commit(1, { title: "a" });
  await board();
  await pass(10);
  const before = renders.at(-1)?.data;
  await queries.refetchQueries({ queryKey: ["shifts"] });
  await pass(10);
  expect(database.reads).toBe(2);
  expect(renders.at(-1)?.data).toBe(before);
});

test("rows enter and leave by `matches`, in order, without a fetch", async () => {
  database.commit(5, { title: "e", day: "mon" });
  const { text } = await board({ day: "mon" });
  await pass(10);
  database.save(2, { title: "b", day: "mon" });
  database.save(3, { title: "c", day: "tue" });
  await pass(10);
  expect(text()).toBe("live: 2b 5e");
  database.save(5, { day: "tue" });
  database.save(3, { day: "mon" });
  await pass(10);
  expect(text()).toBe("live: 2b 3c");
  expect(database.reads).toBe(1);
});

test("without `matches` rows that are held change at once, and a burst is one fetch", async () => {
  database.commit(1, { title: "a", day: "mon" });
  const { text } = await board({ day: "mon", matches: false });
  await pass(10);
  database.save(1, { title: "b" });
  await pass(10);
  expect(text()).toBe("live: 1b");
  for (let id = 2; id < 30; id += 1) database.save(id, { title: "n", day: id % 2 ? "tue" : "mon" });
  database.save(1, { day: "tue" });
  await pass(1_000);
  expect(titles(renders.at(-1)?.data)).toBe(titles(database.of("mon")));
  expect(database.reads).toBe(2);
});

test("without `matches` and under a steady stream fetches are not cut short", async () => {
  const { text } = await board({ matches: false });
  await pass(10);
  const slow = async (rows: readonly Shift[]) => {
    await new Promise((resolve) => setTimeout(resolve, 900));
    return rows;
  };
  const list = database.list;
  Object.assign(database, { list: async () => slow(await list()) });
  for (let i = 0; i < 40; i += 1) {
    database.save(i, { title: "x" });
    await pass(100);
  }
  expect(renders.at(-1)?.data?.length).toBeGreaterThan(0);
  await pass(3_000);
  expect(text()).toBe(`live: ${titles(database.of())}`);
});

test("after a reset it is fetched again, after a chance wait of at most two seconds", async () => {
  const { text } = await board();
  await pass(10);
  database.commit(1, { title: "unheard" });
  page.server.log("shifts").epoch = "f";
  database.save(2, { title: "b" });
  await pass(10);
  expect(text()).toBe("catching-up: ");
  await pass(980);
  expect(database.reads).toBe(1);
  await pass(30);
  expect([database.reads, text()]).toEqual([2, "live: 1unheard 2b"]);
});

test("a fetch that began before a reset does not count", async () => {
  const gate = later();
  database.gate = gate.promise;
  const { text } = await board();
  database.commit(1, { title: "unheard" });
  page.server.log("shifts").epoch = "f";
  page.server.publish("shifts", { type: "other" });
  await pass(10);
  database.gate = Promise.resolve();
  gate.resolve();
  await pass(10);
  expect(text()).toBe("catching-up: ");
  await pass(2_000);
  expect(text()).toBe("live: 1unheard");
});

test("a log rolled back to an older copy: lower versions are believed after the fetch", async () => {
  database.commit(1, { title: "a" });
  database.commit(1, { title: "b" });
  const { text } = await board();
  await pass(10);
  database.rows.set(1, { id: 1, version: 1, day: "mon", title: "old" });
  page.server.log("shifts").epoch = "f";
  page.server.publish("shifts", {
    type: "shift:saved",
    payload: { shift: database.rows.get(1) as Shift },
    key: "shift:1",
    version: 1,
  });
  await pass(2_100);
  expect(text()).toBe("live: 1old");
});

test("offline: what is shown stays, says since when, is asked for now and then, and catches up", async () => {
  database.commit(1, { title: "a" });
  const { text } = await board();
  await pass(10);
  expect(renders.at(-1)?.live.asOf).toBeNull();
  const cut = Date.now();
  page.server.opens = false;
  page.server.socket.end(1006);
  await pass(10);
  expect(text()).toBe("offline: 1a");
  expect(renders.at(-1)?.live.asOf).toBe(cut);
  database.save(2, { title: "b" });
  await pass(31_000);
  expect([text(), database.reads]).toEqual(["offline: 1a 2b", 2]);
  database.save(3, { title: "c" });
  page.server.opens = true;
  page.server.socket.end(1006);
  await pass(31_000);
  expect(text()).toBe("live: 1a 2b 3c");
});

test("fetched without a connection, it is fetched again once the channel is entered", async () => {
  page.server.opens = false;
  const { text } = await board();
  await pass(3_100);
  expect([text(), database.reads]).toEqual(["catching-up: ", 1]);
  database.commit(1, { title: "between" });
  page.server.socket.accept();
  await pass(10);
  expect([text(), database.reads]).toEqual(["live: 1between", 2]);
});

test("a refused channel: data all the same, the reason, and a fetch every 30 s", async () => {
  page.server.answers.subscribe = refuse("forbidden", "not yours");
  const { text } = await board();
  await pass(10);
  expect(text()).toBe("refused: ");
  expect(renders.at(-1)?.live.reason).toBe("forbidden: not yours");
  database.commit(1, { title: "a" });
  await pass(30_100);
  expect([text(), database.reads]).toEqual(["refused: 1a", 2]);
});

test("a query function that throws: the last good data stays, the error is told, and it is tried again with backoff", async () => {
  database.commit(1, { title: "a" });
  const { text } = await board();
  await pass(10);
  database.failure = new Error("down");
  page.server.log("shifts").epoch = "f";
  database.save(2, { title: "b" });
  await pass(1_100);
  expect(renders.at(-1)?.live).toMatchObject({ status: "catching-up", error: { message: "down" } });
  expect(text()).toBe("catching-up: 1a");
  await pass(60_000);
  expect(database.reads).toBeGreaterThan(4);
  expect(database.reads).toBeLessThan(10);
  database.failure = null;
  await pass(30_000);
  expect(text()).toBe("live: 1a 2b");
  expect(renders.at(-1)?.live.error).toBeNull();
});

test("events that come while the query function fails are not lost", async () => {
  database.failure = new Error("down");
  const { text } = await board();
  database.save(1, { title: "a" });
  await pass(5_000);
  expect(text()).toBe("loading: -");
  database.failure = null;
  await pass(20_000);
  expect(text()).toBe("live: 1a");
});

test("two components with one key share a fetch, two keys share a subscription", async () => {
  await mount(
    inPage(
      <>
        <Board day="mon" />
        <Board day="mon" />
        <Board day="tue" />
      </>,
      queries,
    ),
  );
  await pass(10);
  expect(database.reads).toBe(2);
  expect(page.server.socket.payloads("subscribe").map(({ channels }) => channels)).toEqual([["shifts"]]);
});

test("another key: the one that is left is kept current while its channel is followed", async () => {
  database.commit(1, { title: "a", day: "mon" });
  const { text, again } = await board({ day: "mon" });
  await pass(10);
  again({ day: "tue" });
  await pass(5_000);
  expect(text()).toBe("live: ");
  database.save(1, { title: "b" });
  again({ day: "mon" });
  expect(text()).toBe("live: 1b");
  await pass(10);
  expect(database.reads).toBe(2);
});

test("unmounted, its channel is left; mounted again, it shows what it had and is fetched", async () => {
  database.commit(1, { title: "a" });
  const { unmount } = await board();
  await pass(10);
  unmount();
  await pass(2_000);
  expect(page.server.socket.readyState).toBe(3);
  database.save(1, { title: "b" });
  const { text } = await board();
  await pass(10);
  expect([text(), database.reads]).toEqual(["live: 1b", 2]);
  expect(renders.map(({ data }) => titles(data))).not.toContain("-,-");
});

test("not enabled: neither subscribed nor fetched, until it is", async () => {
  const { text, again } = await board({ enabled: false });
  await pass(5_000);
  expect([text(), database.reads]).toEqual(["loading: -", 0]);
  expect(page.server.socket.payloads("subscribe")).toEqual([]);
  again({ enabled: true });
  await pass(10);
  expect(text()).toBe("live: ");
});

test("several channels: live when all are, and a row that comes on both is applied once", async () => {
  database.commit(1, { title: "a" });
  function Both() {
    const { data, live } = useLiveQuery({
      queryKey: ["both"],
      queryFn: () => database.list(),
      channels: [Shifts(), "mine"],
      row: (event) => (event as { payload: { shift: Shift } }).payload.shift,
      matches: () => true,
    });
    renders.push({ data, live });
    return <p>{`${live.status}: ${titles(data)}`}</p>;
  }
  const { container } = await mount(inPage(<Both />, queries));
  await pass(10);
  expect(container.textContent).toBe("live: 1a");
  const first = database.commit(1, { title: "b" });
  const second = database.commit(1, { title: "c" });
  page.server.publish("mine", second);
  page.server.publish("shifts", first);
  page.server.publish("shifts", second);
  await pass(10);
  expect(container.textContent).toBe("live: 1c");
  expect(database.reads).toBe(1);
});

test("without versions the order of the channel decides", async () => {
  const rows = [{ id: "x", text: "old" }];
  function Notes() {
    const { data } = useLiveQuery({
      queryKey: ["notes"],
      queryFn: async () => [...rows],
      channel: "notes",
      row: ({ payload }) => (payload as { note: (typeof rows)[number] | null }).note,
      matches: () => true,
    });
    return <p>{data?.map(({ text }) => text).join(" ")}</p>;
  }
  const { container } = await mount(inPage(<Notes />, queries));
  await pass(10);
  page.server.publish("notes", { payload: { note: { id: "x", text: "new" } }, key: "note:x" });
  page.server.publish("notes", { payload: { note: { id: "y", text: "other" } }, key: "note:y" });
  page.server.publish("notes", { payload: { note: null }, key: "note:x" });
  await pass(10);
  expect(container.textContent).toBe("other");
});

test("rows without versions of their own: what changed the screen during a fetch changes its answer, too", async () => {
  const rows = [{ id: "x", text: "old" }];
  let gate = Promise.resolve();
  function Notes() {
    const { data } = useLiveQuery({
      queryKey: ["notes"],
      queryFn: async () => {
        const read = [...rows];
        await gate;
        return read;
      },
      channel: "notes",
      row: ({ payload }) => (payload as { note: (typeof rows)[number] }).note,
      matches: () => true,
    });
    return <p>{data?.map(({ text }) => text).join(" ")}</p>;
  }
  const { container } = await mount(inPage(<Notes />, queries));
  await pass(10);
  const answer = later();
  gate = answer.promise;
  void queries.refetchQueries({ queryKey: ["notes"] });
  await pass(10);
  page.server.publish("notes", { payload: { note: { id: "x", text: "new" } }, key: "note:x", version: 2 });
  answer.resolve();
  await pass(10);
  expect(container.textContent).toBe("new");
});

test("pages: rows in the data, replaced in place, and the page fetched again for its total", async () => {
  interface Page {
    readonly total: number;
    readonly items: readonly Shift[];
  }
  const seen: (Page | undefined)[] = [];
  const fetchPage = async (): Promise<Page> => ({
    total: database.rows.size,
    items: (await database.list()).slice(0, 2),
  });
  function Paged() {
    const { data } = useLiveQuery({
      queryKey: ["page", 1],
      queryFn: fetchPage,
      channel: Shifts(),
      row: rowOf,
      rows: (data: Page) => data.items,
      withRows: (data, items) => ({ ...data, items }),
    });
    seen.push(data);
    return <p>{data && `${data.total}: ${titles(data.items)}`}</p>;
  }
  for (const id of [1, 2, 3]) database.commit(id, { title: "a" });
  const { container } = await mount(inPage(<Paged />, queries));
  await pass(10);
  expect(container.textContent).toBe("3: 1a 2a");
  database.save(2, { title: "b" });
  await pass(10);
  expect(container.textContent).toBe("3: 1a 2b");
  database.remove(1);
  await pass(10);
  expect(container.textContent).toBe("3: 2b");
  await pass(1_000);
  expect(container.textContent).toBe("2: 2b 3a");
});

test("by default a row stands in the payload under its kind, and an event without it fetches", async () => {
  database.commit(1, { title: "a" });
  function Plain() {
    const { data, live } = useLiveQuery({ queryKey: ["plain"], queryFn: () => database.list(), channel: Shifts() });
    return <p>{`${live.status}: ${titles(data as readonly Shift[])}`}</p>;
  }
  const { container } = await mount(inPage(<Plain />, queries));
  await pass(10);
  database.save(1, { title: "b" });
  await pass(10);
  expect(container.textContent).toBe("live: 1b");
  database.remove(1);
  await pass(1_000);
  expect(container.textContent).toBe("live: ");
});

test("a `row` that throws is reported, and the query fetched again", async () => {
  const onError = vi.fn();
  vi.spyOn(console, "error").mockImplementation(onError);
  function Broken() {
    const { data } = useLiveQuery({
      queryKey: ["broken"],
      queryFn: () => database.list(),
      channel: Shifts(),
      row: () => {
        throw new Error("no such field");
      },
      matches: () => true,
    });
    return <p>{titles(data as readonly Shift[])}</p>;
  }
  const { container } = await mount(inPage(<Broken />, queries));
  await pass(10);
  database.save(1, { title: "a" });
  await pass(1_000);
  expect(container.textContent).toBe("1a");
  expect(onError.mock.calls).toEqual([["tidings: a handler of shifts:", new Error("no such field")]]);
  vi.restoreAllMocks();
});
