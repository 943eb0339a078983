import { afterAll, beforeAll, expect, test } from "vitest";
import { Packed } from "./packed.js";

let packed: Packed;

beforeAll(async () => {
  packed = await Packed.build(["client"]);
}, 60_000);

afterAll(() => packed.remove());

test("the built bundle is at most 8 kB gzipped", async () => {
  expect(await packed.gzipped()).toBeLessThanOrEqual(8_000);
});

test("presence is at most 2 kB gzipped more", async () => {
  expect(await packed.gzipped("presence.js")).toBeLessThanOrEqual(2_000);
});

test("publint has nothing to say", async () => {
  expect(await packed.lint()).toEqual([]);
});

test("its types compile, and refuse what is wrong", async () => {
  await packed.compile(`
    import { channel, type ChannelEvent, WebSocketClient } from "@tidings/client";
    const notes = channel<ChannelEvent<"note", { text: string }>>("notes");
    const client = new WebSocketClient("/ws", { getToken: async () => "t" });
    export const leave = client.follow(notes, { onEvent: ({ payload }) => payload.text.trim() });
    export const sum: Promise<number> = client.request<number>("add", { a: 1 }, { timeout: 100 });
  `);
  await expect(
    packed.compile(`
      import { channel, type ChannelEvent, WebSocketClient } from "@tidings/client";
      const notes = channel<ChannelEvent<"note", { text: string }>>("notes");
      new WebSocketClient("/ws").follow(notes, { onEvent: ({ payload }) => payload.title });
    `),
  ).rejects.toThrow("'title' does not exist");
}, 60_000);
