import { expect, it } from "vitest";
import { templateDrafts, templateShift } from "./templates";

const LOCATIONS = [{ name: "North Ward", timezone: "Europe/Amsterdam" }];
const ME = { id: 1, name: "Mona" };
const NIGHT = {
  weekday: 7,
  starts: "22:00",
  ends: "06:00",
  staff_id: 3,
  role: "Nurse",
  location: "North Ward",
  note: "",
};

it("drafts a shift on its weekday, by the clocks of its place, and reads it back", () => {
  const { drafts } = templateDrafts([NIGHT], "2026-11-23", LOCATIONS, ME);
  expect(drafts).toMatchObject([
    { starts_at: "2026-11-29T21:00:00Z", ends_at: "2026-11-30T05:00:00Z", status: "draft", staff_id: 3 },
  ]);
  expect(drafts.map(templateShift)).toEqual([NIGHT]);
  // In summer the same clocks are an hour further ahead of UTC.
  expect(templateDrafts([NIGHT], "2026-07-06", LOCATIONS, ME).drafts[0]?.starts_at).toBe("2026-07-12T20:00:00Z");
});

it("finds the weekday in a week that begins on a Sunday", () => {
  expect(templateDrafts([NIGHT], "2026-11-22", LOCATIONS, ME).drafts[0]?.starts_at).toBe("2026-11-22T21:00:00Z");
});

it("counts what the clocks skip", () => {
  const skipped = { ...NIGHT, starts: "02:30", ends: "10:00" };
  expect(templateDrafts([skipped, NIGHT], "2026-03-23", LOCATIONS, ME)).toMatchObject({ drafts: [{}], impossible: 1 });
});
