/** Fetches that are given up, channels that are left, pages that are left and come back: nothing old is ever called live. */
import { onlineManager, type QueryClient } from "@tanstack/react-query";
import { useLiveQuery } from "@tidings/react/query";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mount, pass, scriptedPage } from "../page.js";
import { Database, inPage, later, newQueries, rowOf, type Shift, Shifts, titles } from "./desk.js";

const page = scriptedPage();
let database: Database;
let queries: QueryClient;
let seen: string[];

beforeEach(() => {
  database = new Database(() => page.server);
  queries = newQueries();
  seen = [];
});

afterEach(() => {
  onlineManager.setOnline(true);
  queries.clear();
});

interface BoardProps {
  readonly matches?: boolean;
  /** Its fetches are cancelled when nobody looks any more. */
  readonly cancels?: boolean;
  readonly retry?: boolean;
  /** Of the longest wait after a reset. */
  readonly chance?: number;
}

function Board({ matches = true, cancels = false, retry, chance = 0.5 }: BoardProps) {
  const { data, live } = useLiveQuery({
    queryKey: ["shifts"],
    queryFn: (context) => {
      if (cancels) context.signal.throwIfAborted();
      return database.list();
    },
    channel: Shifts(),
    row: rowOf,
    random: () => chance,
    retry,
    matches: matches ? () => true : undefined,
  });
  const text = `${live.status}: ${titles(data)}`;
  seen.push(text);
  return <p>{text}</p>;
}

/** A page with a board that can be left for `away` milliseconds; the connection stays. */
async function board(props: BoardProps = {}) {
  const { container, rerender } = await mount(inPage(<Board {...props} />, queries));
  await pass(10);
  return {
    text: () => container.textContent,
    leave: async (away: number) => {
      rerender(inPage(null, queries));
      await pass(away);
    },
    back: async () => {
      seen = [];
      rerender(inPage(<Board {...props} />, queries));
      await pass(10);
    },
  };
}

test("a fetch that was cancelled because its page was left counts as none", async () => {
  database.commit(1, { title: "a" });
  const { text, leave, back } = await board({ matches: false, cancels: true });
  database.gate = later().promise;
  database.save(2, { title: "b" });
  await pass(300);
  expect(database.reads).toBe(2);
  database.gate = Promise.resolve();
  await leave(500);
  await back();
  await pass(1_000);
  expect(text()).toBe("live: 1a 2b");
  expect(seen).not.toContain("live: 1a");
});

test("what is missed while a channel is left and entered again during a fetch is fetched", async () => {
  database.commit(1, { title: "a" });
  const { text, leave, back } = await board();
  const answer = later();
  database.gate = answer.promise;
  void queries.refetchQueries({ queryKey: ["shifts"] });
  await leave(2_000);
  database.save(2, { title: "b" });
  database.gate = Promise.resolve();
  await back();
  answer.resolve();
  await pass(1_000);
  expect(text()).toBe("live: 1a 2b");
  expect(seen).not.toContain("live: 1a");
});

test("the answer of a fetch that was replaced does not bring back what was removed since", async () => {
  const first = database.commit(1, { title: "a" });
  const { text } = await board();
  const answer = later();
  database.gate = answer.promise;
  void queries.refetchQueries({ queryKey: ["shifts"] });
  await pass(10);
  database.gate = Promise.resolve();
  await queries.refetchQueries({ queryKey: ["shifts"] });
  database.remove(1);
  await pass(10);
  answer.resolve();
  await pass(10);
  page.server.publish("shifts", first);
  await pass(10);
  expect([text(), database.reads]).toEqual(["live: ", 3]);
});

test("the answer of a fetch whose successor waits for a network does not bring back what was removed since", async () => {
  const first = database.commit(1, { title: "a" });
  const { text } = await board();
  const answer = later();
  database.gate = answer.promise;
  void queries.refetchQueries({ queryKey: ["shifts"] });
  await pass(10);
  onlineManager.setOnline(false);
  void queries.refetchQueries({ queryKey: ["shifts"] });
  database.remove(1);
  await pass(10);
  answer.resolve();
  await pass(10);
  page.server.publish("shifts", first);
  await pass(10);
  expect([text(), database.reads]).toEqual(["live: ", 2]);
  onlineManager.setOnline(true);
  await pass(10);
  expect([text(), database.reads]).toEqual(["live: ", 3]);
});

test.each([true, false])(
  "a fetch that was cancelled while it waited for a network is asked for anew (reset: %j)",
  async (reset) => {
    const { text } = await board({ matches: false });
    onlineManager.setOnline(false);
    if (reset) page.server.log("shifts").epoch = "f";
    database.save(1, { title: "a" });
    await pass(1_500);
    database.commit(2, { title: "b" });
    await queries.cancelQueries({ queryKey: ["shifts"] });
    await pass(1_000);
    onlineManager.setOnline(true);
    await pass(10);
    expect([text(), database.reads]).toEqual(["live: 1a 2b", 2]);
  },
);

test("what a fetch heard before a reset says nothing of the log after it", async () => {
  database.commit(1, { title: "a" });
  const { text } = await board();
  const answer = later();
  database.gate = answer.promise;
  void queries.refetchQueries({ queryKey: ["shifts"] });
  await pass(10);
  database.save(2);
  database.remove(2);
  page.server.log("shifts").epoch = "f";
  page.server.publish("shifts", {
    type: "shift:saved",
    payload: { shift: database.rows.get(1) as Shift },
    key: "shift:1",
  });
  await pass(10);
  database.gate = Promise.resolve();
  answer.resolve();
  await pass(2_000);
  const anew = { id: 2, version: 1, day: "mon", title: "anew" };
  page.server.publish("shifts", { type: "shift:saved", payload: { shift: anew }, key: "shift:2", version: 1 });
  await pass(10);
  expect([text(), database.reads]).toEqual(["live: 1a 2anew", 3]);
});

test("a reset just after a hint waits by chance, once", async () => {
  const { text } = await board({ matches: false, retry: false, chance: 0.95 });
  database.failure = new Error("down");
  void queries.refetchQueries({ queryKey: ["shifts"] });
  await pass(10);
  expect([text(), database.reads]).toEqual(["catching-up: ", 2]);
  database.failure = null;
  database.save(1);
  await pass(100);
  for (const epoch of ["f", "g"]) {
    page.server.log("shifts").epoch = epoch;
    database.save(2);
    await pass(900);
  }
  expect(database.reads).toBe(2);
  await pass(150);
  expect(database.reads).toBe(3);
  await pass(5_000);
  expect(text()).toBe("live: 1 2");
});

test("a page that was shown for long and left is fetched once when it is back", async () => {
  database.commit(1, { title: "a" });
  const { text, leave, back } = await board();
  await pass(5_000);
  await leave(2_000);
  database.save(1, { title: "b" });
  await back();
  expect([text(), database.reads]).toEqual(["live: 1b", 2]);
});

test("other channels under the same key, which are followed already: fetched, then live", async () => {
  function Heard({ name, channels }: { name: string; channels: readonly string[] }) {
    const { data, live } = useLiveQuery({
      queryKey: [name],
      queryFn: () => database.list(),
      channels,
      row: (event) => (event as { payload: { shift: Shift } }).payload.shift,
      matches: () => true,
    });
    return <p>{`${live.status}: ${titles(data)}`}</p>;
  }
  const boards = (channels: readonly string[]) =>
    inPage(
      <>
        <Heard name="other" channels={["mine"]} />
        <Heard name="one" channels={channels} />
      </>,
      queries,
    );
  const { container, rerender } = await mount(boards(["shifts"]));
  await pass(10);
  database.commit(1, { title: "a" });
  rerender(boards(["mine"]));
  await pass(1_000);
  expect(container.textContent).toBe("live: live: 1a");
});
