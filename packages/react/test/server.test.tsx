/** The hooks, and the guide's own, on a real tidings server. */

import { cleanup, render, waitFor } from "@testing-library/react";
import { TidingsProvider, useChannel, useConnection, useEvent, useWebSocket } from "@tidings/react";
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
  await waitFor(() => expect(container.textContent).toContain("it does not allow this origin"), patience);
}, 60_000);
