import { VisuallyHidden } from "@mantine/core";
import { IconCircleCheckFilled, IconCloudPause, IconDots, IconMoonStars, IconNote } from "@tabler/icons-react";
import type { MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import type { Shift } from "../grid/grid";
import { useFresh } from "../live/fresh";
import { Glow } from "../live/Glow";
import { useHeld } from "../live/held";
import { useCardActions } from "../plan/cards/CardActions";
import { useSelected } from "../plan/cards/selection";
import { timeSpan } from "../time/words";
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
  const { colourOf, nameOf, places, openShift } = useDesk();
  const { t } = useTranslation();
  const { schedule, overnight } = shift;
  const fresh = useFresh(schedule.id);
  const held = useHeld().shifts.has(schedule.id);
  const selected = useSelected(schedule.id);
  const actions = useCardActions();
  const draft = schedule.status === "draft" && <span className={classes.draft}>{t("week.legend.draft")}</span>;
  // Beside the time there is room for the word or for the signs.
  const signs = overnight || schedule.note !== "";
  const { id, role, location, note, status, staff_id, timezone, version } = schedule;
  const openMenu = (event: MouseEvent<HTMLElement>) => {
    const { nativeEvent, currentTarget, clientX, clientY } = event;
    // A long press drags.
    const finger = nativeEvent instanceof PointerEvent && nativeEvent.pointerType === "touch";
    if (!actions || finger || event.defaultPrevented) return;
    event.preventDefault();
    const byKey = clientX === 0 && clientY === 0;
    const here = { left: clientX, top: clientY, width: 0, height: 0 };
    actions.openMenu(schedule, byKey ? currentTarget.getBoundingClientRect() : here);
  };
  const card = (
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
      data-selected={selected || undefined}
      onClick={(event) => {
        if (!actions?.click(schedule, event)) openShift(id);
      }}
      onContextMenu={openMenu}
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
      {held && (
        <span className={classes.held}>
          <IconCloudPause className={classes.icon} size={13} stroke={1.8} aria-hidden="true" /> {t("live.unsent.card")}
        </span>
      )}
      {actions && (
        <>
          <span className={classes.edge} data-edge="start" />
          <span className={classes.edge} data-edge="end" />
        </>
      )}
      {selected && (
        <>
          <IconCircleCheckFilled className={classes.selected} size={17} aria-hidden="true" />
          <VisuallyHidden> {t("plan.select.selected")}</VisuallyHidden>
        </>
      )}
      {fresh && <Glow key={version} by={schedule.updated_by} />}
    </button>
  );
  if (!actions) return card;
  return (
    <div className={classes.slot}>
      {card}
      {/* Not in the tab order: the menu key and the keys of the plan do the same. */}
      <button
        type="button"
        tabIndex={-1}
        className={classes.dots}
        aria-label={t("plan.menu.of", { times: timeSpan(schedule, timezone) })}
        aria-haspopup="menu"
        onClick={({ currentTarget }) => actions.openMenu(schedule, currentTarget.getBoundingClientRect())}
      >
        <IconDots size={15} stroke={2} aria-hidden="true" />
      </button>
    </div>
  );
}
