import {
  IconAlertCircle,
  IconAlertTriangle,
  IconCheck,
  IconCopy,
  IconDots,
  type Icon as TablerIcon,
} from "@tabler/icons-react";
import { type CSSProperties, type RefObject, useEffect, useLayoutEffect } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { shortReason } from "../../api/reasons";
import { useDesk } from "../../grid/desk";
import { useAnnounce } from "../../live/announcer";
import { type Check, useCheck } from "../../rules/use-check";
import { hours, timeSpan } from "../../time/words";
import { minutesBetween } from "../../time/zone";
import classes from "./DragGhost.module.css";
import { type Drag, type Dragged, draggedTo, isHome, toConsider, useDragged } from "./drag";
import { targetWords } from "./words";

/** What is said of a place: `home` is where it is now, `nowhere` takes no shift. */
type Sign = Check["verdict"] | "home" | "nowhere";

const MARKS: Readonly<Record<Sign, TablerIcon | null>> = {
  fine: IconCheck,
  soft: IconAlertTriangle,
  hard: IconAlertCircle,
  unknown: IconDots,
  home: null,
  nowhere: null,
};

const MOST_REASONS = 3;

/** Beside the pointer, and on its other side where the screen ends; for keys below the cell. */
function placeOf({ at }: Dragged, cell: Element | null): CSSProperties {
  const below = cell?.getBoundingClientRect();
  const { x, y } = at ?? { x: below?.left ?? 0, y: (below?.bottom ?? 0) - 8 };
  const [left, top] = [x < window.innerWidth - 320, y < window.innerHeight - 160];
  return {
    ...(left ? { left: x + 14 } : { right: window.innerWidth - x + 14 }),
    ...(top ? { top: y + 14 } : { bottom: window.innerHeight - y + 14 }),
  };
}

function cellOf(table: HTMLElement | null, { target }: Dragged): HTMLElement | null {
  if (!table || !target) return null;
  return table.querySelector(`[data-staff="${target.staffId ?? "open"}"] [data-day="${target.day}"]`);
}

/** Marks the cell that it is over, and the card that it is. */
function useMarks(table: HTMLElement | null, dragged: Dragged, sign: Sign): void {
  const { shift, copying } = dragged;
  const cell = cellOf(table, dragged);
  useLayoutEffect(() => {
    cell?.setAttribute("data-drop", sign);
    return () => cell?.removeAttribute("data-drop");
  }, [cell, sign]);
  useLayoutEffect(() => {
    const card = table?.querySelector(`[data-schedule="${shift.id}"]`);
    card?.setAttribute("data-lifted", copying ? "copy" : "move");
    return () => card?.removeAttribute("data-lifted");
  }, [table, shift.id, copying]);
  const byKeys = dragged.at === null;
  useEffect(() => {
    if (byKeys) cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [byKeys, cell]);
}

/** Keys hear where it is, and what stands against it. */
function useSaying(dragged: Dragged, sign: Sign, reasons: readonly string[]): void {
  const { t } = useTranslation();
  const { nameOf } = useDesk();
  const announce = useAnnounce();
  const byKeys = dragged.at === null;
  const where = dragged.target ? targetWords(dragged.target, nameOf) : "";
  const said = dragged.copying ? t("plan.drag.copyTo", { where }) : where;
  const against = sign === "soft" || sign === "hard" ? reasons.join(" · ") : "";
  const home = sign === "home";
  useEffect(() => {
    if (byKeys && !home) announce(against ? `${said}: ${against}` : said);
  }, [byKeys, home, said, against, announce]);
}

function Reasons({ reasons }: { reasons: readonly string[] }) {
  const { t } = useTranslation();
  const more = reasons.length - MOST_REASONS;
  return (
    <>
      {reasons.slice(0, MOST_REASONS).map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      {more > 0 && <p>{t("plan.drag.moreReasons", { count: more })}</p>}
    </>
  );
}

function Ghost({ drag, dragged, table }: { drag: Drag; dragged: Dragged; table: HTMLElement | null }) {
  const { t } = useTranslation();
  const { nameOf, colourOf } = useDesk();
  const check = useCheck(toConsider(dragged));
  const there = draggedTo(dragged);
  const { target, shift, others, copying, warned } = dragged;
  const known = check.pending ? "unknown" : check.verdict;
  const sign = !target ? "nowhere" : !there ? "hard" : isHome(dragged) ? "home" : known;
  const reasons = there ? check.reasons.map((reason) => shortReason(t, reason)) : [t("plan.not.noSuchTime")];
  const Mark = MARKS[sign];
  const shown = there ?? shift;
  useLayoutEffect(() => drag.judge(check));
  useMarks(table, dragged, sign);
  useSaying(dragged, sign, reasons);
  return createPortal(
    <div className={classes.ghost} data-sign={sign} style={placeOf(dragged, cellOf(table, dragged))} aria-hidden="true">
      <p className={classes.times} data-role={colourOf(shift.role)}>
        {copying && <IconCopy size={14} stroke={2} />}
        {timeSpan(shown, shown.timezone)} · {hours(minutesBetween(shown.starts_at, shown.ends_at))}
        {others > 0 && ` · ${t("plan.drag.others", { count: others })}`}
      </p>
      <p className={classes.where}>
        {Mark && <Mark size={15} stroke={2} />}
        {target ? targetWords(target, nameOf) : t("plan.drag.nowhere")}
      </p>
      {(sign === "soft" || sign === "hard") && <Reasons reasons={reasons} />}
      {warned && <p className={classes.again}>{t("plan.drag.again")}</p>}
    </div>,
    document.body,
  );
}

/** What is being dragged, beside the pointer or the cell that it would go to, with what the rules say of that. */
export function DragGhost({ drag, table }: { drag: Drag; table: RefObject<HTMLElement | null> }) {
  const dragged = useDragged(drag);
  return dragged && <Ghost drag={drag} dragged={dragged} table={table.current} />;
}
