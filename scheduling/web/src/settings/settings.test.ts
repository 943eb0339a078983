import { afterEach, describe, expect, it } from "vitest";
import { locale, localeOf, setLocale } from "../time/locale";
import { speak, words } from "../words/language";
import { Settings } from "./settings";

const before = locale();
afterEach(async () => {
  setLocale(before);
  await speak("en");
});

class Kept {
  text: string | null;
  constructor(text: string | null) {
    this.text = text;
  }
  readonly getItem = () => this.text;
  readonly setItem = (_: string, text: string) => {
    this.text = text;
  };
}

function browser(languages: string[], kept: string | null = null, direction: string | null = null) {
  const storage = new Kept(kept);
  const html = { lang: "", dir: "" };
  return { html, storage, settings: new Settings({ storage, languages, html, direction }) };
}

describe("settings", () => {
  it("go by the browser and its region while nothing is chosen", async () => {
    const { settings, html } = browser(["en-US"]);
    await settings.start();
    expect(locale()).toEqual({ tag: "en-US", clock: 12, firstDay: 7 });
    expect(html).toEqual({ lang: "en-US", dir: "ltr" });
  });

  it("take the first language that the screens speak", async () => {
    const { settings } = browser(["fr-CH", "de-CH", "en-GB"]);
    await settings.start();
    expect(settings.snapshot().language).toBe("de");
    expect(locale()).toEqual({ tag: "de-CH", clock: 24, firstDay: 1 });
    expect(words.t("week.next")).toBe("Nächste Woche");
  });

  it("speak English where the browser's language is not spoken, with the habits of the region", async () => {
    const { settings, html } = browser(["ar-EG"]);
    await settings.start();
    expect(html).toEqual({ lang: "en-EG", dir: "ltr" });
    expect(locale().firstDay).toBe(6);
  });

  it("are kept, and found again", async () => {
    const { settings, storage } = browser(["en-US"]);
    await settings.choose({ language: "de", firstDay: 1, clock: 24 });
    const again = browser(["en-US"], storage.text);
    await again.settings.start();
    expect(again.settings.snapshot().choices).toEqual({ language: "de", firstDay: 1, clock: 24 });
    expect(again.html.lang).toBe("de-US");
    await again.settings.choose({ language: undefined });
    expect(again.settings.snapshot().language).toBe("en");
    expect(JSON.parse(again.storage.text ?? "")).toEqual({ firstDay: 1, clock: 24 });
  });

  it.each(["", "{", "null", "7", '"x"', '{"language":"tlh","firstDay":9,"clock":"24"}'])(
    "leave out what was kept and makes no sense: %s",
    (kept) => {
      const { choices } = browser(["en-GB"], kept).settings.snapshot();
      expect(Object.values(choices).filter((choice) => choice !== undefined)).toEqual([]);
    },
  );

  it("turn the page round when the address says so", async () => {
    const { settings, html } = browser(["en-GB"], null, "rtl");
    await settings.start();
    expect(html.dir).toBe("rtl");
  });

  it("tell those who listen, after they are in force", async () => {
    const { settings } = browser(["en-GB"]);
    const told: string[] = [];
    settings.subscribe(() => told.push(`${locale().tag} ${words.language}`));
    await settings.choose({ language: "de" });
    expect(told).toEqual(["de-GB de"]);
  });
});

describe("localeOf", () => {
  it("is not confused by what is no language tag", () => {
    expect(localeOf("en", ["C", "en_US@posix", "", "de-DE"])).toEqual({ tag: "en-DE", clock: 24, firstDay: 1 });
    expect(localeOf("de", []).tag).toBe("de");
  });
});
