import { describe, expect, it } from "vitest";
import { conflictOf, isUnreachable, Problem, problemOf, sentenceOf } from "./problem";

const json = (body: unknown, status: number) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/problem+json" } });

describe("problemOf", () => {
  it("reads the reasons, their fields and whether they may be overruled", async () => {
    const errors = [
      { field: "starts_at", code: "rest", severity: "soft", message: "Too little rest." },
      { field: "staff_id", code: "rest", severity: "soft", message: "Too little rest." },
    ];
    const problem = await problemOf(json({ title: "A rule objects", detail: "Too little rest.", errors }, 422));
    expect(problem.overrulable).toBe(true);
    expect(problem.codes).toEqual(["rest"]);
    expect(problem.reasons.map((reason) => reason.field)).toEqual(["starts_at", "staff_id"]);
  });

  it("does not offer to overrule when one reason is hard, or has no severity, or there is none", async () => {
    const soft = { field: "a", code: "rest", severity: "soft", message: "Soft." };
    const mixed = await problemOf(json({ errors: [soft, { ...soft, severity: "hard" }] }, 422));
    const bare = await problemOf(json({ errors: [{ field: "a", code: "missing", message: "Missing." }] }, 422));
    expect([mixed.overrulable, bare.overrulable, (await problemOf(json({}, 422))).overrulable]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("says who changed the row meanwhile and what it is now", async () => {
    const changed_by = { id: 1, name: "Mona Reyes" };
    const body = {
      detail: "Mona Reyes deleted this shift",
      changed_by,
      changed_at: "2026-11-24T12:00:00Z",
      current: null,
    };
    expect(conflictOf(await problemOf(json(body, 409)))).toEqual({
      sentence: "Mona Reyes deleted this shift",
      by: "Mona Reyes",
      current: null,
    });
    expect(conflictOf(await problemOf(json({ detail: "That e-mail exists." }, 409)))).toBeNull();
    expect(conflictOf(new TypeError("a bug"))).toBeNull();
  });

  it.each([
    new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } }),
    new Response("{", { status: 502, headers: { "content-type": "application/json" } }),
    json({ errors: "none", title: 7 }, 502),
  ])("makes a sentence of anything else", async (response) => {
    expect(sentenceOf(await problemOf(response))).toBe("The server answered 502");
  });

  it("has a sentence for a fault of this page, without its details", () => {
    expect(sentenceOf(new TypeError("x is undefined"))).not.toContain("undefined");
    expect(sentenceOf(new Problem(0, "No answer", "The server cannot be reached."))).toContain("cannot be reached");
  });
});

it.each([
  [new Problem(0, "No answer", ""), true],
  [new Problem(502, "Bad gateway", ""), true],
  [new Problem(500, "Broken", ""), false],
  [new Problem(409, "Stale", ""), false],
  [new TypeError("a bug"), false],
])("knows whether a server was reached: %s", (error, expected) => {
  expect(isUnreachable(error)).toBe(expected);
});
