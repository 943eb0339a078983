import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { type Collection, type Held, LiveRows } from "./live-rows";
import { changeOf, type Row } from "./replica";

interface Item extends Row {
  readonly place: string;
}

const items: Collection<Item, string> = { name: "items", belongs: (row, place) => row.place === place };
const item = (id: number, version: number, place = "here"): Item => ({ id, version, place });

/** A fetch that answers when the test says so. */
function later() {
  let resolve: (rows: Item[]) => void = () => {};
  const promise = new Promise<Item[]>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function setUp() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const live = new LiveRows(client);
  const fetched = (place: string, fetch: () => Promise<Item[]>) =>
    client.fetchQuery({ queryKey: ["items", place], queryFn: () => live.read(items, place, fetch) });
  const held = (place: string) => {
    const data = client.getQueryData<Held<Item>>(["items", place]);
    return data && [...data.replica.rows.values()];
  };
  return { client, live, fetched, held };
}

describe("LiveRows", () => {
  it("applies what it hears to every cached query of the collection, by its filter", async () => {
    const { live, fetched, held } = setUp();
    await fetched("here", async () => [item(1, 1)]);
    await fetched("there", async () => []);
    live.hear(items, changeOf(item(1, 2, "there")));
    expect(held("here")).toEqual([]);
    expect(held("there")).toEqual([item(1, 2, "there")]);
  });

  it("loses nothing that comes while a fetch is under way", async () => {
    const { live, fetched, held } = setUp();
    const answer = later();
    const done = fetched("here", () => answer.promise);
    live.hear(items, changeOf(item(2, 1)));
    live.hear(items, { id: 1, version: 2, row: null });
    answer.resolve([item(1, 1), item(3, 1)]);
    await done;
    expect(held("here")).toEqual([item(3, 1), item(2, 1)]);
  });

  it("loses nothing that comes while a first answer is replaced by a second", async () => {
    const { live, client, fetched, held } = setUp();
    await fetched("here", async () => [item(1, 1)]);
    const answer = later();
    const done = fetched("here", () => answer.promise);
    live.hear(items, changeOf(item(1, 5)));
    answer.resolve([item(1, 3)]);
    await done;
    expect(held("here")).toEqual([item(1, 5)]);
    expect(client.getQueryState(["items", "here"])?.error).toBeNull();
  });

  it("keeps the same data object when nothing changes", async () => {
    const { client, live, fetched } = setUp();
    await fetched("here", async () => [item(1, 2)]);
    const before = client.getQueryData(["items", "here"]);
    live.hear(items, changeOf(item(1, 2)));
    expect(client.getQueryData(["items", "here"])).toBe(before);
  });

  it("fetches anew, once subscribed, what was read without a subscription", async () => {
    const { client, live, fetched } = setUp();
    live.setFeed(items, "unavailable");
    await fetched("early", async () => []);
    live.setFeed(items, "waiting");
    live.setFeed(items, "subscribed");
    expect(client.getQueryState(["items", "early"])?.isInvalidated).toBe(true);
    await fetched("late", async () => []);
    live.setFeed(items, "unavailable");
    live.setFeed(items, "subscribed");
    expect(client.getQueryState(["items", "late"])?.isInvalidated).toBe(false);
  });

  it("fetches everything of a collection anew after a reset", async () => {
    const { client, live, fetched } = setUp();
    live.setFeed(items, "subscribed");
    await fetched("here", async () => []);
    await live.refetch(items);
    expect(client.getQueryState(["items", "here"])?.isInvalidated).toBe(true);
  });
});
