import { afterEach, describe, expect, it } from "vitest";
import { speak, words } from "../words/language";
import type { Reason } from "./problem";
import { reasonSentence, reasonSentences, shortReason } from "./reasons";

const late = {
  starts_at: "2026-11-23T15:00:00Z",
  ends_at: "2026-11-23T23:00:00Z",
  timezone: "Europe/Amsterdam",
  location: "North Ward",
};

function reason(code: string, params: Reason["params"] = {}, severity: Reason["severity"] = "soft"): Reason {
  return { field: "starts_at", code, severity, message: "As the server says it.", params };
}

afterEach(() => speak("en"));

describe("shortReason", () => {
  it("speaks the language of the reader", async () => {
    await speak("de");
    expect(shortReason(words.t, reason("weekly_hours", { total: 40.5, most: 38 }))).toBe(
      "40,5 h in dieser Woche; der Vertrag erlaubt 38",
    );
    expect(shortReason(words.t, reason("succession", { before: "late", after: "early", ...late }))).toContain(
      "Keine Frühschicht am Tag nach einer Spätschicht",
    );
  });

  it("says what is asked for and what there is, on the clocks of the place", () => {
    expect(shortReason(words.t, reason("rest", { least: 10, left: 7, ...late }))).toBe(
      "10 h rest between shifts; this leaves 7 (16:00–00:00 on Mon 23 Nov)",
    );
    expect(shortReason(words.t, reason("overlap", late))).toBe("Already works 16:00–00:00 on Mon 23 Nov at North Ward");
  });

  it("names the days of a leave, whose end is exclusive", () => {
    const away = { starts_at: "2026-11-22T23:00:00Z", timezone: "Europe/Amsterdam" };
    expect(shortReason(words.t, reason("time_off", { ...away, ends_at: "2026-11-23T23:00:00Z" }))).toBe(
      "Approved time off: Mon 23 Nov",
    );
    expect(shortReason(words.t, reason("time_off", { ...away, ends_at: "2026-11-25T23:00:00Z" }))).toBe(
      "Approved time off: Mon 23 Nov to Wed 25 Nov",
    );
  });

  it("falls back on the server's sentence", () => {
    expect(shortReason(words.t, reason("newer_than_this_page"))).toBe("As the server says it.");
  });
});

describe("reasonSentence", () => {
  it("says whom it is about, once", () => {
    expect(reasonSentence(words.t, reason("overlap", { name: "Sam Okafor", ...late }))).toBe(
      "Sam Okafor: Already works 16:00–00:00 on Mon 23 Nov at North Ward.",
    );
    expect(reasonSentence(words.t, reason("skill", { name: "Sam Okafor", role: "Nurse" }))).toBe(
      "Sam Okafor does not have the skill Nurse.",
    );
    expect(reasonSentence(words.t, reason("ends_before_start"))).toBe("The end must be after the start.");
  });

  it("falls back on the server's sentence as it is", () => {
    expect(reasonSentence(words.t, reason("newer_than_this_page", { name: "Sam" }))).toBe("As the server says it.");
  });
});

describe("reasonSentences", () => {
  const hours = (name: string) => reason("weekly_hours", { name, total: 46, most: 40 });

  it("names a person once, and again after another", () => {
    const rest = reason("rest", { name: "Sam", least: 11, left: 8, ...late });
    expect(reasonSentences(words.t, [rest, hours("Sam"), hours("Ann"), hours("Sam")])).toBe(
      "Sam: 11 h rest between shifts; this leaves 8 (16:00–00:00 on Mon 23 Nov). " +
        "46 h in this week; the contract allows 40. Ann: 46 h in this week; the contract allows 40. " +
        "Sam: 46 h in this week; the contract allows 40.",
    );
  });

  it("does not name who was named just before", () => {
    expect(reasonSentences(words.t, [hours("Sam")], "Sam")).toBe("46 h in this week; the contract allows 40.");
  });

  it("says the same thing once", () => {
    const left = reason("left", { name: "Sam" });
    expect(reasonSentences(words.t, [left, left])).toBe("Sam does not work here any more.");
  });
});
