import { describe, expect, it } from "vitest";
import type { TimeOff } from "../api/types";
import { words } from "../words/language";
import { decided, requested } from "./announcements";
import { placeRequestReasons, type RequestValues, requestOf } from "./request-fields";
import { period } from "./words";

const { t } = words;

const LONDON = "Europe/London";
const values: RequestValues = {
  staff: "2",
  days: ["2026-11-24", "2026-11-26"],
  part: false,
  start: "",
  end: "",
  note: " Wedding ",
};

describe("requestOf", () => {
  it("includes the last day", () => {
    expect(requestOf(t, values, LONDON)).toEqual({
      fields: { starts_at: "2026-11-24T00:00:00Z", ends_at: "2026-11-27T00:00:00Z", note: "Wedding" },
    });
  });

  it("takes a single day, and goes by the location's clock", () => {
    expect(requestOf(t, { ...values, days: ["2026-07-01", null] }, LONDON)).toMatchObject({
      fields: { starts_at: "2026-06-30T23:00:00Z", ends_at: "2026-07-01T23:00:00Z" },
    });
  });

  it("takes some hours of a day", () => {
    const part = { ...values, part: true, start: "09:00", end: "13:00" };
    expect(requestOf(t, part, LONDON)).toMatchObject({
      fields: { starts_at: "2026-11-24T09:00:00Z", ends_at: "2026-11-24T13:00:00Z" },
    });
  });

  it.each([
    [{ days: [null, null] as [null, null] }, "days"],
    [{ part: true }, "start"],
    [{ part: true, start: "09:00" }, "end"],
    [{ part: true, start: "13:00", end: "09:00" }, "end"],
  ])("says what is missing or wrong: %o", (change, input) => {
    const read = requestOf(t, { ...values, ...change }, LONDON);
    expect("errors" in read && Object.keys(read.errors)).toEqual([input]);
  });
});

describe("placeRequestReasons", () => {
  const reason = { field: "ends_at", code: "in_the_past", severity: "hard" as const, message: "Already off." };

  it("puts a reason beside the days, or beside the hour when hours were asked for", () => {
    expect(placeRequestReasons(t, [reason], false)).toEqual({ days: "Already off." });
    expect(placeRequestReasons(t, [reason], true)).toEqual({ end: "Already off." });
  });
});

describe("period", () => {
  it.each([
    ["2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z", "Tue 24 Nov · 1 day"],
    ["2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z", "Tue 24 Nov – Thu 26 Nov · 3 days"],
    ["2026-11-24T09:00:00Z", "2026-11-24T13:00:00Z", "Tue 24 Nov, 09:00–13:00"],
    ["2026-11-24T13:00:00Z", "2026-11-25T10:00:00Z", "Tue 24 Nov, 13:00 – Wed 25 Nov, 10:00"],
  ])("%s to %s is %s", (starts_at, ends_at, told) => expect(period(t, { starts_at, ends_at }, LONDON)).toBe(told));
});

describe("announcements", () => {
  const audience = {
    t,
    me: 1,
    nameOf: (id: number) => ["", "Mona Reyes", "Ada Park", "Ben Ito"][id] ?? "",
    zones: [LONDON],
  };
  const request = (id: number, change: Partial<TimeOff> = {}): TimeOff => ({
    id,
    staff_id: 2,
    starts_at: "2026-11-24T00:00:00Z",
    ends_at: "2026-11-25T00:00:00Z",
    note: "",
    status: "pending",
    decision_note: "",
    decided_by: null,
    version: 1,
    updated_at: "2026-11-20T09:00:00Z",
    ...change,
  });
  const came = (...requests: TimeOff[]) => new Map(requests.map((after) => [after.id, { before: null, after }]));

  it("tell managers who requested time off, many as one", () => {
    expect(requested(came(request(1)), audience)).toBe("Ada Park requested time off: Tue 24 Nov, 1 day.");
    expect(requested(came(request(1), request(2, { staff_id: 3 })), audience)).toBe(
      "2 requests for time off came from Ada Park and Ben Ito.",
    );
    expect(requested(new Map(), audience)).toBe("");
  });

  it("tell a person what was decided, and by whom", () => {
    const decision = { status: "denied" as const, version: 2, decided_by: { id: 1, name: "Mona Reyes" } };
    expect(decided(came(request(1, decision)), audience)).toBe("Mona Reyes denied your time off: Tue 24 Nov, 1 day.");
    expect(decided(came(request(1)), audience)).toBe("");
  });
});
