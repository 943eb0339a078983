import { afterEach, describe, expect, it } from "vitest";
import { speak, words } from "../words/language";
import { Problem, sentenceOf } from "./problem";
import { refusalInWords } from "./refusals";

afterEach(() => speak("en"));

const { t } = words;

describe("a refusal", () => {
  const stale = { name: "Mona Reyes", verb: "gave away", what: "shift" };

  it("says who was faster, and what they did", () => {
    expect(refusalInWords(t, "stale_version", stale)).toBe("Mona Reyes gave away this shift");
    expect(refusalInWords(t, "stale_version", { ...stale, name: undefined })).toBe("Somebody gave away this shift");
    expect(refusalInWords(t, "stale_version", { ...stale, what: "moon" })).toBeNull();
  });

  it("is told in the reader's language, and in the server's words where its code is not known", async () => {
    await speak("de");
    const told = (body: Record<string, unknown>) => sentenceOf(new Problem(409, "Title", "In English.", [], body));
    expect(told({ code: "stale_version", params: stale })).toBe("Mona Reyes hat diese Schicht vergeben");
    expect(told({ code: "already_left", params: { name: "Noor" } })).toBe("Noor ist schon nicht mehr im Team.");
    expect(told({ code: "newer_than_this_page" })).toBe("In English.");
    expect(sentenceOf(new Problem(503, "Busy", ""))).toBe("Der Server hat mit 503 geantwortet");
    expect(sentenceOf(new TypeError("x"))).toContain("Laden Sie sie neu");
  });

  it("has words for the reasons of a name that is taken", () => {
    const reason = { field: "email", code: "email_taken", severity: "hard" as const, message: "Somebody has it." };
    expect(sentenceOf(new Problem(409, "", "", [reason]))).toBe("Somebody has this e-mail already.");
  });
});
