// @vitest-environment node
import { afterAll, beforeAll, expect, test } from "vitest";
import { Packed } from "../../client/test/packed.js";

let packed: Packed;

beforeAll(async () => {
  packed = await Packed.build(
    ["client", "react"],
    ["react", "@types/react", "csstype", "@tanstack/react-query", "@tanstack/query-core"],
  );
}, 60_000);

afterAll(() => packed.remove());

test("the built bundle is at most 2 kB gzipped, React and the client not counted", async () => {
  expect(await packed.gzipped()).toBeLessThanOrEqual(2_000);
});

test("with live queries it is at most 8.2 kB gzipped, TanStack Query not counted", async () => {
  expect(await packed.gzipped("query.js")).toBeLessThanOrEqual(8_200);
});

test("edits that are held are at most 1.5 kB gzipped more", async () => {
  expect(await packed.gzipped("offline.js")).toBeLessThanOrEqual(1_500);
});

test("presence is at most 0.5 kB gzipped more", async () => {
  expect(await packed.gzipped("presence.js")).toBeLessThanOrEqual(500);
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
}, 60_000);

test("the types of presence compile, and refuse what is wrong", async () => {
  const page = (field: string) => `
    import { channel, type ChannelEvent } from "@tidings/client";
    import { useOwnPresence, usePresence } from "@tidings/react/presence";
    const notes = channel<ChannelEvent<"note", { text: string }>, { editing: number | null }>("notes");
    export function Board() {
      useOwnPresence(notes, { ${field}: 12 });
      const { users, live } = usePresence(notes, { editing: null });
      return <p>{live + users.map(({ user_id, metadata }) => user_id + metadata.map(({ ${field} }) => ${field})).join()}</p>;
    }
  `;
  await packed.compile(page("editing"));
  await expect(packed.compile(page("title"))).rejects.toThrow("'title' does not exist");
}, 60_000);

test("the types of its live queries compile, and refuse what is wrong", async () => {
  const page = (row: string) => `
    import { channel, type ChannelEvent } from "@tidings/client";
    import { useInvalidate, useLiveMutation, useLiveQuery } from "@tidings/react/query";
    interface Note { readonly id: number; readonly text: string }
    const notes = channel<ChannelEvent<"note", { note: Note }>>("notes");
    export function Board() {
      const fetched = async (): Promise<readonly Note[]> => [];
      const { data, live } = useLiveQuery({ queryKey: ["notes"], queryFn: fetched, channel: notes, row: (event) => event.payload.note, sort: (a, b) => a.id - b.id });
      const page = useLiveQuery({
        queryKey: ["notes", 1],
        queryFn: async () => ({ total: 1, items: await fetched() }),
        channels: [notes],
        row: ({ payload }) => ${row},
        rows: ({ items }) => items,
        withRows: (page, items) => ({ ...page, items }),
      });
      useInvalidate(notes, ({ payload }) => [["author", payload.note.id]]);
      const { mutate } = useLiveMutation({
        queryKey: ["notes"],
        mutationFn: async (text: string, { requestId }) => ({ id: 1, text: text + requestId }),
        edit: (text) => ({ id: 1, row: (note: Note | undefined) => note ? { ...note, text } : null }),
        answered: (note) => [note],
      });
      void mutate("x").then((outcome) => outcome.status === "saved" && outcome.answer?.text.trim());
      return <p>{live.status + data?.map(({ text }) => text.trim()) + page.data?.total.toFixed()}</p>;
    }
  `;
  await packed.compile(page("payload.note"));
  await expect(packed.compile(page("payload.title"))).rejects.toThrow("'title' does not exist");
}, 60_000);
