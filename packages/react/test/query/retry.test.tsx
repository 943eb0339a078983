import { QueryClient } from "@tanstack/react-query";
import { useLiveQuery } from "@tidings/react/query";
import { expect, test } from "vitest";
import { mount, pass, scriptedPage } from "../page.js";
import { Database, inPage, Shifts, titles } from "./desk.js";

const page = scriptedPage();

function Board({ name, database, retry }: { name: string; database: Database; retry?: boolean }) {
  const { data, live } = useLiveQuery({
    queryKey: ["shifts", name],
    queryFn: () => database.list(),
    channel: Shifts(),
    random: () => 0.5,
    retry,
  });
  return <p>{`${live.status}: ${titles(data)}`}</p>;
}

test("a live query is tried again whatever the QueryClient's default is, unless its own `retry` says otherwise", async () => {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const database = new Database(() => page.server);
  database.commit(1, { title: "a" });
  database.failure = new Error("down");
  const boards = (
    <>
      <Board name="default" database={database} />
      <Board name="once" database={database} retry={false} />
    </>
  );
  const { container } = await mount(inPage(boards, queries));
  await pass(10);
  expect(database.reads).toBe(2);
  database.failure = null;
  await pass(1_000);
  expect([...container.querySelectorAll("p")].map((each) => each.textContent)).toEqual(["live: 1a", "loading: -"]);
  expect(database.reads).toBe(3);
  queries.clear();
});
