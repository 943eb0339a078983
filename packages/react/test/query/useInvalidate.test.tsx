import type { QueryKey } from "@tanstack/react-query";
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { useInvalidate, useLiveQuery } from "@tidings/react/query";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mount, pass, scriptedPage } from "../page.js";
import { Database, inPage, newQueries, rowOf, Shifts } from "./desk.js";

const page = scriptedPage();
let database: Database;
let queries: QueryClient;
let fetched: string[];

beforeEach(() => {
  database = new Database(() => page.server);
  queries = newQueries();
  fetched = [];
});

afterEach(() => queries.clear());

function Plain({ name, takes = 0 }: { name: string; takes?: number }) {
  useQuery({
    queryKey: ["day", name],
    queryFn: async () => {
      fetched.push(name);
      await new Promise((resolve) => setTimeout(resolve, takes));
      return name;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return null;
}

function LiveOne() {
  useLiveQuery({
    queryKey: ["live"],
    queryFn: () => database.list(),
    channel: Shifts(),
    row: rowOf,
    matches: () => true,
  });
  return null;
}

function Watch({ all }: { all?: readonly QueryKey[] }) {
  const options = { random: () => 0.5, ...(all && { all }) };
  const { status } = useInvalidate(
    Shifts(),
    (event) => (event.type === "shift:saved" ? [["day", event.payload.shift.day]] : []),
    options,
  );
  return <p>{status}</p>;
}

async function desk(all?: readonly QueryKey[]) {
  const mounted = await mount(
    inPage(
      <>
        <Plain name="mon" />
        <Plain name="tue" />
        <LiveOne />
        <Watch {...(all && { all })} />
      </>,
      queries,
    ),
  );
  await pass(500);
  return mounted;
}

test("what was fetched before the channel was entered is fetched again, live queries not", async () => {
  page.server.opens = false;
  await desk();
  expect(fetched).toEqual(["mon", "tue"]);
  page.server.socket.accept();
  await pass(500);
  expect(fetched).toEqual(["mon", "tue", "mon", "tue"]);
  expect(database.reads).toBe(1);
});

test("`all` says what that is", async () => {
  await desk([["day", "tue"]]);
  expect(fetched).toEqual(["mon", "tue", "tue"]);
});

test("a burst of events is one fetch of the queries that they name", async () => {
  await desk([]);
  fetched = [];
  for (let id = 0; id < 20; id += 1) database.save(id, { day: "mon" });
  await pass(1_000);
  expect(fetched).toEqual(["mon"]);
});

test("an event during a fetch: it ends, and another follows", async () => {
  await mount(
    inPage(
      <>
        <Plain name="mon" takes={1_000} />
        <Watch all={[]} />
      </>,
      queries,
    ),
  );
  await pass(10);
  for (let id = 0; id < 8; id += 1) {
    database.save(id, { day: "mon" });
    await pass(200);
  }
  await pass(5_000);
  expect(fetched.length).toBeGreaterThanOrEqual(2);
  expect(fetched.length).toBeLessThanOrEqual(4);
  expect(queries.getQueryState(["day", "mon"])?.isInvalidated).toBe(false);
});

test("after a reset all is fetched again, after a chance wait", async () => {
  await desk([["day"]]);
  fetched = [];
  page.server.log("shifts").epoch = "f";
  database.remove(1);
  await pass(900);
  expect(fetched).toEqual([]);
  await pass(200);
  expect(fetched).toEqual(["mon", "tue"]);
});

test("unmounted before a burst is over: what it named is marked", async () => {
  const { rerender } = await desk([]);
  database.save(1, { day: "mon" });
  rerender(inPage(<Plain name="tue" />, queries));
  await pass(300);
  expect(queries.getQueryState(["day", "mon"])?.isInvalidated).toBe(true);
  expect(queries.getQueryState(["day", "tue"])?.isInvalidated).toBe(false);
});
