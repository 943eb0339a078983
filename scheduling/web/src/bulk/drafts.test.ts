import { expect, it } from "vitest";
import { Problem, type Reason } from "../api/problem";
import type { Schedule } from "../api/types";
import { objectionsTo } from "../shift/objections";
import { copiesOf, missing, remedied } from "./drafts";

const ME = { id: 1, name: "Mona" };

function shift(fields: Partial<Schedule> = {}): Schedule {
  return {
    id: 7,
    staff_id: 3,
    starts_at: "2026-03-27T08:00:00Z",
    ends_at: "2026-03-27T16:00:00Z",
    role: "Nurse",
    location: "North Ward",
    timezone: "Europe/Amsterdam",
    note: "Keys",
    status: "published",
    version: 4,
    updated_by: null,
    updated_at: "2026-03-01T08:00:00Z",
    ...fields,
  };
}

const reason = (index: number, code: string, severity: Reason["severity"]): Reason => ({
  field: `create.${index}.starts_at`,
  code,
  severity,
  message: "",
});

it("copies by the clocks of the place: nine stays nine when they go forward", () => {
  const { drafts } = copiesOf([shift()], 7, ME);
  expect(drafts).toMatchObject([{ starts_at: "2026-04-03T07:00:00Z", status: "draft", note: "Keys", version: 0 }]);
  const skipped = shift({ starts_at: "2026-03-22T01:30:00Z" });
  expect(copiesOf([skipped, shift()], 7, ME)).toMatchObject({ drafts: [{}], impossible: [skipped] });
});

it("leaves out what is there already, one for one", () => {
  const twice = [shift(), shift({ id: 8, note: "" })];
  expect(missing(twice, [shift({ id: 9, status: "draft" })])).toEqual([twice[1]]);
  expect(missing(twice, [shift({ staff_id: null }), shift({ role: "Care" })])).toEqual(twice);
});

it("finds the drafts that a refusal is about, and meets the objections as told", () => {
  const drafts = [1, 2, 3].map((id) => shift({ id }));
  const reasons = [reason(1, "rest", "soft"), reason(2, "overlap", "hard"), reason(2, "rest", "soft")];
  const objections = objectionsTo(drafts, new Problem(422, "", "", reasons));
  expect([...objections]).toEqual([
    [2, [reasons[0]]],
    [3, [reasons[1], reasons[2]]],
  ]);
  const left = (overrule: boolean, others: "leave" | "open") => {
    const { drafts: rest, accept } = remedied(drafts, objections, { overrule, others });
    return [rest.map(({ id, staff_id }) => (staff_id === null ? `${id} open` : `${id}`)), accept];
  };
  expect(left(false, "leave")).toEqual([["1"], []]);
  expect(left(true, "leave")).toEqual([["1", "2"], ["rest"]]);
  expect(left(true, "open")).toEqual([["1", "2", "3 open"], ["rest"]]);
});
