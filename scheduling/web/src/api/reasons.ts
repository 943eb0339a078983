import type { ReasonCode } from "../codes.gen";
import { dayShort, timeSpan } from "../time/words";
import { wallTime } from "../time/zone";
import type { Translate } from "../words/language";
import type { Reason } from "./problem";
import { refusalInWords } from "./refusals";

type Params = Readonly<Record<string, string | number>>;

/** "07:00–15:00 on Mon 23 Nov", on the clocks of the place. */
function when(t: Translate, { starts_at, ends_at, timezone }: Params): string {
  const [from, zone] = [String(starts_at), String(timezone)];
  const span = timeSpan({ starts_at: from, ends_at: String(ends_at) }, zone);
  return t("rules.when", { span, day: dayShort(wallTime(from, zone).day) });
}

/** "Mon 23 Nov", "Mon 23 Nov to Wed 25 Nov" */
function days(t: Translate, first: string, last: string): string {
  return first === last ? dayShort(first) : t("rules.days", { first: dayShort(first), last: dayShort(last) });
}

function leave(t: Translate, { starts_at, ends_at, timezone }: Params): string {
  const last = new Date(Date.parse(String(ends_at)) - 1).toISOString();
  return days(t, wallTime(String(starts_at), String(timezone)).day, wallTime(last, String(timezone)).day);
}

const row = (t: Translate, p: Params) => ({ ...p, worked: p.days, days: days(t, String(p.first), String(p.last)) });

const KINDS = {
  early: (t: Translate) => t("rules.kinds.early"),
  day: (t: Translate) => t("rules.kinds.day"),
  late: (t: Translate) => t("rules.kinds.late"),
  night: (t: Translate) => t("rules.kinds.night"),
};

function kind(t: Translate, value: string | number | undefined): string {
  return KINDS[value as keyof typeof KINDS]?.(t) ?? String(value);
}

/** Each code's short form: the server's list of them says which there must be. */
const WORDS: Readonly<Record<ReasonCode, (t: Translate, params: Params) => string>> = {
  begun: (t) => t("rules.reasons.begun"),
  not_a_colleagues: (t) => t("rules.reasons.not_a_colleagues"),
  not_for_them: (t) => t("rules.reasons.not_for_them"),
  not_theirs: (t) => t("rules.reasons.not_theirs"),
  oneself: (t) => t("rules.reasons.oneself"),
  own_role: (t) => t("rules.reasons.own_role"),
  time_off_overlaps_schedules: (t) => t("rules.reasons.time_off_overlaps_schedules"),
  unknown_location: (t, p) => t("rules.reasons.unknown_location", p),
  unknown_staff: (t) => t("rules.reasons.unknown_staff"),
  left: (t, p) => t("rules.reasons.left", p),
  overlap: (t, p) => t("rules.reasons.overlap", { ...p, when: when(t, p) }),
  time_off: (t, p) => t("rules.reasons.time_off", { days: leave(t, p) }),
  skill: (t, p) => t("rules.reasons.skill", p),
  rest: (t, p) => t("rules.reasons.rest", { ...p, when: when(t, p) }),
  weekly_hours: (t, p) => t("rules.reasons.weekly_hours", p),
  succession: (t, p) =>
    t("rules.reasons.succession", { when: when(t, p), before: kind(t, p.before), after: kind(t, p.after) }),
  days_in_a_row: (t, p) => t("rules.reasons.days_in_a_row", row(t, p)),
  days_off: (t, p) => t("rules.reasons.days_off", row(t, p)),
  weekends: (t, p) => t("rules.reasons.weekends", p),
  whole_weekend: (t, p) => t("rules.reasons.whole_weekend", { missing: dayShort(String(p.missing)) }),
  ends_before_start: (t) => t("rules.reasons.ends_before_start"),
  too_long: (t, p) => t("rules.reasons.too_long", { ...p, lasts: p.hours }),
};

/** A refusal's reason as a sentence of the reader's language, or the server's where that code has no words here. */
export function reasonSentence(t: Translate, reason: Reason): string {
  if (!(reason.code in WORDS)) return refusalInWords(t, reason.code, reason.params ?? {}) ?? reason.message;
  const [short, name] = [shortReason(t, reason), reason.params?.name];
  return name === undefined || short.includes(String(name))
    ? t("rules.sentence", { short })
    : t("rules.sentenceOf", { name, short });
}

/**
 * Several reasons, one after the other: whom they are about is said once, where the next one is about the same person. `named`: who was
 * named just before.
 */
export function reasonSentences(t: Translate, reasons: readonly Reason[], named?: string): string {
  const sentences = reasons.map((reason, index) => {
    const name = reason.params?.name;
    const before = index === 0 ? named : reasons[index - 1]?.params?.name;
    const again = name !== undefined && name === before && reason.code in WORDS;
    return again ? t("rules.sentence", { short: shortReason(t, reason) }) : reasonSentence(t, reason);
  });
  return [...new Set(sentences)].join(" ");
}

/** A rule's objection in a few words of the reader's language. */
export function shortReason(t: Translate, { code, message, params = {} }: Reason): string {
  const words = code in WORDS ? WORDS[code as ReasonCode] : null;
  return words?.(t, params) ?? message;
}
