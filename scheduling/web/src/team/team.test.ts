import { describe, expect, it } from "vitest";
import { USUAL } from "../api/terms";
import type { Contract, Need, Staff } from "../api/types";
import { words } from "../words/language";
import { type CoverLine, lineError, linesOf, needsOf, personHours, sameNeeds } from "./cover-lines";
import { changesFrom, contractsOf, errorsOf, staffFields, valuesOf } from "./member-fields";
import { readTeamSearch } from "./team-search";

const { t } = words;

const fullTime: Contract = { ...USUAL, name: "Full time", hours_per_week: 40, hard_rules: ["rest", "skill"] };
const person = (id: number, change: Partial<Staff> = {}): Staff => {
  const terms = { email: `${id}@example.com`, role: "staff" as const, skills: ["Nurse"], contract: fullTime };
  return { id, name: "Ada Park", ...terms, active: true, version: 1, ...change };
};

describe("a person's form", () => {
  const values = valuesOf(person(1));

  it("gives back what it was given, and only what was changed", () => {
    expect(changesFrom(person(1), staffFields(values))).toEqual({});
    const changed = { ...values, name: " Ada Parker ", limits: { ...values.limits, hours_per_week: "" as const } };
    expect(changesFrom(person(1), staffFields(changed))).toEqual({
      name: "Ada Parker",
      contract: { ...fullTime, hours_per_week: null },
    });
  });

  it("does not take another order of the rules for another contract", () => {
    const turned = { ...values, hard: [...values.hard].reverse(), successions: [...values.successions].reverse() };
    expect(changesFrom(person(1), staffFields(turned))).toEqual({});
  });

  it.each([
    [{ name: " " }, "name"],
    [{ email: "ada" }, "email"],
    [{ contract: "" }, "contract"],
    [{ limits: { ...values.limits, rest_hours: "" as const } }, "limits.rest_hours"],
    [{ limits: { ...values.limits, least_hours_per_week: 41 } }, "limits.least_hours_per_week"],
  ])("says what is missing or wrong: %o", (change, input) => {
    expect(Object.keys(errorsOf(t, { ...values, ...change }))).toEqual([input]);
  });
});

it("a team's contracts are those that most people have of each name", () => {
  const odd = { ...fullTime, hours_per_week: 38 };
  const team = [
    person(1),
    person(2, { contract: odd }),
    person(3),
    person(4, { contract: { ...USUAL, name: "Casual" } }),
  ];
  expect(contractsOf(team).map(({ name, hours_per_week }) => [name, hours_per_week])).toEqual([
    ["Casual", null],
    ["Full time", 40],
  ]);
});

describe("the lines of a location's cover", () => {
  const need = (weekday: number, starts: string, ends: string, least = 1): Need => {
    return { role: "Nurse", weekday, starts, ends, least };
  };
  const needs = [need(7, "23:00", "07:00"), need(1, "07:00", "15:00", 2), need(2, "07:00", "15:00")];
  const lines = linesOf(needs);

  it("are one for each role and span, and say the same as the needs", () => {
    expect(lines.map(({ starts, least }) => [starts, ...least])).toEqual([
      ["07:00", 2, 1, "", "", "", "", ""],
      ["23:00", "", "", "", "", "", "", 1],
    ]);
    expect(sameNeeds(needsOf(lines), needs)).toBe(true);
    expect(sameNeeds(needsOf(lines), needs.slice(1))).toBe(false);
  });

  it("ask for hours, over midnight too", () => {
    expect(personHours(lines)).toBe(3 * 8 + 8);
  });

  it("are complete, and each there once", () => {
    const [early] = lines as [CoverLine, ...CoverLine[]];
    const told = (change: Partial<CoverLine>) =>
      lineError(t, { ...early, key: 9, ...change }, [{ ...early, key: 9, ...change }, early]);
    expect(told({ starts: "08:00" })).toBeNull();
    expect(told({ role: " " })).toContain("role");
    expect(told({ ends: "" })).toContain("from when");
    expect(told({ least: ["", "", "", "", "", "", ""] })).toContain("how many");
    expect(lineError(t, { ...early, key: 9 }, [early, { ...early, key: 9 }])).toContain("already");
  });
});

it("the team's address takes what makes sense", () => {
  expect(readTeamSearch({ part: "cover", person: 3, location: "North Ward" })).toEqual({
    part: "cover",
    person: 3,
    location: "North Ward",
  });
  expect(readTeamSearch({ part: "x", person: "7", location: 3 })).toEqual({});
});
