import { envelope, refuse } from "@tidings/client/testing";
import { TidingsProvider, useChannel, useEvent } from "@tidings/react";
import { type ReactNode, StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { Schedules, TeamSchedules } from "../../client/test/live.gen.js";
import { mount, pass, scriptedPage } from "./page.js";

const page = scriptedPage();

const inPage = (children: ReactNode) => (
  <TidingsProvider url="ws://server/ws" getToken={() => "t"}>
    {children}
  </TidingsProvider>
);

const schedule = { id: 7, staff_id: null, title: "Night", status: "published", tags: [], version: 1 };
const created = { type: "schedule:created", payload: { schedule } };
const deleted = { type: "schedule:deleted", payload: { scheduleId: 7, version: 2 } };

test("a channel's status through its life", async () => {
  const seen: string[] = [];
  function Board() {
    const { status } = useChannel(Schedules());
    if (seen.at(-1) !== status) seen.push(status);
    return null;
  }
  const { unmount } = await mount(inPage(<Board />));
  page.server.publish("schedules", created);
  page.server.socket.end(1006);
  await pass(1_000);
  unmount();
  expect(seen).toEqual(["idle", "connecting", "live", "offline", "catching-up", "live"]);
});

test("a refused channel says why", async () => {
  page.server.answers.subscribe = refuse("forbidden", "managers only");
  const Board = () => <p>{JSON.stringify(useChannel("schedules:drafts"))}</p>;
  const { container } = await mount(inPage(<Board />));
  expect(JSON.parse(container.textContent)).toEqual({ status: "refused", reason: "forbidden: managers only" });
});

test("onEvent and onReset are the newest closures, and a new closure does not subscribe again", async () => {
  const heard: string[] = [];
  function Board({ week }: { week: number }) {
    useChannel(Schedules(), {
      onEvent: (event) => heard.push(`${event.type} in ${week}`),
      onReset: ({ reason }) => heard.push(`${reason} in ${week}`),
    });
    return null;
  }
  const { rerender } = await mount(inPage(<Board week={1} />));
  page.server.publish("schedules", created);
  rerender(inPage(<Board week={2} />));
  page.server.publish("schedules", deleted);
  page.server.log("schedules").epoch = "f";
  page.server.publish("schedules", deleted);
  await pass(0);
  expect(heard).toEqual(["schedule:created in 1", "schedule:deleted in 2", "history in 2"]);
  expect(page.server.socket.payloads("unsubscribe")).toHaveLength(0);
});

test("another channel: the old one is left", async () => {
  const Board = ({ team }: { team: number }) => <p>{useChannel(TeamSchedules({ team_id: team })).status}</p>;
  const { rerender, container } = await mount(inPage(<Board team={1} />));
  rerender(inPage(<Board team={2} />));
  await pass(0);
  expect(page.server.socket.payloads("unsubscribe")).toEqual([{ channels: ["team:1:schedules"] }]);
  expect(page.server.socket.payloads("subscribe").map(({ channels }) => channels)).toEqual([
    ["team:1:schedules"],
    ["team:2:schedules"],
  ]);
  expect(container.textContent).toBe("live");
});

test("no channel: idle, and nothing is asked for", async () => {
  const Board = () => <p>{useChannel(null).status}</p>;
  const { container } = await mount(inPage(<Board />));
  expect(container.textContent).toBe("idle");
  expect(page.server.socket.payloads("subscribe")).toHaveLength(0);
});

test("two components on one channel: one leaving does not end the other", async () => {
  const [one, two] = [vi.fn(), vi.fn()];
  const Follower = ({ onEvent }: { onEvent: () => void }) => <p>{useChannel("a", { onEvent }).status}</p>;
  const tree = (both: boolean) =>
    inPage(
      <>
        {both && <Follower onEvent={one} />}
        <Follower onEvent={two} />
      </>,
    );
  const { rerender } = await mount(tree(true));
  rerender(tree(false));
  await pass(0);
  page.server.publish("a");
  expect(page.server.socket.payloads("unsubscribe")).toHaveLength(0);
  expect([one, two].map((handler) => handler.mock.calls.length)).toEqual([0, 1]);
});

test("from one component to another in one commit: no message is sent, no event is lost", async () => {
  const onEvent = vi.fn();
  const First = () => <p>{useChannel("a").status}</p>;
  const Second = () => <p>{useChannel("a", { onEvent }).status}</p>;
  const { rerender } = await mount(inPage(<First />));
  rerender(inPage(<Second />));
  page.server.publish("a");
  await pass(0);
  expect(page.server.socket.sent.map(({ type }) => type)).toEqual(["auth", "subscribe"]);
  expect(onEvent).toHaveBeenCalledOnce();
});

test("StrictMode: each event is heard once", async () => {
  const onEvent = vi.fn();
  const onCreated = vi.fn();
  function Board() {
    useChannel(Schedules(), { onEvent });
    useEvent(Schedules(), "schedule:created", onCreated);
    return null;
  }
  await mount(<StrictMode>{inPage(<Board />)}</StrictMode>);
  page.server.publish("schedules", created);
  expect(onEvent).toHaveBeenCalledOnce();
  expect(onCreated).toHaveBeenCalledOnce();
});

test("useEvent hears its type only, narrowed, with the newest handler", async () => {
  const titles: string[] = [];
  const types: string[] = [];
  function Board({ prefix }: { prefix: string }) {
    useEvent(Schedules(), "schedule:created", ({ schedule }, { offset, type }) => {
      types.push(type);
      titles.push(`${prefix}${schedule.title} ${offset}`);
    });
    return null;
  }
  const { rerender } = await mount(inPage(<Board prefix="a " />));
  page.server.publish("schedules", created);
  rerender(inPage(<Board prefix="b " />));
  page.server.publish("schedules", deleted);
  page.server.publish("schedules", created);
  expect(types).toEqual(["schedule:created", "schedule:created"]);
  expect(titles).toEqual(["a Night 1", "b Night 3"]);
});

test("rendered on a server and hydrated: idle first, then live", async () => {
  const Board = () => <p>{useChannel("a").status}</p>;
  const root = document.createElement("div");
  root.innerHTML = renderToString(inPage(<Board />));
  expect(root.textContent).toBe("idle");
  const mismatch = vi.fn();
  const hydrated = hydrateRoot(root, inPage(<Board />), { onRecoverableError: mismatch });
  await pass(0);
  await pass(0);
  expect(root.textContent).toBe("live");
  expect(mismatch).not.toHaveBeenCalled();
  hydrated.unmount();
});

test("a conflated event is heard when what it stands for begins at the position, and a later one that leaves a gap is not", async () => {
  const offsets: number[] = [];
  const Board = () => <p>{useChannel("a", { onEvent: ({ offset }) => offsets.push(offset) }).status}</p>;
  await mount(inPage(<Board />));
  const { server } = page;
  server.publish("a");
  const [, channels] = [...server.members][0] ?? [];
  channels?.delete("a");
  for (let number = 0; number < 5; number += 1) server.publish("a");
  const log = server.log("a");
  server.socket.say({ ...log.message("a", 4), after: 1 });
  server.socket.say({ ...log.message("a", 6), after: 4 });
  expect(offsets).toEqual([1, 4, 6]);
  channels?.add("a");
  server.socket.say({ ...log.message("a", 6), offset: 9, after: 7 });
  await pass(0);
  expect(server.socket.payloads("subscribe").at(-1)).toEqual({
    channels: ["a"],
    positions: { a: { epoch: "e", offset: 6, id: "a-6" } },
  });
  server.publish("a");
  expect(offsets).toEqual([1, 4, 6, 7]);
});

test("a reset ends a replay that is not finished: told once, and live from its position on", async () => {
  const offsets: number[] = [];
  const onReset = vi.fn();
  const Board = () => <p>{useChannel("a", { onReset, onEvent: ({ offset }) => offsets.push(offset) }).status}</p>;
  const { container } = await mount(inPage(<Board />));
  const { server } = page;
  server.publish("a");
  server.answers.subscribe = (socket, { id }) => {
    const top = { epoch: "e", offset: 5, id: "a-5" };
    const answer = { channels: ["a"], total: 1, positions: { a: top }, recovered: { a: true } };
    socket.say(envelope("subscribed", answer, { reply_to: id }));
    socket.say(server.log("a").message("a", 2));
    const position = { epoch: "f", offset: 0, id: "" };
    socket.say(envelope("channel:reset", { channel: "a", position, reason: "history" }));
    socket.say({ ...server.log("a").message("a", 1), epoch: "f" });
  };
  server.socket.end(1006);
  for (let number = 0; number < 4; number += 1) server.publish("a");
  await pass(1_000);
  expect(onReset).toHaveBeenCalledOnce();
  expect(offsets).toEqual([1, 2, 1]);
  expect(container.textContent).toBe("live");
});
