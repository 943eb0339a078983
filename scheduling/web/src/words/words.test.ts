import { afterEach, describe, expect, it } from "vitest";
import { english } from "./catalogue";
import { german } from "./german";
import { speak, words } from "./language";

afterEach(() => speak("en"));

/** Every text by its dotted key. */
function texts(node: object, prefix = ""): Map<string, string> {
  const all = Object.entries(node).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[prefix + key, value]] : [...texts(value, `${prefix}${key}.`)],
  );
  return new Map(all);
}

const placeholders = (text: string) => [...new Set(text.match(/\{\{\s*[^},\s]+/g) ?? [])].sort();

describe("the catalogues", () => {
  const [en, de] = [texts(english), texts(german)];

  it("have the same keys", () => {
    expect(en.size).toBeGreaterThan(0);
    expect([...de.keys()].sort()).toEqual([...en.keys()].sort());
  });

  it("fill in the same names", () => {
    const differing = [...en].filter(
      ([key, text]) => placeholders(text).join() !== placeholders(de.get(key) ?? "").join() && !key.endsWith("_one"),
    );
    expect(differing).toEqual([]);
  });

  it("have no empty text, and count both ways", () => {
    for (const all of [en, de]) {
      expect([...all].filter(([, text]) => text.trim() === "")).toEqual([]);
      for (const key of all.keys()) {
        const pair = key.endsWith("_one") ? key.replace(/_one$/, "_other") : key.replace(/_other$/, "_one");
        if (/_(one|other)$/.test(key)) expect([...all.keys()]).toContain(pair);
      }
    }
  });
});

describe("speaking", () => {
  it("fetches German when it is asked for, and counts in it", async () => {
    expect(words.hasResourceBundle("de", "translation")).toBe(false);
    await speak("de");
    expect(words.t("time.weekNumber", { number: 48 })).toBe("KW 48");
    expect([1, 3].map((count) => words.t("week.shifts", { count }))).toEqual(["1 Schicht", "3 Schichten"]);
    await speak("en");
    expect([1, 3].map((count) => words.t("week.shifts", { count }))).toEqual(["1 shift", "3 shifts"]);
  });
});
