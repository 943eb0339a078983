/** The rows of the table between its head and its foot. */
import type { Grid, Line } from "../grid/grid";

/** A line of shifts, or the head of those whose first skill is a role. */
export type Row =
  | { readonly key: number | string; readonly line: Line }
  | { readonly key: string; readonly line?: undefined; readonly role: string; readonly people: number };

const lineRow = (line: Line): Row => ({ key: line.staffId ?? "open", line });

/** What somebody is first of all; people who are not in the team any more are nothing. */
const roleOf = ({ staff }: Line) => staff?.skills[0] ?? "";

/** Open shifts, then the people in their order; by role under the roles' heads, which are in the order of the alphabet. */
export function rowsOf({ open, people }: Grid, byRole: boolean): Row[] {
  if (!byRole) return [open, ...people].map(lineRow);
  const roles = [...new Set(people.map(roleOf))].sort((a, b) => Number(!a) - Number(!b) || a.localeCompare(b));
  const sections = roles.flatMap((role): Row[] => {
    const lines = people.filter((line) => roleOf(line) === role);
    return [{ key: `role ${role}`, role, people: lines.length }, ...lines.map(lineRow)];
  });
  return [lineRow(open), ...sections];
}

const LEAST = 70;
const ROLE = 37;
const CARD = 54;
const REST = 13;

/** How high a row will be, in pixels, until it is drawn and measured. */
export function heightOf({ line }: Row): number {
  if (!line) return ROLE;
  const most = Math.max(0, ...line.cells.map(({ shifts, leave }) => shifts.length + leave.length));
  return Math.max(LEAST, REST + most * CARD);
}
