import type { Translate } from "../words/language";

type Params = Readonly<Record<string, unknown>>;

/** The server's words for what somebody did, and to what: those are in the catalogue by these names. */
const VERBS = {
  accepted: "accepted",
  approved: "approved",
  changed: "changed",
  declined: "declined",
  deleted: "deleted",
  "gave away": "gaveAway",
  took: "took",
  "took back": "tookBack",
} as const;
const THINGS = {
  "list of needs": "needs",
  offer: "offer",
  person: "person",
  request: "request",
  shift: "shift",
  template: "template",
} as const;

const isNamed = <Names extends object>(names: Names, name: unknown): name is keyof Names =>
  typeof name === "string" && name in names;

/** Somebody was faster: who, what they did, to what. */
function faster(t: Translate, { name, verb, what }: Params): string | null {
  if (!isNamed(VERBS, verb) || !isNamed(THINGS, what)) return null;
  const who = typeof name === "string" ? name : t("refused.somebody");
  const told = { name: who, verb: t(`refused.verbs.${VERBS[verb]}`), what: t(`refused.things.${THINGS[what]}`) };
  return t("refused.codes.stale_version", told);
}

/** A refusal by its code in the reader's language; null where there are no words for it. */
export function refusalInWords(t: Translate, code: unknown, params: Params): string | null {
  if (code === "stale_version") return faster(t, params);
  if (typeof code !== "string") return null;
  const key = `refused.codes.${code}`;
  // The catalogue is typed for keys that are written out; this one comes from the server, and may be newer than the page.
  const told = (t as unknown as (key: string, params: Params) => string)(key, params);
  return told === key ? null : told;
}
