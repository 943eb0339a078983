import { WebSocketClient } from "@tidings/client";
import { expect, test, vi } from "vitest";
import { Lease, sharedLease } from "../src/lease.js";
import { pass, scriptedPage } from "./page.js";

const page = scriptedPage();
const made = () => new Lease(new WebSocketClient("ws://server/ws", "t"));

test("the connection stands until the last holder has released it", async () => {
  const lease = made();
  const [one, two] = [lease.acquire(), lease.acquire()];
  await pass(0);
  one();
  one();
  await pass(1_000);
  expect(lease.client.status.status).toBe("connected");
  two();
  await pass(1_000);
  expect(lease.client.status.status).toBe("closed");
});

test("a further holder does not try again what was refused; the first one after a while does", async () => {
  const lease = made();
  const release = lease.acquire();
  await pass(0);
  page.server.socket.end(4401);
  const further = lease.acquire();
  await pass(0);
  expect(page.server.sockets).toHaveLength(1);
  release();
  further();
  lease.acquire();
  await pass(0);
  expect(lease.client.status.status).toBe("connected");
});

test("leases of one url and token are one, until they end", async () => {
  const lease = sharedLease("ws://server/ws", "t");
  expect(sharedLease("ws://server/ws", "t")).toBe(lease);
  expect(sharedLease("ws://server/ws", "u")).not.toBe(lease);
  lease.acquire()();
  await pass(1_000);
  expect(sharedLease("ws://server/ws", "t")).not.toBe(lease);
  expect(vi.getTimerCount()).toBe(0);
});
