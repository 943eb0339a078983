// @vitest-environment node
import { afterAll, beforeAll, expect, test } from "vitest";
import { Packed } from "../../client/test/packed.js";

let packed: Packed;

beforeAll(async () => {
  packed = await Packed.build(["client", "react"], ["react", "@types/react", "csstype"]);
}, 60_000);

afterAll(() => packed.remove());

test("the built bundle is at most 2 kB gzipped, React and the client not counted", async () => {
  expect(await packed.gzipped()).toBeLessThanOrEqual(2_000);
});

test("publint has nothing to say", async () => {
  expect(await packed.lint()).toEqual([]);
});

test("its types compile", async () => {
  await packed.compile(`
    import { channel, type ChannelEvent } from "@tidings/client";
    import { TidingsProvider, useChannel, useConnection, useEvent, useWebSocket } from "@tidings/react";
    const notes = channel<ChannelEvent<"note", { text: string }>>("notes");
    function Board() {
      const { status, reason } = useChannel(notes, { onReset: ({ reason }) => reason.trim() });
      useEvent(notes, "note", ({ text }, { offset }) => console.log(text.trim(), offset.toFixed()));
      const { connected } = useWebSocket("/ws", "t");
      return <p>{status + reason + useConnection().attempt + connected}</p>;
    }
    export const page = <TidingsProvider url="/ws" getToken={() => null}><Board /></TidingsProvider>;
  `);
});
