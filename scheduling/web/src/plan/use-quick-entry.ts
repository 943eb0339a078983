import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { shiftOf } from "../grid/grid";
import type { Week } from "../grid/use-week";
import { SCHEDULES } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { readFields, type ShiftValues, shownAs, valuesOf, zoneOf } from "../shift/shift-fields";
import type { Day } from "../time/week";
import { list } from "../time/words";
import type { Translate } from "../words/language";
import { type EntryProblem, entryText, readEntry, roleNamed } from "./entry";
import { habitOf } from "./habit";

/** Where something is typed: into a cell, or over a shift in it. */
export interface Typing {
  readonly staffId: number | null;
  readonly day: Day;
  /** The shift whose times are typed anew; null: a new one. */
  readonly shift: Schedule | null;
  /** The first key, when typing opened it; null: what is usual stands there, where nothing is planned yet. */
  readonly text: string | null;
}

/** The week on the screen, for what is typed into it. */
export const WeekContext = createContext<Week | null>(null);

function problemWords(t: Translate, problem: EntryProblem): string {
  switch (problem.code) {
    case "shape":
      return t("plan.entry.shape");
    case "time":
      return t("plan.entry.time", problem);
    case "long":
      return t(problem.better ? "plan.entry.longMeant" : "plan.entry.long", problem);
  }
}

function roleOf(
  t: Translate,
  typed: string | null,
  usual: string,
  roles: readonly string[],
): { role: string } | { why: string } {
  if (typed === null)
    return usual ? { role: usual } : { why: t("plan.entry.noRole", { role: roles[0] ?? t("plan.entry.exampleRole") }) };
  const named = roleNamed(typed, roles);
  if ("role" in named) return named;
  if ("several" in named) return { why: t("plan.entry.severalRoles", { typed, roles: list(t, named.several) }) };
  return { why: t("plan.entry.unknownRole", { typed, roles: roles.join(", ") }) };
}

export type QuickRead = { readonly values: ShiftValues; readonly after: Schedule } | { readonly why: string };

interface QuickEntryState {
  /** What stands in the field at first. */
  readonly initial: string;
  readonly read: (text: string) => QuickRead;
}

/** Reads what is typed into a cell as the shift that it means there. */
export function useQuickEntry({ staffId, day, shift, text }: Typing): QuickEntryState {
  const { me } = useSignedIn();
  const { t } = useTranslation();
  const week = useContext(WeekContext);
  const queries = useQueryClient();
  if (!week) throw new Error("useQuickEntry needs a week page above it");
  const person = staffId === null ? undefined : week.staff.get(staffId);
  const roles = [...new Set([...week.staff.values()].flatMap((each) => each.skills))].sort();
  const cached = queries.getQueriesData<readonly Schedule[]>({ queryKey: SCHEDULES }).flatMap(([, rows]) => rows ?? []);
  // The screen has what was typed a moment ago before the cache has it.
  const held = new Map([...cached, ...(week.shifts?.values() ?? [])].map((each) => [each.id, each]));
  const habit = habitOf([...held.values()], staffId, person?.skills[0] ?? null);
  const base = shift && valuesOf(shift);
  // Beside a shift that is there already, the usual one is not what is meant: Enter once too often plans nothing.
  const taken = [...held.values()].some((each) => each.staff_id === staffId && shiftOf(each).day === day);
  const usual = base ?? (taken ? null : habit);
  const location = base?.location ?? habit?.location ?? week.locations[0]?.name ?? "";

  const read = (typed: string): QuickRead => {
    const found = readEntry(typed);
    if ("problem" in found) return { why: problemWords(t, found.problem) };
    const { start, end, role: named } = found.entry;
    // Somebody's own habit says more than a list of skills; another's says nothing of what this person can do.
    const own = person && habit && !person.skills.includes(habit.role) ? undefined : habit?.role;
    const role = roleOf(t, named, base?.role ?? own ?? person?.skills[0] ?? "", roles);
    if ("why" in role) return role;
    const staff = staffId === null ? "open" : String(staffId);
    const values = { staff, day, start, end, role: role.role, location, note: base?.note ?? "" };
    const zone = zoneOf(location, week.locations);
    const fields = readFields(t, values, zone);
    if ("errors" in fields) return { why: Object.values(fields.errors).join(" ") };
    return { values, after: shownAs(shift, { ...fields.fields, status: shift?.status ?? "draft" }, zone, me) };
  };

  return { initial: text ?? (usual ? entryText(usual) : ""), read };
}
