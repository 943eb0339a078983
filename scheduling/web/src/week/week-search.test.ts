import { describe, expect, it } from "vitest";
import { placeAt, placeIn, readWeekSearch, turned } from "./week-search";

describe("readWeekSearch", () => {
  it("takes any day of a week for the week", () => {
    expect(readWeekSearch({ week: "2026-11-26" }).week).toBe("2026-11-23");
  });

  it("takes what stands open", () => {
    expect(readWeekSearch({ shift: 12, request: 3 })).toMatchObject({ shift: 12, request: 3 });
    expect(readWeekSearch({ shift: "new", staff: "open", day: "2026-11-24" })).toMatchObject({
      shift: "new",
      staff: "open",
      day: "2026-11-24",
    });
  });

  it("leaves out what makes no sense", () => {
    const search = { week: "soon", shift: "12; drop", staff: -1, day: 20261124, request: 1.5, more: "x" };
    expect(Object.values(readWeekSearch(search)).filter((value) => value !== undefined)).toEqual([]);
  });
});

describe("places", () => {
  const TODAY = "2026-11-25";

  it("are read from the address", () => {
    const search = { view: "month", date: "2026-11-26", by: "role" };
    expect(readWeekSearch(search)).toMatchObject(search);
    expect(readWeekSearch({ view: "year", date: "2026-11-26", by: "age" })).not.toMatchObject({ date: "2026-11-26" });
  });

  it("keep to the same day in another view", () => {
    expect(placeIn({}, "day", TODAY)).toMatchObject({ view: "day", date: undefined });
    expect(placeIn({ week: "2026-12-07" }, "day", TODAY)).toMatchObject({ view: "day", date: "2026-12-07" });
    expect(placeIn({ view: "day", date: "2026-12-09" }, "week", TODAY)).toMatchObject({ week: "2026-12-07" });
    expect(placeIn({ view: "month", date: "2026-12-09" }, "day", TODAY)).toMatchObject({ date: "2026-12-09" });
    expect(placeIn({ by: "role" }, "month", TODAY)).toMatchObject({ view: "month", by: "role", date: undefined });
  });

  it("are turned by a day, a week or a month", () => {
    expect(turned({ view: "day", date: "2026-11-30" }, 1, TODAY)).toBe("2026-12-01");
    expect(turned({}, -1, TODAY)).toBe("2026-11-16");
    expect(turned({ view: "month", date: "2026-01-31" }, 1, TODAY)).toBe("2026-02-01");
    expect(turned({ view: "month", date: "2026-03-31" }, -1, TODAY)).toBe("2026-02-01");
  });

  it("are the current ones without a date", () => {
    expect(placeAt({ view: "month", date: "2026-12-01" }, "2026-11-01", TODAY).date).toBeUndefined();
    expect(placeAt({ week: "2026-12-07" }, "2026-11-23", TODAY).week).toBeUndefined();
    expect(placeAt({ view: "day" }, TODAY, TODAY).date).toBeUndefined();
  });
});
