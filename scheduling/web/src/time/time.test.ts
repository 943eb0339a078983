import { afterEach, describe, expect, it } from "vitest";
import { words } from "../words/language";
import { locale, setLocale } from "./locale";
import { addDays, daysOfWeek, parseDay, weekNumber, weekOf } from "./week";
import { ago, ahead, clockTime, dayNear, dayShort, hours, initials, list, timeSpan, weekTitle } from "./words";
import { instantAt, minutesBetween, overlaps, startOfDay, today, wallTime, weekWindow } from "./zone";

const LONDON = "Europe/London";
const NEW_YORK = "America/New_York";

const usual = locale();
afterEach(() => setLocale(usual));

describe("weeks", () => {
  it("begin on Monday where the reader's do", () => {
    expect(weekOf("2026-11-29")).toBe("2026-11-23");
    expect(weekOf("2026-11-23")).toBe("2026-11-23");
    expect(daysOfWeek("2026-12-28").at(-1)).toBe("2027-01-03");
  });

  it("begin on another day where the reader's do", () => {
    setLocale({ ...usual, firstDay: 7 });
    expect([weekOf("2026-11-28"), weekOf("2026-11-29")]).toEqual(["2026-11-22", "2026-11-29"]);
    setLocale({ ...usual, firstDay: 6 });
    expect([weekOf("2026-11-27"), weekOf("2026-11-28")]).toEqual(["2026-11-21", "2026-11-28"]);
    expect([weekNumber("2026-11-21"), weekNumber("2026-11-22")]).toEqual([48, 48]);
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
  /** Chromium and Node may set narrow spaces. */
  const plain = (text: string) => text.replace(/[\u2009\u202f]/g, " ");

  it("name a week within a month, over months and over years", () => {
    expect(plain(weekTitle("2026-11-23", "2026-11-29"))).toBe("23 – 29 November 2026");
    expect(plain(weekTitle("2026-11-30", "2026-12-06"))).toBe("30 November – 6 December 2026");
    expect(plain(weekTitle("2026-12-28", "2027-01-03"))).toBe("28 December 2026 – 3 January 2027");
  });

  it("follow the reader's language and clock", () => {
    const night = { starts_at: "2026-11-24T22:00:00Z", ends_at: "2026-11-25T06:30:00Z" };
    expect([dayShort("2026-11-24"), timeSpan(night, LONDON)]).toEqual(["Tue 24 Nov", "22:00–06:30"]);
    setLocale({ tag: "en-US", clock: 12, firstDay: 7 });
    expect([dayShort("2026-11-24"), plain(timeSpan(night, LONDON))]).toEqual(["Tue Nov 24", "10 PM – 6:30 AM"]);
    expect([clockTime("00:00"), clockTime("24:00"), clockTime("12:15")].map(plain)).toEqual([
      "12 AM",
      "12 AM",
      "12:15 PM",
    ]);
    setLocale({ tag: "de-DE", clock: 24, firstDay: 1 });
    expect([dayShort("2026-11-24"), hours(450)]).toEqual(["Di., 24. Nov.", "7,5 h"]);
    expect(dayNear("2026-11-25", "2026-11-24")).toBe("Morgen");
  });

  it("say how long a night is on which the clocks change", () => {
    const night = (day: string, zone: string) => {
      const [from, until] = [
        instantAt({ day, time: "22:00" }, zone),
        instantAt({ day: addDays(day, 1), time: "06:00" }, zone),
      ];
      return hours(minutesBetween(from ?? "", until ?? ""));
    };
    expect([night("2026-03-28", LONDON), night("2026-10-24", LONDON), night("2026-11-24", LONDON)]).toEqual([
      "7 h",
      "9 h",
      "8 h",
    ]);
  });

  it("count hours, times and people", () => {
    expect([hours(480), hours(450), hours(0)]).toEqual(["8 h", "7.5 h", "0 h"]);
    expect(list(words.t, ["Ada", "Ben", "Cy", "Dee", "Eve"])).toBe("Ada, Ben and 3 others");
    expect(list(words.t, ["Ada", "Ben"])).toBe("Ada and Ben");
    expect([initials("Ada Park"), initials("Mona del Rey"), initials("Cher")]).toEqual(["AP", "MR", "C"]);
  });

  it("say how long ago something was", () => {
    const now = Date.parse("2026-11-24T12:00:00Z");
    expect(ago("2026-11-24T11:59:57Z", now)).toBe("3 seconds ago");
    expect(ago("2026-11-24T11:59:00Z", now)).toBe("1 minute ago");
    expect(ago("2026-11-24T09:00:00Z", now)).toBe("3 hours ago");
    expect(ago("2026-11-24T12:00:05Z", now)).toBe("now");
    expect(ahead("2026-11-24T15:10:00Z", now)).toBe("in 3 hours");
    expect(ahead("2026-11-26T12:00:00Z", now)).toBe("in 2 days");
  });
});
