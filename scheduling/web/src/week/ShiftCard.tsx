import { VisuallyHidden } from "@mantine/core";
import { IconCircleCheckFilled, IconCloudPause, IconDots, IconMoonStars, IconNote } from "@tabler/icons-react";
import type { MouseEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import type { Shift } from "../grid/grid";
import { EditorRing } from "../live/EditorRing";
import { useFresh } from "../live/fresh";
import { Glow } from "../live/Glow";
import { useHeld } from "../live/held";
import { useEditors } from "../live/presence";
import { type CardActions, useCardActions } from "../plan/cards/CardActions";
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

/** Where the pointer is, or at the card when a key asks for the menu. A long press of a finger drags. */
function openMenuAt(actions: CardActions, schedule: Schedule, event: MouseEvent<HTMLElement>): void {
  const { nativeEvent, currentTarget, clientX, clientY } = event;
  const finger = nativeEvent instanceof PointerEvent && nativeEvent.pointerType === "touch";
  if (finger || event.defaultPrevented) return;
  event.preventDefault();
  const byKey = clientX === 0 && clientY === 0;
  const here = { left: clientX, top: clientY, width: 0, height: 0 };
  actions.openMenu(schedule, byKey ? currentTarget.getBoundingClientRect() : here);
}

/** What its times alone do not tell. */
function Signs({ overnight, note }: { overnight: boolean; note: string }) {
  const { t } = useTranslation();
  return (
    <>
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
    </>
  );
}

/** What is true of it for now: it waits to be sent, it is selected. */
function Marks({ held, selected }: { held: boolean; selected: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      {held && (
        <span className={classes.held}>
          <IconCloudPause className={classes.icon} size={13} stroke={1.8} aria-hidden="true" /> {t("live.unsent.card")}
        </span>
      )}
      {selected && (
        <>
          <IconCircleCheckFilled className={classes.selected} size={17} aria-hidden="true" />
          <VisuallyHidden> {t("plan.select.selected")}</VisuallyHidden>
        </>
      )}
    </>
  );
}

interface CardProps extends Props {
  readonly actions: CardActions | null;
}

// There are hundreds of them: what most cards do not have is not drawn for them.
function Card({ shift, home = null, wide = false, tabIndex = 0, actions }: CardProps) {
  const { colourOf, nameOf, places, openShift } = useDesk();
  const { t } = useTranslation();
  const { schedule, overnight } = shift;
  const { id, role, location, note, status, staff_id, version } = schedule;
  const fresh = useFresh(id);
  const held = useHeld().shifts.has(id);
  const editors = useEditors(id);
  const selected = useSelected(id);
  const signs = overnight || note !== "";
  const where = location === home ? <VisuallyHidden> · {location}</VisuallyHidden> : ` · ${location}`;
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
      data-selected={selected || undefined}
      onClick={(event) => {
        if (!actions?.click(schedule, event)) openShift(id);
      }}
      onContextMenu={(event) => actions && openMenuAt(actions, schedule, event)}
    >
      <span className={classes.time}>
        {timeSpan(schedule, schedule.timezone)}
        {signs && <Signs overnight={overnight} note={note} />}
      </span>
      {wide && <span className={classes.who}>{nameOf(staff_id)}</span>}
      <span className={classes.foot}>
        <span className={classes.what} title={places ? `${role}, ${location}` : undefined}>
          {role}
          {places && where}
        </span>
        {status === "draft" && <span className={classes.draft}>{t("week.legend.draft")}</span>}
      </span>
      {actions && !wide && (
        <>
          <span className={classes.edge} data-edge="start" />
          <span className={classes.edge} data-edge="end" />
        </>
      )}
      {(held || selected) && <Marks held={held} selected={selected} />}
      {editors.length > 0 && <EditorRing names={editors.map(nameOf)} />}
      {fresh && <Glow key={version} by={schedule.updated_by} />}
    </button>
  );
}

/** A shift as a card. Drafts are hatched and say so; a night shift has a moon; `wide` is the phone's list, with the name. */
export function ShiftCard(props: Props) {
  const { t } = useTranslation();
  const actions = useCardActions();
  const { schedule } = props.shift;
  const card = <Card {...props} actions={actions} />;
  if (!actions) return card;
  return (
    <div className={classes.slot}>
      {card}
      {/* Not in the tab order: the menu key and the keys of the plan do the same. */}
      <button
        type="button"
        tabIndex={-1}
        className={classes.dots}
        aria-label={t("plan.menu.of", { times: timeSpan(schedule, schedule.timezone) })}
        aria-haspopup="menu"
        onClick={({ currentTarget }) => actions.openMenu(schedule, currentTarget.getBoundingClientRect())}
      >
        <IconDots size={15} stroke={2} aria-hidden="true" />
      </button>
    </div>
  );
}
