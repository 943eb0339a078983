import { type Clock, firstSpoken, type Locale, localeOf, setLocale, type Weekday } from "../time/locale";
import { LANGUAGES, type Language, speak } from "../words/language";

/** What the reader chose. What is absent goes by their browser and their region. */
export interface Choices {
  readonly language?: Language | undefined;
  readonly firstDay?: Weekday | undefined;
  readonly clock?: Clock | undefined;
}

export interface SettingsState {
  readonly choices: Choices;
  readonly language: Language;
  readonly locale: Locale;
}

/** What the settings take from the browser. */
export interface Surroundings {
  /** Null where the browser keeps nothing for this page. */
  readonly storage: Pick<Storage, "getItem" | "setItem"> | null;
  /** The browser's languages, best first, as BCP 47 tags. */
  readonly languages: readonly string[];
  readonly html: { lang: string; dir: string };
  /** Forces a direction, whatever the language's is. */
  readonly direction: string | null;
}

const KEY = "scheduling:settings";
const SPOKEN = Object.keys(LANGUAGES) as [Language, ...Language[]];
export const FIRST_DAYS = [1, 7, 6] as const;
export const CLOCKS = [24, 12] as const;

const oneOf = <T>(values: readonly T[], value: unknown): T | undefined => values.find((each) => each === value);

/** Reads what was kept; what makes no sense (any more) is left out. */
function read(kept: string | null): Choices {
  let choices: Readonly<Record<string, unknown>> = {};
  try {
    choices = Object(JSON.parse(kept ?? "{}"));
  } catch {
    // Not ours: as if nothing had been chosen.
  }
  return {
    language: oneOf(SPOKEN, choices.language),
    firstDay: oneOf(FIRST_DAYS, choices.firstDay),
    clock: oneOf(CLOCKS, choices.clock),
  };
}

function directionOf(tag: string): string {
  const known: Intl.Locale & { getTextInfo?: () => { direction: string } } = new Intl.Locale(tag);
  return known.getTextInfo?.().direction ?? "ltr";
}

/** The reader's language and habits: kept in this browser, and followed by everything that writes words or times. */
export class Settings {
  readonly #around: Surroundings;
  readonly #listeners = new Set<() => void>();
  #state: SettingsState;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#state = this.#resolve(read(around.storage?.getItem(KEY) ?? null));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): SettingsState => this.#state;

  /** Puts the settings into force, for the first screen. In English when the language cannot be fetched. */
  readonly start = async (): Promise<void> => {
    await this.#follow(this.#state).catch(() => this.#follow({ ...this.#state, ...this.#in("en", {}) }));
  };

  /** Changes some of the choices. Rejects, with nothing changed, when the language cannot be fetched. */
  readonly choose = async (change: Choices): Promise<void> => {
    const next = this.#resolve({ ...this.#state.choices, ...change });
    await this.#follow(next);
    try {
      this.#around.storage?.setItem(KEY, JSON.stringify(next.choices));
    } catch {
      // Full or forbidden: the choice holds until the page is left.
    }
  };

  #in(language: Language, choices: Choices): Pick<SettingsState, "language" | "locale"> {
    return { language, locale: localeOf(language, this.#around.languages, choices) };
  }

  #resolve(choices: Choices): SettingsState {
    const language = choices.language ?? firstSpoken(SPOKEN, this.#around.languages);
    return { choices, ...this.#in(language, choices) };
  }

  async #follow(next: SettingsState): Promise<void> {
    await speak(next.language);
    setLocale(next.locale);
    const { html, direction } = this.#around;
    html.lang = next.locale.tag;
    html.dir = direction ?? directionOf(next.locale.tag);
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}

function storageOf(browser: Window): Storage | null {
  try {
    return browser.localStorage;
  } catch {
    return null; // Forbidden by the reader's browser.
  }
}

/** The browser's own; `?dir=rtl` in the address turns the page round, to be looked at. */
export function settingsOf(browser: Window): Settings {
  const direction = oneOf(["rtl", "ltr"], new URLSearchParams(browser.location.search).get("dir")) ?? null;
  const { languages } = browser.navigator;
  return new Settings({ storage: storageOf(browser), languages, html: browser.document.documentElement, direction });
}
