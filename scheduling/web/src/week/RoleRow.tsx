import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import type { Grid } from "../grid/grid";
import { RoleCover } from "../rules/CoverRow";
import classes from "./RoleRow.module.css";

interface Props {
  readonly role: string;
  readonly people: number;
  readonly grid: Grid;
  readonly index: number;
  readonly measure: ((element: HTMLElement | null) => void) | undefined;
}

/** The head of a role's people: how many they are, and for each day who is there of those whom it needs. */
export function RoleRow({ role, people, grid, index, measure }: Props) {
  const { t } = useTranslation();
  const { colourOf } = useDesk();
  const planned = (day: string) => {
    const own = grid.shifts.filter((shift) => shift.day === day && shift.schedule.role === role);
    const count = own.filter(({ schedule }) => schedule.staff_id !== null).length;
    return count > 0 ? t("week.shifts", { count }) : "–";
  };
  return (
    <tr ref={measure} className={classes.row} data-index={index} aria-rowindex={index + 2} data-role-head={role}>
      <th scope="rowgroup" className={classes.head} data-role={role ? colourOf(role) : undefined}>
        <span className={classes.name}>{role || t("week.noRole")}</span>
        <span className={classes.people}>{t("week.people", { count: people })}</span>
      </th>
      <RoleCover days={grid.days} role={role} className={classes.day} planned={planned} />
    </tr>
  );
}
