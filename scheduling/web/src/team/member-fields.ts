import type { Contract, HardRule, Staff, StaffFields } from "../api/types";
import type { Translate } from "../words/language";

/** What the form of a person holds. A number is empty where there is no limit. */
export interface MemberValues {
  name: string;
  email: string;
  role: Staff["role"];
  skills: string[];
  password: string;
  contract: string;
  limits: Limits;
  whole_weekends: boolean;
  successions: Contract["forbidden_successions"];
  hard: HardRule[];
}

type Limit = number | "";

export interface Limits {
  hours_per_week: Limit;
  least_hours_per_week: Limit;
  rest_hours: Limit;
  most_days_in_a_row: Limit;
  least_days_off_in_a_row: Limit;
  most_weekends_in_four: Limit;
}

type Terms = Pick<MemberValues, "contract" | "limits" | "whole_weekends" | "successions" | "hard">;

/** Each limit's bounds, as the server has them; only hours have halves. */
export const BOUNDS: Readonly<Record<keyof Limits, { readonly min: number; readonly max: number }>> = {
  hours_per_week: { min: 0, max: 168 },
  least_hours_per_week: { min: 0, max: 168 },
  rest_hours: { min: 0, max: 48 },
  most_days_in_a_row: { min: 1, max: 28 },
  least_days_off_in_a_row: { min: 1, max: 28 },
  most_weekends_in_four: { min: 0, max: 4 },
};

/** A contract, as the form's values. */
export function termsOf(contract: Contract): Terms {
  const { name, whole_weekends, forbidden_successions, hard_rules } = contract;
  const limits = Object.fromEntries(
    Object.keys(BOUNDS).map((key) => [key, contract[key as keyof Limits] ?? ""]),
  ) as unknown as Limits;
  return { contract: name, limits, whole_weekends, successions: forbidden_successions, hard: hard_rules };
}

export function valuesOf({ name, email, role, skills, contract }: Staff): MemberValues {
  return { name, email: email ?? "", role, skills: [...skills], password: "", ...termsOf(contract) };
}

function contractOf({ contract, limits, whole_weekends, successions, hard }: MemberValues): Contract {
  const orNone = (limit: Limit) => (limit === "" ? null : limit);
  return {
    name: contract.trim(),
    hours_per_week: orNone(limits.hours_per_week),
    least_hours_per_week: orNone(limits.least_hours_per_week),
    rest_hours: Number(limits.rest_hours),
    most_days_in_a_row: orNone(limits.most_days_in_a_row),
    least_days_off_in_a_row: orNone(limits.least_days_off_in_a_row),
    most_weekends_in_four: orNone(limits.most_weekends_in_four),
    whole_weekends,
    forbidden_successions: successions,
    hard_rules: hard,
  };
}

export type MemberErrors = Readonly<Record<string, string>>;

/** What is missing or wrong, by the form's paths; empty when nothing is. */
export function errorsOf(t: Translate, { name, email, contract, limits }: MemberValues): MemberErrors {
  const { hours_per_week: most, least_hours_per_week: least, rest_hours } = limits;
  return {
    ...(name.trim() ? {} : { name: t("team.missing.name") }),
    ...(/^\S+@\S+\.[^\s.]+$/.test(email.trim()) ? {} : { email: t("team.missing.email") }),
    ...(contract.trim() ? {} : { contract: t("team.missing.contract") }),
    ...(rest_hours === "" ? { "limits.rest_hours": t("team.missing.rest") } : {}),
    ...(most !== "" && least !== "" && least > most ? { "limits.least_hours_per_week": t("team.missing.hours") } : {}),
  };
}

/** The values as the server takes them. */
export function staffFields(values: MemberValues): StaffFields {
  const { name, email, role, skills, password } = values;
  const fields = { name: name.trim(), email: email.trim().toLowerCase(), role, skills, contract: contractOf(values) };
  return password ? { ...fields, password } : fields;
}

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);

const inOrder = ({ forbidden_successions, hard_rules, ...rest }: Contract) => [
  Object.entries(rest).sort(([a], [b]) => a.localeCompare(b)),
  forbidden_successions.map(({ before, after }) => `${before} ${after}`).sort(),
  [...hard_rules].sort(),
];

/** Whether two contracts say the same, in whatever order. */
export const sameTerms = (left: Contract, right: Contract) => same(inOrder(left), inOrder(right));

/** What of the fields differs from the person as they were. */
export function changesFrom(base: Staff, fields: StaffFields): Partial<StaffFields> {
  return {
    ...(fields.name === base.name ? {} : { name: fields.name }),
    ...(fields.email === (base.email ?? "") ? {} : { email: fields.email }),
    ...(fields.role === base.role ? {} : { role: fields.role }),
    ...(same(fields.skills, base.skills) ? {} : { skills: fields.skills }),
    ...(sameTerms(fields.contract, base.contract) ? {} : { contract: fields.contract }),
    ...(fields.password ? { password: fields.password } : {}),
  };
}

/** The team's contracts, each once, by name; of two with one name the one that more people have. */
export function contractsOf(team: Iterable<Staff>): Contract[] {
  const counted: { contract: Contract; people: number }[] = [];
  for (const { contract } of team) {
    const found = counted.find((each) => sameTerms(each.contract, contract));
    if (found) found.people += 1;
    else counted.push({ contract, people: 1 });
  }
  const byName = new Map<string, Contract>();
  for (const { contract } of counted.sort((a, b) => a.people - b.people)) byName.set(contract.name, contract);
  return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name));
}
