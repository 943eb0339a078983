/** ISO 8601: Monday is 1, Sunday is 7. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;
export type Clock = 12 | 24;

/** How this reader writes dates and times, and with which day their weeks begin. */
export interface Locale {
  /** BCP 47, for Intl. */
  readonly tag: string;
  readonly clock: Clock;
  readonly firstDay: Weekday;
}

let current: Locale = { tag: "en-GB", clock: 24, firstDay: 1 };

/** The reader's. Set before the first screen is drawn; who changes it draws the screens again. */
export const locale = (): Locale => current;

export function setLocale(next: Locale): void {
  current = next;
}

// Newer than TypeScript's library; browsers have one or the other, the oldest of ours neither.
interface WeekInfo {
  readonly firstDay: Weekday;
}
type LocaleOfBrowser = Intl.Locale & { getWeekInfo?: () => WeekInfo; readonly weekInfo?: WeekInfo };

function firstDayOf(tag: string): Weekday {
  const known: LocaleOfBrowser = new Intl.Locale(tag);
  return (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
}

function clockOf(tag: string): Clock {
  return new Intl.DateTimeFormat(tag, { hour: "numeric" }).resolvedOptions().hour12 ? 12 : 24;
}

function localesOf(tags: readonly string[]): Intl.Locale[] {
  return tags.flatMap((tag) => {
    try {
      return [new Intl.Locale(tag)];
    } catch {
      return []; // Not a language tag: "C", "en_US@posix".
    }
  });
}

/**
 * A language as it is written where the reader is: the browser's own tag for it, or else the language in the region of the
 * browser's first tag.
 */
function tagOf(language: string, browser: readonly string[]): string {
  const known = localesOf(browser);
  const own = known.find((each) => each.language === language);
  const region = known[0]?.maximize().region;
  return own?.toString() ?? (region ? `${language}-${region}` : language);
}

/** The habits of a language at the reader's place, but for what they chose. `browser`: the tags of the browser, best first. */
export function localeOf(
  language: string,
  browser: readonly string[],
  chosen: { readonly clock?: Clock | undefined; readonly firstDay?: Weekday | undefined } = {},
): Locale {
  const tag = tagOf(language, browser);
  return { tag, clock: chosen.clock ?? clockOf(tag), firstDay: chosen.firstDay ?? firstDayOf(tag) };
}

/** The first of the browser's languages that is one of these; else the first of these. */
export function firstSpoken<L extends string>(spoken: readonly [L, ...L[]], browser: readonly string[]): L {
  const wanted = localesOf(browser).map((each) => each.language);
  return wanted.flatMap((language) => spoken.filter((each) => each === language))[0] ?? spoken[0];
}
