import { describe, expect, it } from "vitest";
import { addDays, daysOfWeek, mondayOf, parseDay, weekNumber } from "./week";
import { ago, hours, initials, list, weekTitle } from "./words";
import { instantAt, minutesBetween, overlaps, startOfDay, today, wallTime, weekWindow } from "./zone";

const LONDON = "Europe/London";
const NEW_YORK = "America/New_York";

describe("weeks", () => {
  it("are named by their Monday", () => {
    expect(mondayOf("2026-11-29")).toBe("2026-11-23");
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
    expect(daysOfWeek("2026-12-28").at(-1)).toBe("2027-01-03");
  });

  it("have ISO numbers, also over the turn of the year", () => {
    expect(weekNumber("2026-11-23")).toBe(48);
    expect(weekNumber("2026-12-28")).toBe(53);
    expect(weekNumber("2027-01-04")).toBe(1);
  });

  it.each(["2026-02-30", "2026-13-01", "23.11.2026", "", 20261123, null, undefined])("refuse %o", (value) =>
    expect(parseDay(value)).toBeNull(),
  );

  it("cross the end of a month and a leap day", () => {
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
  });
});

describe("wall clocks", () => {
  it("show the location's day, not the browser's", () => {
    expect(wallTime("2026-11-24T03:30:00Z", NEW_YORK)).toEqual({ day: "2026-11-23", time: "22:30" });
    expect(wallTime("2026-11-24T22:30:00Z", "Pacific/Auckland")).toEqual({ day: "2026-11-25", time: "11:30" });
  });

  it("turn into the instants that they mean, winter and summer", () => {
    expect(instantAt({ day: "2026-01-15", time: "07:00" }, LONDON)).toBe("2026-01-15T07:00:00Z");
    expect(instantAt({ day: "2026-07-15", time: "07:00" }, LONDON)).toBe("2026-07-15T06:00:00Z");
  });

  it("have no instant in the hour that is skipped", () => {
    expect(instantAt({ day: "2026-03-29", time: "01:30" }, LONDON)).toBeNull();
    expect(instantAt({ day: "2026-03-29", time: "02:00" }, LONDON)).toBe("2026-03-29T01:00:00Z");
  });

  it("mean the first pass of the hour that happens twice", () => {
    expect(instantAt({ day: "2026-10-25", time: "01:30" }, LONDON)).toBe("2026-10-25T00:30:00Z");
  });

  it("start a day when it starts there, even where midnight is skipped", () => {
    expect(startOfDay("2026-11-24", NEW_YORK)).toBe("2026-11-24T05:00:00Z");
    expect(startOfDay("2024-09-08", "America/Santiago")).toBe("2024-09-08T04:00:00Z");
  });

  it("give today's date in the zone", () => {
    expect(today(NEW_YORK, Date.parse("2026-11-24T03:30:00Z"))).toBe("2026-11-23");
  });
});

describe("a week's window", () => {
  it("holds the week of every zone on earth", () => {
    const { from, to } = weekWindow("2026-11-23");
    for (const zone of ["Pacific/Kiritimati", LONDON, "Etc/GMT+12"]) {
      expect(minutesBetween(from, startOfDay("2026-11-23", zone))).toBeGreaterThanOrEqual(0);
      expect(minutesBetween(startOfDay("2026-11-30", zone), to)).toBeGreaterThanOrEqual(0);
    }
  });

  it("overlaps as the server's does: the ends do not touch", () => {
    const row = { starts_at: "2026-11-23T07:00:00Z", ends_at: "2026-11-23T15:00:00Z" };
    expect(overlaps(row, "2026-11-23T15:00:00Z", "2026-11-24T00:00:00Z")).toBe(false);
    expect(overlaps(row, "2026-11-23T14:59:00Z", "2026-11-24T00:00:00Z")).toBe(true);
    expect(overlaps(row, "2026-11-22T00:00:00Z", "2026-11-23T07:00:00Z")).toBe(false);
  });
});

describe("words", () => {
  it("name a week within a month, over months and over years", () => {
    expect(weekTitle("2026-11-23", "2026-11-29")).toBe("23 – 29 November 2026");
    expect(weekTitle("2026-11-30", "2026-12-06")).toBe("30 November – 6 December 2026");
    expect(weekTitle("2026-12-28", "2027-01-03")).toBe("28 December 2026 – 3 January 2027");
  });

  it("count hours, times and people", () => {
    expect([hours(480), hours(450), hours(0)]).toEqual(["8 h", "7.5 h", "0 h"]);
    expect(list(["Ada", "Ben", "Cy", "Dee", "Eve"])).toBe("Ada, Ben and 3 others");
    expect(list(["Ada", "Ben"])).toBe("Ada and Ben");
    expect([initials("Ada Park"), initials("Mona del Rey"), initials("Cher")]).toEqual(["AP", "MR", "C"]);
  });

  it("say how long ago something was", () => {
    const now = Date.parse("2026-11-24T12:00:00Z");
    expect(ago("2026-11-24T11:59:57Z", now)).toBe("3 seconds ago");
    expect(ago("2026-11-24T11:59:00Z", now)).toBe("1 minute ago");
    expect(ago("2026-11-24T09:00:00Z", now)).toBe("3 hours ago");
    expect(ago("2026-11-24T12:00:05Z", now)).toBe("just now");
  });
});
