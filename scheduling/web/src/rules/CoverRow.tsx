import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNeeds, useSchedules } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import type { Day } from "../time/week";
import { dayLong, timeSpan } from "../time/words";
import { weekWindow } from "../time/zone";
import { useLocations } from "../week/use-week";
import type { Translate } from "../words/language";
import classes from "./CoverRow.module.css";
import { coverOf, type DayCover, type Hole } from "./cover";

/** Each day's cover in the week on the screen; null while it is not known, or nobody said what is needed. */
function useCover(days: readonly Day[]): DayCover[] | null {
  const { manager } = useSignedIn();
  const between = useMemo(() => weekWindow(days[0] ?? ""), [days]);
  const published = useSchedules(between, "published").data;
  const drafts = useSchedules(between, "draft", manager).data;
  const needs = useNeeds();
  const locations = useLocations().data;
  return useMemo(() => {
    if (!needs?.length || !locations || !published) return null;
    const zones = new Map(locations.map(({ name, timezone }) => [name, timezone]));
    const shifts = new Map([...published, ...(drafts ?? [])]).values();
    return coverOf(days, needs, shifts, (location) => zones.get(location) ?? "UTC");
  }, [days, needs, locations, published, drafts]);
}

/** "1 Nurse missing, 15:00–23:00, North Ward" */
function words(t: Translate, { role, location, zone, from, to, missing }: Hole): string {
  const span = { starts_at: new Date(from).toISOString(), ends_at: new Date(to).toISOString() };
  return t("rules.hole", { missing, role, location, span: timeSpan(span, zone) });
}

function CoverCell({ day, needed, filled, holes }: DayCover) {
  const { t } = useTranslation();
  if (needed === 0) return <td className={classes.cell} />;
  const told = holes.map((hole) => words(t, hole));
  const Mark = holes.length > 0 ? IconAlertTriangle : IconCheck;
  const label = told.length > 0 ? told.join("\n") : t("rules.covered");
  return (
    <td className={classes.cell} data-cover={day}>
      <Tooltip label={label} multiline className={classes.holes} events={{ hover: true, focus: true, touch: true }}>
        <UnstyledButton
          className={classes.cover}
          data-holes={holes.length > 0 || undefined}
          aria-label={t("rules.coverOn", { day: dayLong(day), filled, needed, holes: told.join("; ") })}
        >
          <Mark size={14} stroke={2} aria-hidden="true" />
          {filled} / {needed}
        </UnstyledButton>
      </Tooltip>
    </td>
  );
}

/** The foot of the week's table: for each day how many of the people who are needed are there. Nothing where no need is known. */
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
          <CoverCell key={each.day} {...each} />
        ))}
      </tr>
    </tfoot>
  );
}
