import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Between, useLocations, useNeeds, usePlanned } from "../live/queries";
import { type Day, weekOf } from "../time/week";
import { dayLong, timeSpan } from "../time/words";
import { weekWindow } from "../time/zone";
import type { Translate } from "../words/language";
import classes from "./CoverRow.module.css";
import { coverOf, type DayCover, type Hole } from "./cover";

interface Asked {
  /** Of which week or weeks the shifts are taken; by default that of the first day. */
  readonly between?: Between;
  /** Only this one. */
  readonly role?: string;
}

/** Each day's cover; null while it is not known, or nobody said what is needed. */
export function useCover(days: readonly Day[], { between: given, role }: Asked = {}): DayCover[] | null {
  const between = useMemo(() => given ?? weekWindow(weekOf(days[0] ?? "")), [given, days]);
  const shifts = usePlanned(between).data;
  const needs = useNeeds();
  const locations = useLocations().data;
  return useMemo(() => {
    if (!needs?.length || !locations || !shifts) return null;
    const zones = new Map(locations.map(({ name, timezone }) => [name, timezone]));
    const asked = needs.map((each) => ({ ...each, needs: each.needs.filter((need) => !role || need.role === role) }));
    return coverOf(days, asked, shifts.values(), (location) => zones.get(location) ?? "UTC");
  }, [days, needs, locations, shifts, role]);
}

/** "1 Nurse missing, 15:00–23:00, North Ward" */
function words(t: Translate, { role, location, zone, from, to, missing }: Hole): string {
  const span = { starts_at: new Date(from).toISOString(), ends_at: new Date(to).toISOString() };
  return t("rules.hole", { missing, role, location, span: timeSpan(span, zone) });
}

/** "5 / 8" with a sign, and on hover and for screen readers who is missing when. */
function CoverMark({ day, needed, filled, holes, tabIndex }: DayCover & { tabIndex?: number }) {
  const { t } = useTranslation();
  const told = holes.map((hole) => words(t, hole));
  const Mark = holes.length > 0 ? IconAlertTriangle : IconCheck;
  const label = told.length > 0 ? told.join("\n") : t("rules.covered");
  return (
    <Tooltip label={label} multiline className={classes.holes} events={{ hover: true, focus: true, touch: true }}>
      <UnstyledButton
        className={classes.cover}
        data-holes={holes.length > 0 || undefined}
        tabIndex={tabIndex}
        aria-label={t("rules.coverOn", { day: dayLong(day), filled, needed, holes: told.join("; ") })}
      >
        <Mark size={14} stroke={2} aria-hidden="true" />
        {filled} / {needed}
      </UnstyledButton>
    </Tooltip>
  );
}

interface RoleCoverProps {
  readonly days: readonly Day[];
  readonly role: string;
  readonly className: string | undefined;
  /** What is said of a day on which nobody said how many are needed. */
  readonly planned: (day: Day) => string;
}

/** A role's cells: each day's cover. They are no stops of the keyboard, which has all holes at the table's foot. */
export function RoleCover({ days, role, className, planned }: RoleCoverProps) {
  const cover = useCover(days, { role });
  return days.map((day, index) => {
    const own = cover?.[index];
    return (
      <td key={day} className={className}>
        {own && own.needed > 0 ? <CoverMark {...own} tabIndex={-1} /> : planned(day)}
      </td>
    );
  });
}

/** The table's foot: for each day how many of the people who are needed are there. Nothing where no need is known. */
export function CoverRow({ days, rowIndex }: { days: readonly Day[]; rowIndex: number | null }) {
  const { t } = useTranslation();
  const cover = useCover(days);
  if (!cover) return null;
  return (
    <tfoot>
      <tr aria-rowindex={rowIndex ?? undefined}>
        <th scope="row" className={classes.head}>
          {t("rules.cover")}
        </th>
        {cover.map((each) => (
          <td key={each.day} className={classes.cell} data-cover={each.needed > 0 ? each.day : undefined}>
            {each.needed > 0 && <CoverMark {...each} />}
          </td>
        ))}
      </tr>
    </tfoot>
  );
}
