import { createInstance, type TFunction } from "i18next";
import { initReactI18next } from "react-i18next";
import { type Catalogue, english } from "./catalogue";

/** The languages of the screens, each by its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

/** Says something in the reader's language: `t("week.previous")`. Functions that are no components take it as an argument. */
export type Translate = TFunction;

const NAMESPACE = "translation";

/** All words of the screens. English is there from the beginning, for tests as well. */
export const words = createInstance();
void words.use(initReactI18next).init({
  lng: "en",
  fallbackLng: "en",
  resources: { en: { [NAMESPACE]: english } },
  interpolation: { escapeValue: false }, // React escapes.
  initAsync: false,
});

/** What a language needs beyond English: its words and the names in its calendars. */
const FETCH: Record<Exclude<Language, "en">, () => Promise<Catalogue>> = {
  de: async () => {
    const [{ german }] = await Promise.all([import("./german"), import("dayjs/locale/de")]);
    return german;
  },
};

/** Fetches a language where it is not there yet, and speaks it from now on. Rejects when it cannot be fetched. */
export async function speak(language: Language): Promise<void> {
  if (language !== "en" && !words.hasResourceBundle(language, NAMESPACE)) {
    words.addResourceBundle(language, NAMESPACE, await FETCH[language]());
  }
  await words.changeLanguage(language);
}
