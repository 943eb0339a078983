/**
 * The defects of the guide's TypeScript client, each line of the list as one group: the same observation is made on the guide's
 * own client, which shows the defect, and on ours, which does not.
 */
import { WebSocketClient } from "@tidings/client";
import { envelope, refuse, ScriptedServer, type ScriptedSocket, seeded } from "@tidings/client/testing";
import { beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { fakeTime, pass, tick } from "./bench.js";

fakeTime();

// By a name that the compiler does not follow: the guide's file is compiled with its own, lenient settings.
const guideFile: string = "../guide/WebSocketClient.ts";
const { WebSocketClient: GuideClient } = (await import(guideFile)) as {
  WebSocketClient: new (url: string, token: string) => Client;
};

type Client = Pick<WebSocketClient, "connect" | "disconnect" | "subscribe" | "unsubscribe" | "send"> & {
  on(type: string, handler: (payload: unknown) => void): void;
};

const URL = "ws://server/ws";
let server: ScriptedServer;
let log: MockInstance<typeof console.error>;
let random: () => number;

beforeEach(() => {
  server = new ScriptedServer();
  random = seeded(1);
  vi.stubGlobal("WebSocket", server.WebSocket);
  vi.spyOn(console, "log").mockImplementation(() => {});
  log = vi.spyOn(console, "error").mockImplementation(() => {});
});

/** `getToken` is what the application would ask; the guide's client can only be given what it says once. */
const makers = {
  guide: (getToken: () => string): Client => new GuideClient(URL, getToken()),
  ours: (getToken: () => string): Client => new WebSocketClient(URL, { getToken, random }),
};

interface Outcomes<T> {
  readonly guide: T;
  readonly ours: T;
}

/** What `observe` sees on each of the two clients. */
function defect<T>(
  name: string,
  observe: (make: (token?: () => string) => Client) => Promise<T>,
  expected: Outcomes<T>,
) {
  describe(name, () => {
    test("the guide's client shows it", async () => {
      expect(await observe((token = () => "t") => makers.guide(token))).toEqual(expected.guide);
    });
    test("ours does not", async () => {
      expect(await observe((token = () => "t") => makers.ours(token))).toEqual(expected.ours);
    });
  });
}

async function connected(client: Client): Promise<Client> {
  client.connect();
  await tick();
  return client;
}

const message = (type: string) => ({ type, payload: {}, timestamp: "2026-11-23T08:00:00.000Z", id: `m-${type}` });
const open = (sockets: readonly ScriptedSocket[]) => sockets.filter(({ readyState }) => readyState === 1).length;
const arrived = (type: string) => server.sockets.flatMap((socket) => socket.payloads(type)).length;

describe("`disconnect()` reconnects through `onclose`; retry timer never stored or cancelled.", () => {
  defect(
    "disconnect(): sockets that are open a minute later",
    async (make) => {
      const client = await connected(make());
      client.disconnect();
      await pass(60_000);
      return open(server.sockets);
    },
    { guide: 1, ours: 0 },
  );
  defect(
    "disconnect() while waiting to reconnect: sockets that are open a minute later",
    async (make) => {
      const client = await connected(make());
      server.socket.end(1006);
      client.disconnect();
      await pass(60_000);
      return open(server.sockets);
    },
    { guide: 1, ours: 0 },
  );
});

describe("No resubscribe after reconnect.", () => {
  defect(
    "events heard after a reconnect",
    async (make) => {
      const heard = vi.fn();
      const client = await connected(make());
      client.on("t", heard);
      client.subscribe(["a"]);
      await tick();
      server.socket.end(1006);
      await pass(2_000);
      server.publish("a");
      return heard.mock.calls.length;
    },
    { guide: 0, ours: 1 },
  );
});

describe("Closing mid-flush makes `flushMessageQueue` loop forever.", () => {
  defect(
    "the socket closes after the first of the queued messages",
    async (make) => {
      let reads = 0;
      class Closing extends server.WebSocket {
        constructor(url: string) {
          super(url);
          let state: ScriptedSocket["readyState"] = 0;
          Object.defineProperty(this, "readyState", {
            get: () => {
              reads += 1;
              if (reads > 10_000) throw new Error("it loops");
              return state;
            },
            set: (next: ScriptedSocket["readyState"]) => {
              state = next;
            },
          });
          this.send = () => this.close();
        }
      }
      vi.stubGlobal("WebSocket", Closing);
      server.opens = false;
      const client = make();
      for (const type of ["a", "b", "c"]) client.send(message(type));
      client.connect();
      try {
        server.socket.accept();
      } catch (error) {
        return (error as Error).message;
      }
      return "it ends";
    },
    { guide: "it loops", ours: "it ends" },
  );
});

describe("Second `connect()` leaks a socket; a stale `onclose` clears `connected`.", () => {
  defect(
    "open sockets after two calls of connect()",
    async (make) => {
      const client = await connected(make());
      await connected(client);
      return open(server.sockets);
    },
    { guide: 2, ours: 1 },
  );
  defect(
    "a message is sent after disconnect() and connect(), though the old socket's close event comes late",
    async (make) => {
      const client = await connected(make());
      client.disconnect();
      client.connect();
      await tick();
      client.send(message("hello"));
      return server.socket.payloads("hello").length;
    },
    { guide: 0, ours: 1 },
  );
});

describe("One throwing handler stops the others and is reported as a parse failure.", () => {
  defect(
    "the second handler hears, and the report speaks of parsing",
    async (make) => {
      const heard = vi.fn();
      const client = await connected(make());
      client.on("notice", () => {
        throw new Error("broken");
      });
      client.on("notice", heard);
      server.socket.say(envelope("notice", {}));
      const reports = log.mock.calls.map(([text]) => String(text));
      return [heard.mock.calls.length, reports.some((text) => text.includes("parse"))];
    },
    { guide: [0, true], ours: [1, false] },
  );
});

describe("Token in URL, unencoded, fixed forever; auth rejection retried forever.", () => {
  defect(
    "the URL",
    async (make) => {
      await connected(make(() => "a&b=c"));
      return server.socket.url;
    },
    { guide: `${URL}?token=a&b=c`, ours: URL },
  );
  defect(
    "tokens that the server sees over a reconnect",
    async (make) => {
      let serial = 0;
      await connected(make(() => `t${++serial}`));
      server.socket.end(1006);
      await pass(2_000);
      return server.sockets.map((socket) => socket.url.split("token=")[1] ?? socket.payloads("auth")[0]?.token);
    },
    { guide: ["t1", "t1"], ours: ["t1", "t2"] },
  );
  defect(
    "tries within ten minutes after the token was refused are few",
    async (make) => {
      server.establish = (socket) => {
        socket.say(envelope("connection:error", { code: "unauthorized", message: "forged" }));
        socket.end(4401);
      };
      await connected(make());
      await pass(600_000);
      return server.sockets.length < 3;
    },
    { guide: false, ours: true },
  );
});

describe("No jitter; backoff resets at `open`, so accept-then-close loops at 1 s.", () => {
  defect(
    "ten clients that lost their server at one moment come back at different moments",
    async (make) => {
      for (let i = 0; i < 10; i += 1) await connected(make());
      const lost = [...server.sockets];
      for (const socket of lost) socket.end(1006);
      const moments = new Set<number>();
      for (let time = 0, known = lost.length; time <= 1_000; time += 1) {
        await pass(1);
        if (server.sockets.length > known) moments.add(time);
        known = server.sockets.length;
      }
      return moments.size > 5;
    },
    { guide: false, ours: true },
  );
  defect(
    "a server that accepts and closes is met at most 20 times in a minute",
    async (make) => {
      server.establish = (socket) => socket.end(1011);
      await connected(make());
      await pass(60_000);
      return server.sockets.length <= 20;
    },
    { guide: false, ours: true },
  );
});

describe("Pong never checked; heartbeat intervals leak; no online/visibility handling.", () => {
  defect(
    "a server that answers nothing any more is noticed within ten minutes",
    async (make) => {
      server.answers.ping = () => {};
      await connected(make());
      await pass(600_000);
      return server.sockets.length > 1;
    },
    { guide: false, ours: true },
  );
  defect(
    "pings within 30 s after two calls of connect()",
    async (make) => {
      await connected(await connected(make()));
      await pass(30_000);
      return arrived("ping");
    },
    { guide: 2, ours: 1 },
  );
  defect(
    "when the network is back, a lost connection is tried at once",
    async (make) => {
      vi.stubGlobal("window", new EventTarget());
      await connected(make());
      server.socket.end(1006);
      window.dispatchEvent(new Event("online"));
      await tick();
      return server.sockets.length;
    },
    { guide: 1, ours: 2 },
  );
  defect(
    "when the page is seen again, a dead connection is noticed within seconds",
    async (make) => {
      vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "visible" }));
      server.answers.ping = () => {};
      await connected(make());
      document.dispatchEvent(new Event("visibilitychange"));
      await pass(6_000);
      return server.sockets.length > 1;
    },
    { guide: false, ours: true },
  );
});

describe("Queue unbounded; stale commands replayed; no acks, errors, timeouts or deduplication.", () => {
  defect(
    "of 10,000 messages sent offline, so many are kept",
    async (make) => {
      const client = make();
      for (let i = 0; i < 10_000; i += 1) client.send({ ...message("hello"), id: `m${i}` });
      await connected(client);
      return arrived("hello");
    },
    { guide: 10_000, ours: 100 },
  );
  defect(
    "a command of an hour ago is sent",
    async (make) => {
      const client = make();
      client.send(message("publish-the-week"));
      await pass(3_600_000);
      await connected(client);
      return arrived("publish-the-week");
    },
    { guide: 1, ours: 0 },
  );
  defect(
    "a caller learns the answer, the refusal, and that no answer comes",
    async (make) => {
      const client = (await connected(make())) as Client & Partial<Pick<WebSocketClient, "request">>;
      server.answers.add = (socket, { id }) => socket.say(envelope("reply", { sum: 3 }, { reply_to: id }));
      server.answers.divide = refuse("forbidden");
      const outcomes = Promise.all(
        ["add", "divide", "other"].map((type) => client.request?.(type).catch((error) => error.code)),
      );
      await pass(10_000);
      return outcomes;
    },
    { guide: [undefined, undefined, undefined], ours: [{ sum: 3 }, "forbidden", "timeout"] },
  );
  defect(
    "an event that comes on two channels is heard so many times",
    async (make) => {
      const heard = vi.fn();
      const client = await connected(make());
      client.on("t", heard);
      client.subscribe(["schedules", "staff:7"]);
      await tick();
      server.publish("schedules", { id: "one" });
      server.publish("staff:7", { id: "one" });
      return heard.mock.calls.length;
    },
    { guide: 2, ours: 1 },
  );
});

describe("No offset or recovery; `any` payloads, no runtime validation, no protocol version.", () => {
  defect(
    "events that were published while the connection was gone",
    async (make) => {
      const heard = vi.fn();
      const client = await connected(make());
      client.on("t", heard);
      client.subscribe(["a"]);
      await tick();
      server.socket.end(1006);
      server.publish("a", { payload: { n: 1 } });
      await pass(2_000);
      return heard.mock.calls.map(([payload]) => payload);
    },
    { guide: [], ours: [{ n: 1 }] },
  );
  defect(
    "a message that breaks the protocol reaches handlers",
    async (make) => {
      const heard = vi.fn();
      const client = await connected(make());
      client.on("t", heard);
      server.socket.say({ type: "t", payload: "not an object", timestamp: "x", id: "1" });
      return heard.mock.calls.length;
    },
    { guide: 1, ours: 0 },
  );
  defect(
    "a server of another protocol version is taken for one of this version",
    async (make) => {
      server.establish = (socket) =>
        socket.say(
          envelope("connection:established", {
            connection_id: "c",
            user_id: "7",
            protocol: 2,
            positions: {},
            recovered: {},
            ping_interval: 25,
          }),
        );
      await connected(make());
      await pass(1_000);
      return open(server.sockets);
    },
    { guide: 1, ours: 0 },
  );
});

describe("Two components sharing a client and channel: one unsubscribe kills both.", () => {
  defect(
    "events that the other component hears",
    async (make) => {
      const heard = vi.fn();
      const client = await connected(make());
      client.on("t", heard);
      client.subscribe(["a"]);
      client.subscribe(["a"]);
      await tick();
      client.unsubscribe(["a"]);
      await tick();
      server.publish("a");
      return heard.mock.calls.length;
    },
    { guide: 0, ours: 1 },
  );
});
