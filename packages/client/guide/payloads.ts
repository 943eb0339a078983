// Compiled, never run: the guide's payloads are `any`, ours are not.
import { WebSocketClient as TidingsClient } from "@tidings/client";
import { Schedules } from "../test/live.gen";
import { WebSocketClient } from "./WebSocketClient";

new WebSocketClient("", "").on("schedule:created", (payload) => payload.there.is.no.such.field);
// @ts-expect-error the payload is unknown until a handler says what it takes
new TidingsClient("", "").on("schedule:created", (payload) => payload.there.is.no.such.field);
// @ts-expect-error the payload is the declared one
new TidingsClient("").follow(Schedules(), { onEvent: ({ payload }) => payload.there.is.no.such.field });
