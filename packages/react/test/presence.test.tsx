import { channel } from "@tidings/client";
import { envelope } from "@tidings/client/testing";
import { TidingsProvider } from "@tidings/react";
import { useOwnPresence, usePresence } from "@tidings/react/presence";
import { type ReactNode, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { mount, pass, scriptedPage } from "./page.js";

const page = scriptedPage();

const SHIFTS = channel<never, { week: number; editing: number | null }>("shifts");
const LOG = "presence:shifts";
const anna = { user_id: "anna", connections: 1 };

const inPage = (children: ReactNode) => (
  <TidingsProvider url="ws://server/ws" getToken={() => "t"}>
    {children}
  </TidingsProvider>
);

function state(users: readonly object[]): void {
  const nodes = [{ node: "n1", users }];
  page.server.socket.say(envelope("presence:state", { channel: LOG, part: 0, nodes }));
}

function Board({ week }: { week: number | null }) {
  const { users, live } = usePresence(week === null ? null : SHIFTS, { week: week ?? 0 });
  return <p>{`${live ? "live" : "-"} ${users.map(({ user_id }) => user_id).join()}`}</p>;
}

function Editor({ shift }: { shift: number }) {
  useOwnPresence(SHIFTS, { editing: shift });
  return null;
}

const updates = () => page.server.socket.payloads("presence:update").map(({ metadata }) => metadata);

test("StrictMode: one subscription of each, one message, and everybody in step", async () => {
  const { container, unmount } = await mount(<StrictMode>{inPage(<Board week={48} />)}</StrictMode>);
  state([anna]);
  await pass(0);
  expect(container.textContent).toBe("live anna");
  expect(page.server.socket.payloads("subscribe").map(({ channels }) => channels)).toEqual([["shifts", LOG]]);
  expect(updates()).toEqual([{ week: 48 }]);
  page.server.publish(LOG, { type: "presence:changed", payload: { node: "n1", users: [{ ...anna, connections: 0 }] } });
  await pass(0);
  expect(container.textContent).toBe("live ");
  unmount();
  await pass(0);
  expect(updates()).toEqual([{ week: 48 }, null]);
});

test("each component says its fields; the same ones in another render say nothing anew", async () => {
  const tree = (week: number, editing: number | null) =>
    inPage(
      <>
        <Board week={week} />
        {editing && <Editor shift={editing} />}
      </>,
    );
  const { rerender } = await mount(tree(48, null));
  rerender(tree(48, 12));
  await pass(1_000);
  rerender(tree(48, 12));
  await pass(1_000);
  rerender(tree(49, null));
  await pass(1_000);
  expect(updates()).toEqual([{ week: 48 }, { week: 48, editing: 12 }, { week: 49 }]);
});

test("no channel, and a server: nobody, and nothing is asked for", async () => {
  const { container } = await mount(inPage(<Board week={null} />));
  expect(container.textContent).toBe("- ");
  expect(page.server.socket.payloads("subscribe")).toHaveLength(0);
  expect(renderToString(inPage(<Board week={48} />))).toBe("<p>- </p>");
});
