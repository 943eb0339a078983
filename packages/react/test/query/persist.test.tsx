import { cleanup } from "@testing-library/react";
import type { Position } from "@tidings/client";
import { envelope } from "@tidings/client/testing";
import { type EntryStorage, forgetPersisted, useLiveQuery } from "@tidings/react/query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { mount, pass, scriptedPage } from "../page.js";
import { Database, inPage, later, newQueries, rowOf, Shifts, titles } from "./desk.js";

const page = scriptedPage();
let database: Database;
let seen: string[];
let storage: EntryStorage;

beforeEach(() => {
  database = new Database(() => page.server);
  seen = [];
  sessionStorage.clear();
  storage = sessionStorage;
});

afterEach(() => vi.restoreAllMocks());

function Day({ day }: { day: string }) {
  const { data, live } = useLiveQuery({
    queryKey: ["shifts", day],
    queryFn: () => database.list(day),
    channel: Shifts(),
    row: rowOf,
    matches: (row) => row.day.trim() === day,
    persist: storage,
    random: () => 0,
  });
  seen.push(`${live.status}: ${titles(data)}`);
  return <p>{`${live.status}: ${titles(data)}`}</p>;
}

/** A page of its own, as after a reload. */
async function load(...days: string[]) {
  const queries = newQueries();
  const board = days.map((day) => <Day key={day} day={day} />);
  const { container } = await mount(inPage(board, queries));
  await pass(10);
  return () => [...container.querySelectorAll("p")].map((each) => each.textContent).join(", ");
}

async function leave() {
  window.dispatchEvent(new Event("pagehide"));
  cleanup();
  await pass(2_000);
}

const positions = () =>
  page.server.sockets.flatMap((socket) =>
    socket.payloads("subscribe").map(({ positions }) => positions as Record<string, Position>),
  );

test("after a reload rows are shown at once, the channel goes on from their position, and nothing is fetched", async () => {
  database.commit(1, { title: "a", day: "mon" });
  await load("mon");
  database.save(2, { title: "b", day: "mon" });
  await leave();
  database.save(1, { title: "c" });
  seen = [];
  const text = await load("mon");
  expect(seen[0]).toBe("catching-up: 1a 2b");
  expect(text()).toBe("live: 1c 2b");
  expect(database.reads).toBe(1);
  expect(positions().at(-1)).toEqual({ shifts: { epoch: "e", offset: 1, id: "shifts-1" } });
});

test("several queries of one channel are kept with one position", async () => {
  database.commit(1, { title: "a", day: "mon" });
  database.commit(2, { title: "b", day: "tue" });
  await load("mon", "tue");
  database.save(3, { title: "c", day: "mon" });
  await pass(1_100);
  database.save(3, { day: "tue" });
  await leave();
  const text = await load("mon", "tue");
  expect(text()).toBe("live: 1a, live: 2b 3c");
  expect(database.reads).toBe(2);
});

test("a log that no longer reaches the position: shown, and fetched again", async () => {
  database.commit(1, { title: "a", day: "mon" });
  await load("mon");
  await leave();
  page.server.log("shifts").epoch = "f";
  database.commit(1, { title: "unheard" });
  const text = await load("mon");
  expect(seen).toContain("catching-up: 1a");
  await pass(100);
  expect([text(), database.reads]).toEqual(["live: 1unheard", 2]);
});

test("rows whose channel was read elsewhere already are not trusted without a fetch", async () => {
  database.commit(1, { title: "a", day: "mon" });
  await load("mon");
  await leave();
  database.save(1, { title: "b" });
  const queries = newQueries();
  const { container, rerender } = await mount(inPage([<Day key="tue" day="tue" />], queries));
  await pass(10);
  rerender(inPage([<Day key="tue" day="tue" />, <Day key="mon" day="mon" />], queries));
  await pass(10);
  expect(container.textContent).toBe("live: live: 1b");
});

test("rows are not kept with a position past an event whose fetch is under way", async () => {
  function All() {
    const { data, live } = useLiveQuery({
      queryKey: ["all"],
      queryFn: () => database.list(),
      channel: Shifts(),
      row: rowOf,
      persist: storage,
    });
    return <p>{`${live.status}: ${titles(data)}`}</p>;
  }
  database.commit(1, { title: "a" });
  await mount(inPage(<All />, newQueries()));
  await pass(1_100);
  database.gate = later().promise;
  database.save(2, { title: "b" });
  await pass(300);
  expect(database.reads).toBe(2);
  await leave();
  database.gate = Promise.resolve();
  const { container } = await mount(inPage(<All />, newQueries()));
  await pass(1_000);
  expect(container.textContent).toBe("live: 1a 2b");
});

test("after a reset nothing is kept until the rows have been fetched again", async () => {
  database.commit(1, { title: "a", day: "mon" });
  await load("mon");
  await pass(1_100);
  database.failure = new Error("down");
  page.server.log("shifts").epoch = "f";
  database.save(1, { title: "b" });
  await leave();
  expect(sessionStorage).toHaveLength(0);
});

test.each([
  ["{", "half an entry"],
  ['{"at":1,"positions":{},"data":[],"versions":[]}', "an old one"],
  ['{"at":"x"}', "somebody else's"],
])("%j (%s) is as good as none", async (text) => {
  sessionStorage.setItem('tidings:1:["shifts","mon"]', text);
  const shown = await load("mon");
  expect([shown(), database.reads]).toEqual(["live: ", 1]);
});

const POSITIONS = { shifts: { epoch: "e", offset: 1, id: "shifts-1" } };

test.each([
  ["data that is no list", { data: { rows: [] } }],
  ["rows that are none", { data: [null] }],
  ["rows without an id", { data: [{ number: 1 }] }],
  ["rows that `matches` cannot read", { data: [{ id: 1 }] }],
  ["positions that are none", { positions: { shifts: { epoch: 5, offset: "x" } } }],
  ["a position that is null", { positions: { shifts: null } }],
  ["versions that are none", { versions: [1] }],
  ["versions of another shape", { versions: [["1", 3]] }],
])("an entry of another age, with %s, is dropped, and the query is fetched", async (_, part) => {
  database.commit(1, { title: "a", day: "mon" });
  const entry = { at: Date.now(), positions: POSITIONS, data: [], versions: [], ...part };
  sessionStorage.setItem('tidings:1:["shifts","mon"]', JSON.stringify(entry));
  const text = await load("mon");
  expect([text(), database.reads, sessionStorage.length]).toEqual(["live: 1a", 1, 0]);
  expect(positions()).toEqual([{}]);
});

test("entries are bounded, and can be forgotten", async () => {
  for (let number = 0; number < 60; number += 1) {
    const entry = { at: Date.now() - 1_000 + number, positions: {}, data: [], versions: [] };
    sessionStorage.setItem(`tidings:1:old ${number}`, JSON.stringify(entry));
  }
  sessionStorage.setItem("other", "stays");
  await load("mon");
  await leave();
  expect(sessionStorage).toHaveLength(51);
  expect(sessionStorage.getItem("tidings:1:old 10")).toBeNull();
  expect(sessionStorage.getItem('tidings:1:["shifts","mon"]')).not.toBeNull();
  forgetPersisted(sessionStorage);
  expect([sessionStorage.length, sessionStorage.getItem("other")]).toEqual([1, "stays"]);
});

test("a storage without room is told once, and harms nothing", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const full = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  storage = { length: 0, key: () => null, getItem: () => null, removeItem: () => {}, setItem: full };
  const text = await load("mon");
  database.save(1, { title: "a", day: "mon" });
  await pass(1_100);
  database.save(1, { title: "b" });
  await pass(1_100);
  expect(text()).toBe("live: 1b");
  expect(told).toHaveBeenCalledTimes(1);
});

const kept = () => Array.from({ length: storage.length }, (_, index) => storage.key(index));
const withdraw = () => page.server.socket.say(envelope("unsubscribed", { channels: ["shifts"], reason: "forbidden" }));

test("rows of a channel that is withdrawn go from the screen and from the storage, other pages' too", async () => {
  database.commit(1, { title: "a", day: "mon" });
  database.commit(2, { title: "b", day: "tue" });
  await load("tue");
  await leave();
  const text = await load("mon");
  await pass(2_000);
  expect(kept()).toHaveLength(2);
  database.failure = new Error("403");
  withdraw();
  await pass(0);
  expect(text()).toBe("refused: ");
  expect(kept()).toEqual([]);
  await pass(5_000);
  expect(text()).toBe("refused: ");
});

test("what the server still gives is shown, and what a fetch of before brings is not", async () => {
  database.commit(1, { title: "a", day: "mon" });
  database.commit(2, { title: "b", day: "mon" });
  const text = await load("mon");
  const { promise, resolve } = later();
  database.gate = promise;
  page.server.publish("shifts", { type: "unheard:of", payload: {} });
  await pass(1_000);
  expect(database.reads).toBe(2); // it has read both rows, and is on its way
  database.gate = Promise.resolve();
  database.rows.delete(1);
  withdraw();
  resolve();
  await pass(5_000);
  expect(text()).toBe("refused: 2b");
  expect(seen.filter((each) => each.startsWith("refused: 1"))).toEqual([]);
});

test("rows that were kept are dropped where the channel is refused after the reload", async () => {
  database.commit(1, { title: "a", day: "mon" });
  await load("mon");
  await leave();
  database.failure = new Error("403");
  page.server.answers.subscribe = (socket, message) => {
    const payload = { code: "forbidden", message: "no", channel: "shifts" };
    socket.say(envelope("connection:error", payload, { reply_to: String(message.id) }));
  };
  const text = await load("mon");
  expect(text()).toBe("refused: ");
  expect(kept()).toEqual([]);
});
