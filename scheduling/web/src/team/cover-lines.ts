import type { Need } from "../api/types";
import type { Translate } from "../words/language";

/** One role in one span of the day, with how many are needed on each weekday, Monday first; empty for none. */
export interface CoverLine {
  /** Tells the lines on the screen apart. */
  readonly key: number;
  readonly role: string;
  readonly starts: string;
  readonly ends: string;
  readonly least: readonly (number | "")[];
}

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

export const emptyLine = (key: number): CoverLine => ({
  key,
  role: "",
  starts: "",
  ends: "",
  least: WEEKDAYS.map(() => ""),
});

const placeOf = ({ role, starts, ends }: Pick<CoverLine, "role" | "starts" | "ends">) => `${starts} ${ends} ${role}`;

/** The lines of what a location needs, by the time of day. */
export function linesOf(needs: readonly Need[]): CoverLine[] {
  const places = [...new Set(needs.map(placeOf))].sort();
  return places.map((place, key) => {
    const here = needs.filter((need) => placeOf(need) === place);
    const [{ role, starts, ends }] = here as [Need, ...Need[]];
    return { key, role, starts, ends, least: WEEKDAYS.map((day) => here.find((n) => n.weekday === day)?.least ?? "") };
  });
}

/** What the lines say, as the server takes it. */
export function needsOf(lines: readonly CoverLine[]): Need[] {
  return lines.flatMap(({ role, starts, ends, least }) =>
    WEEKDAYS.flatMap((weekday, index) => {
      const count = least[index];
      return count ? [{ role: role.trim(), weekday, starts, ends, least: count }] : [];
    }),
  );
}

/** Whether two lists of needs say the same, in whatever order. */
export function sameNeeds(left: readonly Need[], right: readonly Need[]): boolean {
  const told = (needs: readonly Need[]) => needs.map((n) => `${placeOf(n)} ${n.weekday} ${n.least}`).sort();
  return told(left).join("\n") === told(right).join("\n");
}

/** What is wrong with a line, in words; null when nothing is. */
export function lineError(t: Translate, line: CoverLine, lines: readonly CoverLine[]): string | null {
  if (!line.role.trim()) return t("team.cover.missing.role");
  if (!line.starts || !line.ends) return t("team.cover.missing.span");
  if (!line.least.some(Boolean)) return t("team.cover.missing.nobody");
  const place = placeOf({ ...line, role: line.role.trim() });
  const twin = lines.find((each) => placeOf({ ...each, role: each.role.trim() }) === place);
  return twin && twin.key !== line.key ? t("team.cover.missing.twice") : null;
}

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** Whether a span ends on the day after. */
export const isOvernight = ({ starts, ends }: Pick<CoverLine, "starts" | "ends">) =>
  starts !== "" && ends !== "" && ends <= starts;

/** Hours of work that the lines ask for in a week on which no clock changes. */
export function personHours(lines: readonly CoverLine[]): number {
  return needsOf(lines).reduce((sum, { starts, ends, least }) => {
    const lasts = minutes(ends) - minutes(starts);
    return sum + (least * (lasts > 0 ? lasts : lasts + 1440)) / 60;
  }, 0);
}
