import { describe, expect, it } from "vitest";
import { readWeekSearch } from "./week-search";

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
