/** What compiles, and what does not. */
import { type ChannelEvent, WebSocketClient, type WebSocketMessage } from "@tidings/client";
import { expectTypeOf, test } from "vitest";
import { type Schedule, type ScheduleCreatedPayload, Schedules, TeamSchedules, WS_EVENT_TYPES } from "./live.gen.js";

const client = new WebSocketClient("/ws");

test("a channel's events narrow by type, without casts", () => {
  client.follow(Schedules(), {
    onEvent: (event) => {
      expectTypeOf(event.type).toEqualTypeOf<"schedule:created" | "schedule:deleted" | "schedule:updated">();
      if (event.type === "schedule:deleted") expectTypeOf(event.payload.scheduleId).toEqualTypeOf<number>();
      else expectTypeOf(event.payload.schedule).toEqualTypeOf<Schedule>();
    },
  });
});

test("a channel by name has events whose payload is unknown", () => {
  client.follow("schedules", { onEvent: (event) => expectTypeOf(event).toEqualTypeOf<ChannelEvent>() });
});

test("parameters of channels are typed", () => {
  TeamSchedules({ team_id: 7 });
  // @ts-expect-error a number is declared
  TeamSchedules({ team_id: "7" });
  // @ts-expect-error the parameter is missing
  TeamSchedules({});
});

test("the payloads of the protocol's own messages are known, others are what the handler takes", () => {
  client.on("connection:established", (payload) => expectTypeOf(payload.user_id).toEqualTypeOf<string>());
  client.on(WS_EVENT_TYPES.SCHEDULE_CREATED, (payload: ScheduleCreatedPayload) => payload.schedule.id);
  client.on("other", (payload, message) => {
    expectTypeOf(payload).toBeUnknown();
    expectTypeOf(message).toEqualTypeOf<WebSocketMessage<unknown>>();
  });
});

test("the guide's messages and handlers are taken", () => {
  const message: WebSocketMessage = { type: "subscribe", payload: { channels: [] }, timestamp: "", id: "1" };
  client.send({ ...message, payload: { channels: ["a"] } });
  expectTypeOf(client.subscribe).toBeCallableWith(["schedules"]);
  // @ts-expect-error a string is no list
  client.subscribe("schedules");
});
