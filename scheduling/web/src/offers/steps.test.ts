import { describe, expect, it } from "vitest";
import type { Offer, Schedule } from "../live.gen";
import { concerns, sectionOf, stepsOf, waits } from "./steps";

const person = (id: number) => ({ id, name: `Person ${id}` });
const [SAM, JONAS, IDA] = [2, 3, 4].map((id) => ({ id, manager: false })) as [Reader, Reader, Reader];
const MONA = { id: 1, manager: true };
type Reader = { id: number; manager: boolean };

function offer(change: Partial<Offer>): Offer {
  return {
    id: 1,
    staff: person(SAM.id),
    schedule: {} as Schedule,
    to: null,
    wanted: null,
    note: "",
    status: "offered",
    taken_by: null,
    answer: "",
    version: 1,
    updated_by: person(SAM.id),
    updated_at: "2026-11-20T09:00:00Z",
    ...change,
  };
}

const toAll = offer({});
const toJonas = offer({ to: person(JONAS.id) });
const accepted = offer({ to: person(JONAS.id), taken_by: person(JONAS.id), status: "accepted" });
const taken = offer({ taken_by: person(JONAS.id), status: "accepted" });
const lapsed = offer({ to: person(JONAS.id), status: "lapsed" });

describe("an offer", () => {
  it.each([
    ["to all", toAll, [["withdraw"], ["accept"], ["accept"], ["decline", "accept"]]],
    ["to Jonas", toJonas, [["withdraw"], ["decline", "accept"], [], ["decline"]]],
    ["that he accepted", accepted, [["withdraw"], [], [], ["decline", "approve"]]],
    ["that lapsed", lapsed, [[], [], [], []]],
  ])("%s leaves each reader their steps", (_, of, steps) => {
    expect([SAM, JONAS, IDA, MONA].map((reader) => stepsOf(of, reader))).toEqual(steps);
  });

  it.each([
    ["to all", toAll, ["mine", "toAll", "toAll", "unanswered"]],
    ["to Jonas", toJonas, ["mine", "forMe", null, "unanswered"]],
    ["to all that Jonas accepted", taken, ["mine", "mine", null, "toApprove"]],
    ["that lapsed", lapsed, ["over", "over", null, "over"]],
  ])("%s stands where each reader looks for it", (_, of, sections) => {
    const readers = [SAM, JONAS, IDA, MONA].map((reader) => (concerns(of, reader) ? sectionOf(of, reader) : null));
    expect(readers).toEqual(sections);
  });

  it("waits for whom it is offered to by name, then for managers", () => {
    const waiting = (of: Offer) => [SAM, JONAS, IDA, MONA].filter((reader) => waits(of, reader));
    expect([toAll, toJonas, accepted, lapsed].map(waiting)).toEqual([[], [JONAS], [MONA], []]);
  });
});
