import { describe, expect, it } from "vitest";
import type { Reason } from "../api/problem";
import { USUAL } from "../api/terms";
import type { Schedule, Staff } from "../api/types";
import { words } from "../words/language";
import {
  changesFrom,
  lengthOf,
  OPEN,
  peopleToPlan,
  placeReasons,
  readFields,
  type ShiftValues,
  shownAs,
  valuesOf,
} from "./shift-fields";

const { t } = words;
const LONDON = "Europe/London";

const values: ShiftValues = {
  staff: "3",
  day: "2026-11-24",
  start: "07:00",
  end: "15:00",
  role: " Nurse ",
  location: "East wing",
  note: "",
};

const fields = {
  staff_id: 3,
  starts_at: "2026-11-24T07:00:00Z",
  ends_at: "2026-11-24T15:00:00Z",
  role: "Nurse",
  location: "East wing",
  note: "",
};

const schedule: Schedule = {
  id: 1,
  ...fields,
  timezone: LONDON,
  status: "published",
  version: 4,
  updated_by: null,
  updated_at: "2026-11-20T09:00:00Z",
};

describe("readFields", () => {
  it("makes instants of wall-clock times at the location", () => {
    expect(readFields(t, values, LONDON)).toEqual({ fields });
    expect(readFields(t, values, "America/New_York")).toMatchObject({
      fields: { starts_at: "2026-11-24T12:00:00Z", ends_at: "2026-11-24T20:00:00Z" },
    });
  });

  it("keeps the second pass of an hour that comes twice, until its time is changed", () => {
    const second = { ...schedule, starts_at: "2026-10-24T17:00:00Z", ends_at: "2026-10-25T01:30:00Z" };
    const [kept, other] = [valuesOf(second), { ...valuesOf(second), end: "01:45" }];
    expect(kept.end).toBe("01:30");
    const read = readFields(t, { ...kept, note: "Keys" }, LONDON, second);
    expect(read).toMatchObject({ fields: { starts_at: second.starts_at, ends_at: second.ends_at } });
    expect(readFields(t, other, LONDON, second)).toMatchObject({ fields: { ends_at: "2026-10-25T00:45:00Z" } });
  });

  it("ends a night shift on the next day, whatever the clocks do", () => {
    const night = { ...values, start: "22:00", end: "06:00" };
    expect(readFields(t, night, LONDON)).toMatchObject({ fields: { ends_at: "2026-11-25T06:00:00Z" } });
    expect(lengthOf({ ...night, day: "2026-10-24" }, LONDON)).toBe(540);
    expect(lengthOf({ ...night, day: "2026-03-28" }, LONDON)).toBe(420);
  });

  it("sends an open shift without a person", () => {
    expect(readFields(t, { ...values, staff: OPEN }, LONDON)).toMatchObject({ fields: { staff_id: null } });
  });

  it("says beside each empty input what is wanted", () => {
    const empty = { ...values, day: "", start: "", end: "", role: " ", location: "" };
    const read = readFields(t, empty, LONDON);
    expect("errors" in read && Object.keys(read.errors).sort()).toEqual(["day", "end", "location", "role", "start"]);
    expect(lengthOf(empty, LONDON)).toBeNull();
  });

  it("says beside the input that its hour does not exist on that day", () => {
    const skipped = { ...values, day: "2026-03-29", start: "01:30", end: "09:00" };
    expect(readFields(t, skipped, LONDON)).toMatchObject({
      errors: { start: expect.stringContaining("does not exist") },
    });
    const until = { ...values, day: "2026-03-28", start: "20:00", end: "01:30" };
    expect(readFields(t, until, LONDON)).toMatchObject({ errors: { end: expect.stringContaining("does not exist") } });
  });

  it("gives back what a shift was made of", () => {
    expect(readFields(t, valuesOf(schedule), LONDON)).toEqual({ fields });
  });
});

describe("peopleToPlan", () => {
  const someone = (id: number, name: string, active: boolean): Staff => {
    return { id, name, email: null, role: "staff", skills: ["Nurse"], contract: USUAL, active, version: 1 };
  };
  const team = [someone(1, "Zoe", true), someone(2, "Gone", false), someone(3, "Ada", true)];
  const staff = new Map(team.map((person) => [person.id, person]));
  const names = (keep: string) => peopleToPlan(staff, keep).map(({ name }) => name);

  it("leaves out who has left, and goes by name", () => {
    expect(names(OPEN)).toEqual(["Ada", "Zoe"]);
    expect(names("3")).toEqual(["Ada", "Zoe"]);
  });

  it("keeps who has left where they are chosen already", () => {
    expect(names("2")).toEqual(["Ada", "Gone", "Zoe"]);
  });
});

describe("shownAs", () => {
  const me = { id: 1, name: "Mona Reyes" };
  const entered = { ...fields, note: "Key", status: "draft" as const };

  it("keeps what the server said of a shift, but for what was entered", () => {
    expect(shownAs(schedule, entered, LONDON, me)).toEqual({ ...schedule, note: "Key", status: "draft" });
  });

  it("gives each new shift an id that the server never gives", () => {
    const shown = [shownAs(null, entered, LONDON, me), shownAs(null, entered, LONDON, me)];
    expect(shown[0]).toMatchObject({ ...entered, version: 0, updated_by: me, timezone: LONDON });
    expect(new Set(shown.map(({ id }) => id)).size).toBe(2);
    expect(shown.every(({ id }) => id < 0)).toBe(true);
  });
});

describe("changesFrom", () => {
  it("is empty when nothing changed, however the instants are written", () => {
    expect(changesFrom({ ...schedule, starts_at: "2026-11-24T07:00:00.000Z" }, fields, "published")).toEqual({});
  });

  it("holds only what differs", () => {
    expect(changesFrom(schedule, { ...fields, staff_id: null, note: "Key" }, "draft")).toEqual({
      staff_id: null,
      note: "Key",
      status: "draft",
    });
  });
});

describe("placeReasons", () => {
  const reason = (field: string, message: string): Reason => ({ field, message, code: "x", severity: "hard" });

  it("puts each reason beside its input, several of one input together", () => {
    const { errors, general } = placeReasons(t, [
      reason("starts_at", "Overlaps."),
      reason("starts_at", "Too early."),
      reason("staff_id", "Is on leave."),
      reason("accept", "Unknown code."),
    ]);
    expect(errors).toEqual({ start: "Overlaps. Too early.", staff: "Is on leave." });
    expect(general).toEqual(["Unknown code."]);
  });
});
