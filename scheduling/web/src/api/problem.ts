import { words } from "../words/language";
import { reasonSentences } from "./reasons";
import { refusalInWords } from "./refusals";
import type { Person } from "./types";

/** One reason for a refusal. `field` is the JSON field's dotted path, `message` a sentence for people. */
export interface Reason {
  readonly field: string;
  readonly code: string;
  readonly severity: "hard" | "soft";
  readonly message: string;
  /** What the message says, for words of our own; a rule's objection has them. */
  readonly params?: Readonly<Record<string, string | number>>;
}

/** Why a change came too late: somebody was faster. Live mutations take it as it is. */
export interface Conflict<Row> {
  readonly sentence: string;
  /** Who was, by name, if anybody is known. */
  readonly by: string | null;
  /** What the row is now; null when it was deleted. */
  readonly current: Row | null;
}

type Body = Readonly<Record<string, unknown>>;

/** A refused request, as RFC 9457 problem details. `status` 0 means that no server answered. */
export class Problem extends Error {
  override readonly name = "Problem";

  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly reasons: readonly Reason[];
  readonly body: Body;

  constructor(status: number, title: string, detail: string, reasons: readonly Reason[] = [], body: Body = {}) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.reasons = reasons;
    this.body = body;
  }

  /** What was refused, by its code in the reader's language; in the server's words where that has none. */
  get sentence(): string {
    const { t } = words;
    const known = refusalInWords(t, this.body.code, (this.body.params ?? {}) as Body);
    if (known) return known;
    if (this.status === 0) return t("refused.unreachable");
    if (this.status >= 500) return this.detail ? t("refused.failed") : t("refused.status", { status: this.status });
    return this.detail || this.title;
  }

  /** Every reason may be overruled by naming its code. */
  get overrulable(): boolean {
    return this.reasons.length > 0 && this.reasons.every((reason) => reason.severity === "soft");
  }

  get codes(): string[] {
    return [...new Set(this.reasons.map((reason) => reason.code))];
  }
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

function reason(value: unknown): Reason[] {
  if (typeof value !== "object" || value === null) return [];
  const entry = value as Body;
  const severity = entry.severity === "soft" ? "soft" : "hard";
  const message = text(entry.message, words.t("refused.value"));
  const params = (entry.params ?? {}) as Record<string, string | number>;
  return [{ field: text(entry.field, ""), code: text(entry.code, ""), severity, message, params }];
}

/** No server answered: neither whether a change was made is known, nor why it was not. */
export const unanswered = () => new Problem(0, "No answer", words.t("refused.unreachable"));

/**
 * Reads a refusal; anything that is not problem details (a proxy's page) becomes a plain sentence. One whose reasons were lost on the
 * way is a refusal all the same; a server's failure that was lost is no answer: whoever said so may not have been the last to speak.
 */
export async function problemOf(response: Response): Promise<Problem> {
  const { status } = response;
  const title = words.t("refused.status", { status });
  if (!response.headers.get("content-type")?.includes("json")) {
    return new Problem(status, title, "");
  }
  let body: Body = {};
  try {
    body = (await response.json()) as Body;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    if (!(error instanceof SyntaxError) && status >= 500) return unanswered();
  }
  const reasons = Array.isArray(body.errors) ? body.errors.flatMap(reason) : [];
  return new Problem(status, text(body.title, title), text(body.detail, ""), reasons, body);
}

/** A sentence for whatever went wrong, in the reader's language. */
export function sentenceOf(error: unknown): string {
  const { t } = words;
  if (!(error instanceof Problem)) return t("refused.page");
  if (error.reasons.length > 0) return reasonSentences(t, error.reasons);
  return error.sentence;
}

/** The conflict that a change was refused for; null when it was refused for something else. */
export function conflictOf<Row>(error: unknown): Conflict<Row> | null {
  if (!(error instanceof Problem) || error.status !== 409 || !("current" in error.body)) return null;
  const by = (error.body.changed_by as Person | null | undefined)?.name ?? null;
  return { sentence: error.sentence, by, current: error.body.current as Row | null };
}

/** No server answered, or only what stands before it. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof Problem && [0, 502, 503, 504].includes(error.status);
}

/** Whether a query is tried again: a refusal is final, a server that fails or cannot be reached is asked until it answers. */
export function retry(_: number, error: Error): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 500);
}
