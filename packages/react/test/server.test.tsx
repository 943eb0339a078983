/** The hooks, and the guide's own, on a real tidings server. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, waitFor } from "@testing-library/react";
import { TidingsProvider, useChannel, useConnection, useEvent, useWebSocket } from "@tidings/react";
import { useLiveMutation, useLiveQuery } from "@tidings/react/query";
import { StrictMode, useEffect, useState } from "react";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Schedules } from "../../client/test/live.gen.js";
import { Line, RealServer } from "../../client/test/real.js";
import { guideHook, type UseGuideWebSocket } from "./guide.js";

let server: RealServer;
let line: Line;
let url: string;

beforeAll(async () => {
  server = await RealServer.start("native");
}, 60_000);

afterAll(() => server.stop());

beforeEach(async () => {
  // The first wait for a reconnect is at most 50 ms.
  vi.spyOn(Math, "random").mockReturnValue(0.05);
  line = new Line(server.port);
  url = await line.open();
});

afterEach(async () => {
  cleanup();
  await line.close();
  vi.restoreAllMocks();
});

const patience = { timeout: 20_000 };
const schedule = (id: number) => ({
  id,
  staff_id: null,
  title: `Shift ${id}`,
  status: "published",
  tags: [],
  version: 1,
});
const publish = (id: number) => server.publish("schedules", "schedule:created", { schedule: schedule(id) });

function Board() {
  const { status } = useChannel(Schedules());
  const connection = useConnection();
  const [titles, setTitles] = useState<readonly string[]>([]);
  useEvent(Schedules(), "schedule:created", (payload) => setTitles((known) => [...known, payload.schedule.title]));
  return <p>{[connection.status, status, ...titles].join(", ")}</p>;
}

test("a board in StrictMode fills, loses its line, and has what came meanwhile", async () => {
  const { container } = render(
    <StrictMode>
      <TidingsProvider url={url} getToken={async () => "ada"}>
        <Board />
      </TidingsProvider>
    </StrictMode>,
  );
  await waitFor(() => expect(container.textContent).toBe("connected, live"), patience);
  await publish(1);
  await waitFor(() => expect(container.textContent).toBe("connected, live, Shift 1"), patience);
  line.cut();
  await waitFor(() => expect(container.textContent).toBe("offline, offline, Shift 1"), patience);
  await publish(2);
  await waitFor(() => expect(container.textContent).toBe("connected, live, Shift 1, Shift 2"), patience);
  expect(line.connections).toBe(2);
}, 60_000);

test("a live query in StrictMode: subscribed, then fetched, fed, cut, recovered, edited; it ends as the database does", async () => {
  const rows = new Map([[1, schedule(1)]]);
  let fetches = 0;
  let mutate: (id: number) => Promise<unknown> = async () => {};
  function Week() {
    const { data, live } = useLiveQuery({
      queryKey: ["schedules"],
      queryFn: async () => {
        fetches += 1;
        return [...rows.values()];
      },
      channel: Schedules(),
      matches: () => true,
      sort: (a, b) => a.id - b.id,
    });
    const edit = useLiveMutation({
      queryKey: ["schedules"],
      mutationFn: async (id: number) => {
        const saved = { ...schedule(id), title: "Saved", version: 2 };
        rows.set(id, saved);
        await server.publish("schedules", "schedule:updated", { scheduleId: id, schedule: saved });
        return saved;
      },
      edit: (id) => ({ id, row: (row) => row && { ...row, title: "Saving" } }),
      answered: (saved) => [saved],
    });
    mutate = edit.mutate;
    return <p>{[live.status, ...(data ?? []).map(({ title }) => title)].join(", ")}</p>;
  }
  const { container } = render(
    <StrictMode>
      <QueryClientProvider client={new QueryClient()}>
        <TidingsProvider url={url} getToken={async () => "ada"}>
          <Week />
        </TidingsProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
  const shows = (text: string) => waitFor(() => expect(container.textContent).toBe(text), patience);
  await shows("live, Shift 1");
  rows.set(2, schedule(2));
  await publish(2);
  await shows("live, Shift 1, Shift 2");
  line.cut();
  await shows("offline, Shift 1, Shift 2");
  rows.set(3, schedule(3));
  await publish(3);
  await shows("live, Shift 1, Shift 2, Shift 3");
  const saved = mutate(2);
  await shows("live, Shift 1, Saved, Shift 3");
  expect(await saved).toMatchObject({ status: "saved", answer: { title: "Saved" } });
  expect(fetches).toBe(1);
}, 60_000);

/** The guide's way: subscribe and listen when connected. */
function GuideBoard({ useHook }: { useHook: UseGuideWebSocket | typeof useWebSocket }) {
  const { connected, subscribe, on, off } = useHook(url, "ada") as ReturnType<UseGuideWebSocket>;
  const [titles, setTitles] = useState<readonly string[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as the guide has it
  useEffect(() => {
    if (!connected) return;
    subscribe(["schedules"]);
    const created = (payload: { schedule: { title: string } }) =>
      setTitles((known) => [...known, payload.schedule.title]);
    on("schedule:created", created);
    return () => off("schedule:created", created);
  }, [connected]);
  return <p>{[connected, ...titles].join(", ")}</p>;
}

test.each(["ours", "the guide's"])(
  "%s useWebSocket: connected, heard, lost, and heard again",
  async (whose) => {
    const useHook = whose === "ours" ? useWebSocket : await guideHook("ours");
    const { container } = render(<GuideBoard useHook={useHook} />);
    await waitFor(() => expect(container.textContent).toBe("true"), patience);
    // The board says connected before the server has entered it: its first shift is published until it is heard.
    for (let id = 10; container.textContent === "true"; id += 1) await publish(id);
    line.cut();
    await waitFor(() => expect(container.textContent).toMatch(/^false/), patience);
    await waitFor(() => expect(container.textContent).toMatch(/^true/), patience);
    await publish(99);
    await waitFor(() => expect(container.textContent).toMatch(/Shift 99$/), patience);
  },
  60_000,
);

test("a page that the server does not allow: refused after three tries, with what may be wrong", async () => {
  (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL("http://elsewhere.example/");
  const Reason = () => <p>{useConnection().reason}</p>;
  const { container } = render(
    <TidingsProvider url={url} getToken={() => "ada"}>
      <Reason />
    </TidingsProvider>,
  );
  await waitFor(() => expect(container.textContent).toContain("not for this origin"), patience);
}, 60_000);
