/** What is wrong with a spreadsheet's lines, for a table. */
import type { Problem, Reason } from "../api/problem";
import { reasonSentence } from "../api/reasons";
import { english } from "../words/catalogue";
import type { Translate } from "../words/language";

export interface LineFault {
  readonly line: number;
  /** As it is in the heading; empty where it is the whole line. */
  readonly column: string;
  readonly sentence: string;
}

type Code = keyof typeof english.calendar.lines.codes;

const hasWords = (code: string): code is Code => code in english.calendar.lines.codes;

function sentence(t: Translate, reason: Reason): string {
  const { code, params = {} } = reason;
  if (!hasWords(code)) return reasonSentence(t, reason);
  const text = params.text === "an empty cell" ? t("calendar.lines.empty") : params.text;
  return t(`calendar.lines.codes.${code}`, { ...params, text });
}

/** The faults by line, each once; empty when the refusal is about something else. */
export function faultsIn(t: Translate, { reasons }: Problem): LineFault[] {
  const faults = reasons.flatMap((reason): LineFault[] => {
    const [, line, column = ""] = /^lines\.(\d+)\.(.*)$/.exec(reason.field) ?? [];
    return line === undefined ? [] : [{ line: Number(line), column, sentence: sentence(t, reason) }];
  });
  const once = new Map(faults.map((fault) => [JSON.stringify(fault), fault]));
  return [...once.values()].sort((a, b) => a.line - b.line);
}
