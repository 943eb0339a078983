import { VisuallyHidden } from "@mantine/core";
import { IconMoonStars, IconNote } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFresh } from "../live/fresh";
import { Glow } from "../live/Glow";
import { timeSpan } from "../time/words";
import { useDesk } from "./desk";
import type { Shift } from "./grid";
import classes from "./ShiftCard.module.css";

interface Props {
  readonly shift: Shift;
  /** The place that its line names already. */
  readonly home?: string | null;
  readonly wide?: boolean;
  readonly tabIndex?: number;
}

/** A shift as a card. Drafts are hatched and say so; a night shift has a moon; `wide` is the phone's list, with the name. */
export function ShiftCard({ shift, home = null, wide = false, tabIndex = 0 }: Props) {
  const { manager, colourOf, nameOf, places, openShift } = useDesk();
  const { t } = useTranslation();
  const { schedule, overnight } = shift;
  const fresh = useFresh(schedule.id);
  const draft = schedule.status === "draft" && <span className={classes.draft}>{t("week.legend.draft")}</span>;
  // Beside the time there is room for the word or for the signs.
  const signs = overnight || schedule.note !== "";
  const { id, role, location, note, status, staff_id, timezone, version } = schedule;
  return (
    <button
      type="button"
      tabIndex={tabIndex}
      className={classes.card}
      data-role={colourOf(role)}
      data-status={status}
      data-open={staff_id === null || undefined}
      data-fresh={fresh || undefined}
      data-wide={wide || undefined}
      data-schedule={id}
      data-version={version}
      aria-haspopup="dialog"
      onClick={() => openShift(id)}
    >
      <span className={classes.time}>
        {timeSpan(schedule, timezone)}
        {overnight && (
          <>
            <IconMoonStars className={classes.icon} size={13} stroke={1.8} aria-hidden="true" />
            <VisuallyHidden> {t("week.overnight")}</VisuallyHidden>
          </>
        )}
        {note && (
          <>
            <IconNote className={classes.icon} size={13} stroke={1.8} aria-hidden="true" />
            <VisuallyHidden> {t("week.note")}</VisuallyHidden>
          </>
        )}
        {!signs && draft}
      </span>
      {wide && <span className={classes.who}>{nameOf(staff_id)}</span>}
      <span className={classes.foot}>
        <span className={classes.what} title={places ? `${role}, ${location}` : undefined}>
          {role}
          {places && location !== home && ` · ${location}`}
          {places && location === home && <VisuallyHidden> · {location}</VisuallyHidden>}
        </span>
        {signs && draft}
      </span>
      {manager && !wide && (
        <>
          <span className={classes.edge} data-edge="start" />
          <span className={classes.edge} data-edge="end" />
        </>
      )}
      {fresh && <Glow key={version} by={schedule.updated_by} />}
    </button>
  );
}
