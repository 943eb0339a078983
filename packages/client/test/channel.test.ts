import { channel, channelName } from "@tidings/client";
import { expect, test } from "vitest";
import { Schedules, TeamSchedules, WS_CHANNELS, WS_EVENT_TYPES } from "./live.gen.js";
import { vectors } from "./vectors.js";

const names = vectors<{ cases: { name: string; accept: boolean }[] }>("channel-names").cases;

test.each(names)("vector: channel $name: $accept", ({ name, accept }) => {
  if (accept) expect(channel(name).name).toBe(name);
  else expect(() => channel(name)).toThrow("is no channel name");
});

interface Pattern {
  readonly pattern: string;
  readonly name: string;
  readonly params: Record<string, string | number> | null;
}

const patterns = vectors<{ cases: Pattern[] }>("channel-patterns").cases;

test.each(patterns.filter(({ params }) => params))(
  "vector: $pattern with $params is $name",
  ({ pattern, name, params }) => {
    expect(channelName(pattern, params ?? {})).toBe(name);
  },
);

test.each([
  [undefined, "team_id is undefined"],
  [Number.NaN, "team_id is null"],
  [1.5, "team_id is 1.5"],
  [2 ** 53, "team_id is 9007199254740992"],
  ["", 'team_id is ""'],
  ["a:b", 'team_id is "a:b"'],
  [null, "team_id is null"],
  [{}, "team_id is {}"],
  ["a b", "is no channel name"],
  ["x".repeat(255), "is no channel name"],
])("a parameter %j is refused, with its name", (value, message) => {
  expect(() => channelName("team:{team_id}:schedules", { team_id: value as string })).toThrow(message);
});

test("a value with a dollar sign is no replacement pattern", () => {
  expect(() => channelName("team:{team_id}", { team_id: "$&" })).toThrow("is no channel name");
});

test("the generated file: names, channels and types", () => {
  expect(WS_EVENT_TYPES.SCHEDULE_CREATED).toBe("schedule:created");
  expect(WS_EVENT_TYPES.SUBSCRIBED).toBe("subscribed");
  expect(WS_CHANNELS.SCHEDULES).toBe("schedules");
  expect(WS_CHANNELS.TEAM_SCHEDULES({ team_id: 7 })).toBe("team:7:schedules");
  expect(Schedules().name).toBe("schedules");
  expect(TeamSchedules({ team_id: -7 }).name).toBe("team:-7:schedules");
});
