import { VisuallyHidden } from "@mantine/core";
import {
  type ComponentType,
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import { type Grid, type Line, withNames } from "../grid/grid";
import { useNeeds } from "../live/queries";
import { useCardActions } from "../plan/cards/CardActions";
import { DragGhost } from "../plan/drag/DragGhost";
import { answerLifted } from "../plan/drag/lifted-keys";
import { useDragging } from "../plan/drag/use-dragging";
import { answerKey } from "../plan/grid-keys";
import { type Aim, type Spot, spotOf, useGridFocus } from "../plan/use-grid-focus";
import type { Planner } from "../plan/use-plan";
import type { Typing } from "../plan/use-quick-entry";
import { CoverRow } from "../rules/CoverRow";
import type { Day } from "../time/week";
import { dayLong, dayNumber, weekdayShort } from "../time/words";
import { FindPerson } from "./FindPerson";
import { type CellParts, GridLine, type Keyboard, Stack } from "./GridLine";
import { GridRows } from "./GridRows";
import { RoleRow } from "./RoleRow";
import { type Row, rowsOf } from "./rows";
import classes from "./WeekGrid.module.css";

function DayHead({ day, shifts }: { day: Day; shifts: number }) {
  const { today } = useDesk();
  const { t } = useTranslation();
  return (
    <th scope="col" className={classes.day} data-today={day === today || undefined}>
      <span className={classes.dayInner}>
        <span className={classes.weekday} aria-hidden="true">
          {weekdayShort(day)}
        </span>
        <span className={classes.date} aria-hidden="true">
          {dayNumber(day)}
        </span>
        <VisuallyHidden>
          {dayLong(day)}
          {day === today && `, ${t("week.today")}`}
        </VisuallyHidden>
        <span className={classes.shifts}>{shifts > 0 ? t("week.shifts", { count: shifts }) : "–"}</span>
      </span>
    </th>
  );
}

function Nobody({ find, columns }: { find: string; columns: number }) {
  const { t } = useTranslation();
  return (
    <tbody>
      <tr>
        <td colSpan={columns + 1} className={classes.nobody}>
          {t("week.find.nobody", { find })}
        </td>
      </tr>
    </tbody>
  );
}

/** What is typed, where the focus is, and what keys do. */
function useKeyboard({ grid, planner, aim }: { grid: Grid; planner: Planner; aim: Aim | null }) {
  const { manager, repeatShift } = useDesk();
  const { t } = useTranslation();
  const table = useRef<HTMLTableElement>(null);
  const focus = useGridFocus(grid, table);
  const [typing, setTyping] = useState<Typing | null>(null);
  const { go } = focus;
  const aimed = aim && grid.days.includes(aim.spot.day) ? aim : null;
  useEffect(() => {
    if (!aimed) return;
    go(aimed.spot);
    aimed.reached();
  }, [aimed, go]);
  const type = useCallback(
    (next: Typing | null, back: Spot | null) => {
      setTyping(next);
      if (back) go(back);
    },
    [go],
  );
  const save = useCallback(
    ({ shift: before }: Typing, after: Schedule, accept?: readonly string[]) => {
      const [kind, done] = before
        ? (["change", "plan.done.times"] as const)
        : (["create", "plan.done.drafted"] as const);
      planner.apply({ kind, rows: [{ before, after }], accept }, t(done));
    },
    [planner, t],
  );
  const actions = useCardActions();
  const dragging = useDragging({ grid, table, planner, go });
  const onKeyDown = (event: KeyboardEvent) => {
    if (answerLifted(event, { ...dragging, grid })) return;
    const { spot } = focus;
    const to = focus.step(event);
    if (to && event.shiftKey) actions?.selection.extend(grid, spot, to);
    else if (to) actions?.selection.endRange();
    if (to || !actions) return;
    const stay = () => go({ ...spot, card: null });
    const lift = (id: number) => dragging.lift(id, "move", null);
    answerKey(event, { grid, spot, planner, actions, t, type: setTyping, lift, repeat: repeatShift, stay });
  };
  const of = ({ staffId }: Line): Keyboard => ({
    spot: focus.spot.staffId === staffId ? focus.spot : null,
    typing: typing?.staffId === staffId ? typing : null,
    type,
    save,
  });
  const onKeyUp = (event: KeyboardEvent) => {
    // Some browsers press a button when the key is let go.
    if (manager && event.key === " " && spotOf(event.target as Element)?.card) event.preventDefault();
  };
  const handlers = { onKeyDown, onKeyUp, onFocus: focus.onFocus, onBlur: focus.onBlur };
  return { table, of, focused: focus.spot.staffId, drag: dragging.drag, handlers };
}

/** Letters of the names that are looked for. */
export interface Finding {
  readonly find: string;
  readonly setFind: (find: string) => void;
}

interface Props extends Finding {
  readonly grid: Grid;
  readonly planner: Planner;
  /** Whose shifts they are and when, for screen readers. */
  readonly caption: string;
  readonly byRole?: boolean;
  readonly aim?: Aim | null;
  /** What stands above the days' columns instead of the days. */
  readonly head?: ReactNode;
  /** How a cell lays its parts out. */
  readonly layout?: ComponentType<CellParts>;
}

/** Staff rows × day columns, open shifts on top. Names and days stay in sight. One tab stop; arrows walk it. */
export function WeekGrid({
  grid: whole,
  planner,
  find,
  setFind,
  caption,
  byRole = false,
  aim = null,
  head,
  layout = Stack,
}: Props) {
  const [grid, rows] = useMemo(() => {
    const rows = rowsOf(withNames(whole, find), byRole);
    const people = rows.flatMap((row) => (row.line && row.line.staffId !== null ? [row.line] : []));
    return [{ ...whole, people }, rows];
  }, [whole, find, byRole]);
  const { t } = useTranslation();
  const { table, of, focused, drag, handlers } = useKeyboard({ grid, planner, aim });
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const foot = useNeeds()?.length ? rows.length + 2 : null;
  const shiftsOn = (day: Day) => grid.shifts.filter((shift) => shift.day === day).length;
  const draw = (row: Row, index: number, measure?: (element: HTMLElement | null) => void) => {
    const place = { index, measure, last: index === rows.length - 1 };
    if (!row.line) return <RoleRow key={row.key} {...place} role={row.role} people={row.people} grid={grid} />;
    return <GridLine key={row.key} {...place} line={row.line} layout={layout} {...of(row.line)} />;
  };
  return (
    <section ref={setScroller} className={classes.scroller} aria-label={t("week.plan")}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: WAI-ARIA's grid on a table, which it allows */}
      <table ref={table} role="grid" aria-rowcount={foot ?? rows.length + 1} className={classes.table} {...handlers}>
        <caption className={classes.caption}>{caption}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={classes.corner}>
              <FindPerson find={find} change={setFind} people={whole.people.length} />
            </th>
            {head ?? grid.days.map((day) => <DayHead key={day} day={day} shifts={shiftsOn(day)} />)}
          </tr>
        </thead>
        <GridRows
          {...{ rows, scroller, draw }}
          columns={grid.days.length}
          focused={rows.findIndex(({ line }) => line?.staffId === focused)}
        />
        {grid.people.length === 0 && find && <Nobody find={find} columns={grid.days.length} />}
        <CoverRow days={grid.days} rowIndex={foot} />
      </table>
      <DragGhost drag={drag} table={table} />
    </section>
  );
}
