import { describe, expect, it } from "vitest";
import { Problem, type Reason } from "../api/problem";
import { words } from "../words/language";
import { faultsIn } from "./lines";

const reason = (field: string, code: string, params = {}): Reason => ({
  field,
  code,
  severity: "hard",
  message: `The server's words for ${code}.`,
  params,
});

const faults = (...reasons: Reason[]) => faultsIn(words.t, new Problem(422, "Lines to be put right", "", reasons));

describe("faultsIn", () => {
  it("says by line and column what is wrong, in the reader's words where there are some", () => {
    expect(
      faults(
        reason("lines.12.starts", "not_a_time", { text: "25:00" }),
        reason("lines.2.date", "not_a_date", { text: "an empty cell" }),
        reason("lines.2.note", "string_too_long"),
      ),
    ).toEqual([
      { line: 2, column: "date", sentence: "An empty cell is no date: write it as 2026-11-23." },
      { line: 2, column: "note", sentence: "The server's words for string_too_long." },
      { line: 12, column: "starts", sentence: "25:00 is no time: write it as 07:30." },
    ]);
  });

  it("says a rule's objection as the forms do, and the same of one place once", () => {
    const skill = reason("lines.3.role", "skill", { name: "Alice", role: "Head nurse", skills: "Nurse" });
    const [fault, ...others] = faults(skill, skill);
    expect(fault).toMatchObject({ line: 3, column: "role" });
    expect(fault?.sentence).toContain("Alice");
    expect(others).toEqual([]);
  });

  it("knows what is wrong with a whole line, and what is no line's business", () => {
    expect(faults(reason("lines.1.", "missing_column", { text: "date" }))).toEqual([
      { line: 1, column: "", sentence: "The column date is missing." },
    ]);
    expect(faults(reason("accept.0", "literal_error"))).toEqual([]);
  });
});
