import { describe, expect, it } from "vitest";
import { entryText, readEntry, roleNamed } from "./entry";

const times = (text: string) => {
  const read = readEntry(text);
  return "entry" in read ? `${read.entry.start} ${read.entry.end}` : read.problem;
};

describe("an entry", () => {
  it.each([
    ["9-17", "09:00 17:00"],
    ["9:30-17", "09:30 17:00"],
    ["9.30 - 17.15", "09:30 17:15"],
    ["0930-1715", "09:30 17:15"],
    ["930-17", "09:30 17:00"],
    ["7h30–15", "07:30 15:00"],
    ["22-6", "22:00 06:00"],
    ["16-24", "16:00 00:00"],
    ["0-8", "00:00 08:00"],
    ["9 to 17", "09:00 17:00"],
    ["9 bis 17", "09:00 17:00"],
    ["9 17", "09:00 17:00"],
    ["  9-17  ", "09:00 17:00"],
  ])("%s is %s", (text, expected) => expect(times(text)).toBe(expected));

  it.each([
    ["9-5p", "09:00 17:00"],
    ["9a-5p", "09:00 17:00"],
    ["9 am - 5:30 pm", "09:00 17:30"],
    ["1-5p", "13:00 17:00"],
    ["12-5p", "12:00 17:00"],
    ["9-12p", "09:00 12:00"],
    ["10p-6a", "22:00 06:00"],
    ["10p-6", "22:00 06:00"],
    ["4p-12a", "16:00 00:00"],
  ])("on the 12-hour clock %s is %s", (text, expected) => expect(times(text)).toBe(expected));

  it.each([
    ["9-17 nurse", "nurse"],
    ["9-5p head nurse", "head nurse"],
    ["9-15 physio", "physio"],
    ["9-17", null],
  ])("%s names the role %s", (text, role) => expect(readEntry(text)).toHaveProperty("entry.role", role));

  it.each(["", "9", "9-", "-17", "nurse", "9-17nurse", "9/17", "9-17-20", "9:3-17"])(
    "%j has not the shape of one",
    (text) => expect(readEntry(text)).toEqual({ problem: { code: "shape" } }),
  );

  it.each([
    ["25-6", "25"],
    ["9-26", "26"],
    ["9:75-17", "9:75"],
    ["13p-17", "13p"],
    ["24-8", "24"],
    ["9-0p", "0p"],
  ])("of %s, %s is no time", (text, wrong) => expect(times(text)).toEqual({ code: "time", text: wrong }));

  it("that would last the night by a slip says what to write", () => {
    expect(times("9-5")).toEqual({ code: "long", hours: 20, better: "9-17" });
    expect(times("9-9")).toEqual({ code: "long", hours: 24, better: "9-21" });
    expect(times("7-6:30")).toEqual({ code: "long", hours: 23.5, better: "7-18:30" });
    expect(times("1-23")).toEqual({ code: "long", hours: 22, better: "" });
  });

  it("is read again as what it was written from", () => {
    for (const span of [
      { start: "07:00", end: "15:30" },
      { start: "23:00", end: "07:00" },
      { start: "16:00", end: "00:00" },
    ]) {
      expect(times(entryText(span))).toBe(`${span.start} ${span.end}`);
    }
  });
});

describe("a role", () => {
  const roles = ["Care assistant", "Head nurse", "Nurse", "Night porter"];

  it("is named by itself, by how it begins, or by one of its words", () => {
    expect(roleNamed("nurse", roles)).toEqual({ role: "Nurse" });
    expect(roleNamed("CARE", roles)).toEqual({ role: "Care assistant" });
    expect(roleNamed("porter", roles)).toEqual({ role: "Night porter" });
  });

  it("that several are named by is not guessed", () => {
    expect(roleNamed("n", roles)).toEqual({ several: ["Nurse", "Night porter"] });
  });

  it("that nobody has is told with those that there are", () => {
    expect(roleNamed("pilot", roles)).toEqual({ unknown: "pilot", roles });
  });
});
