// @vitest-environment happy-dom

import { render, screen } from "@testing-library/react";
import { StrictMode } from "react";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { type Server, startServer } from "../e2e/server";
import { ScheduleDashboard } from "./ScheduleDashboard";

/** The guide's component is told ws://localhost:8000; the server of this test listens elsewhere. */
const PLACE = "ws://localhost:8000";
const PATIENCE = { timeout: 20_000 };

let server: Server;
let token: string;

beforeAll(async () => {
  server = await startServer("native");
  (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL(server.url);
  const body = { email: "manager@example.com", password: "demo" };
  token = (await (await send("POST", "/api/auth/login", body)).json()).access_token;
  localStorage.setItem("access_token", token);
  const There = globalThis.WebSocket;
  vi.stubGlobal(
    "WebSocket",
    class extends There {
      constructor(url: string) {
        super(url.replace(PLACE, server.url.replace("http", "ws")));
      }
    },
  );
}, 90_000);

afterEach(() => vi.restoreAllMocks());

afterAll(async () => {
  vi.unstubAllGlobals();
  await server.stop();
});

function send(method: string, path: string, body?: object): Promise<Response> {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  return fetch(server.url + path, { method, headers, body: JSON.stringify(body) });
}

it("connects, and hears what is created and updated, under StrictMode, once each", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const heard = (words: string) => log.mock.calls.filter(([first]) => first === words).map(([, schedule]) => schedule);
  render(
    <StrictMode>
      <ScheduleDashboard />
    </StrictMode>,
  );
  await screen.findByText("Status: Connected", {}, PATIENCE);

  const times = { starts_at: "2031-01-07T08:00:00Z", ends_at: "2031-01-07T16:00:00Z" };
  const place = { staff_id: null, role: "Nurse", location: "North Ward" };
  const created = await (await send("POST", "/api/schedules", { ...times, ...place })).json();
  await vi.waitFor(() => expect(heard("New schedule created:")).toEqual([created]), PATIENCE);

  const change = { version: created.version, note: "Bring the key" };
  const updated = await (await send("PATCH", `/api/schedules/${created.id}`, change)).json();
  await vi.waitFor(() => expect(heard("Schedule updated:")).toEqual([updated]), PATIENCE);
  expect(heard("New schedule created:")).toHaveLength(1);
}, 60_000);
