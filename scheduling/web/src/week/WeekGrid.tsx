import { VisuallyHidden } from "@mantine/core";
import { IconPlus, IconUserQuestion } from "@tabler/icons-react";
import { Fragment, type KeyboardEvent, memo, useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { useNeeds } from "../live/queries";
import { useCardActions } from "../plan/cards/CardActions";
import { DragGhost } from "../plan/drag/DragGhost";
import { answerLifted } from "../plan/drag/lifted-keys";
import { useDragging } from "../plan/drag/use-dragging";
import { answerKey } from "../plan/grid-keys";
import { QuickEntry } from "../plan/QuickEntry";
import { cardsOf, linesOf, type Spot, spotOf, useGridFocus } from "../plan/use-grid-focus";
import type { Planner } from "../plan/use-plan";
import type { Typing } from "../plan/use-quick-entry";
import { CoverRow } from "../rules/CoverRow";
import { RowTotal } from "../rules/RowTotal";
import { Face } from "../shell/Face";
import type { Day } from "../time/week";
import { dayLong, dayNumber, dayShort, hours, weekdayShort, weekTitle } from "../time/words";
import { useDesk } from "./desk";
import { FindPerson } from "./FindPerson";
import { type Cell, type Grid, type Line, withNames } from "./grid";
import { LeaveChip } from "./LeaveChip";
import { ShiftCard } from "./ShiftCard";
import { keyOf, useVirtualLines } from "./use-virtual-lines";
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

/** Hours planned, against the contract's where it has any. */
function Hours({ line }: { line: Line }) {
  const { manager, places } = useDesk();
  // Whether a colleague works more than was agreed is between them and the managers.
  const contract = manager || line.self ? (line.staff?.contract.hours_per_week ?? null) : null;
  const over = contract === null ? 0 : line.minutes - contract * 60;
  const share = contract ? Math.min(100, (line.minutes / (contract * 60)) * 100) : 0;
  return (
    <span className={classes.load} data-over={over > 0 || undefined}>
      <span className={classes.hours}>
        <RowTotal minutes={line.minutes} most={contract} />
        {places && line.home && <span className={classes.home}>· {line.home}</span>}
      </span>
      {contract !== null && (
        <span className={classes.meter} aria-hidden="true">
          <span style={{ width: `${share}%` }} />
        </span>
      )}
    </span>
  );
}

function LineHead({ line }: { line: Line }) {
  const { t } = useTranslation();
  const open = line.staffId === null;
  return (
    <th scope="row" className={classes.name}>
      <span className={classes.nameInner}>
        {open ? (
          <span className={classes.openFace} aria-hidden="true">
            <IconUserQuestion size={17} stroke={1.7} />
          </span>
        ) : (
          <Face name={line.name} size={34} />
        )}
        <span className={classes.nameText}>
          <span className={classes.person}>
            <span className={classes.personName}>{line.name}</span>
            {line.self && <span className={classes.self}>{t("week.you")}</span>}
          </span>
          {open ? (
            <span className={classes.hours}>{t("week.toFill", { hours: hours(line.minutes) })}</span>
          ) : (
            <Hours line={line} />
          )}
        </span>
      </span>
    </th>
  );
}

/** What a line knows of the keyboard: where its tab stop is and what is typed in it, null when they are in other lines. */
interface Keyboard {
  readonly spot: Spot | null;
  readonly typing: Typing | null;
  readonly type: (typing: Typing | null, back: Spot | null) => void;
  readonly save: (typing: Typing, after: Schedule, accept?: readonly string[]) => void;
}

function TypedHere({ typing, line, type, save }: Keyboard & { typing: Typing; line: Line }) {
  const { addShift, openShift } = useDesk();
  const { staffId, day, shift } = typing;
  const here = { staffId, day, card: null };
  const more = () => {
    type(null, null);
    if (shift) openShift(shift.id);
    else addShift(staffId, day);
  };
  return (
    <QuickEntry
      key={shift?.id ?? "new"}
      {...{ typing, more }}
      name={`${line.name}, ${dayShort(day)}`}
      save={(after, accept) => {
        type(null, here);
        save(typing, after, accept);
      }}
      close={(back) => type(null, back ? here : null)}
    />
  );
}

function GridCell({ cell, line, first, ...keyboard }: Keyboard & { cell: Cell; line: Line; first: boolean }) {
  const { manager, today } = useDesk();
  const { t } = useTranslation();
  const { spot, typing, type } = keyboard;
  const place = { name: line.name, day: dayShort(cell.day) };
  const stops = (card: string | null) => (spot !== null && spot.card === card ? 0 : -1);
  const open = () => type({ staffId: line.staffId, day: cell.day, shift: null, text: null }, null);
  return (
    <td
      className={classes.cell}
      data-today={cell.day === today || undefined}
      data-day={cell.day}
      tabIndex={stops(null)}
      aria-label={cardsOf(cell).length === 0 && !typing ? t("plan.cell.nothing", place) : undefined}
    >
      <div className={classes.stack}>
        {cell.leave.map((leave) => (
          <LeaveChip
            key={leave.request.id}
            leave={leave}
            quiet={!first && leave.continues.before && !leave.span}
            tabIndex={stops(`timeoff-${leave.request.id}`)}
          />
        ))}
        {cell.shifts.map((shift) =>
          typing?.shift?.id === shift.schedule.id ? (
            <TypedHere key={shift.schedule.id} {...keyboard} typing={typing} line={line} />
          ) : (
            <ShiftCard
              key={shift.schedule.id}
              shift={shift}
              home={line.home}
              tabIndex={stops(`schedule-${shift.schedule.id}`)}
            />
          ),
        )}
        {typing && !typing.shift && <TypedHere {...keyboard} typing={typing} line={line} />}
        {manager && !typing && (
          // Not in the tab order: by keyboard the cell itself is a stop, where Enter or a digit does the same.
          <button
            type="button"
            tabIndex={-1}
            className={classes.add}
            aria-label={t(line.staffId === null ? "plan.cell.addOpen" : "plan.cell.add", place)}
            onClick={open}
          >
            <IconPlus size={15} stroke={2} aria-hidden="true" />
          </button>
        )}
      </div>
    </td>
  );
}

/** Where the table has the line, counted from 0, and how its height is learnt. */
interface Place {
  readonly index: number;
  readonly last: boolean;
  readonly measure: (element: HTMLElement | null) => void;
}

const GridLine = memo(function GridLine({
  line,
  index,
  last,
  measure,
  ...keyboard
}: Keyboard & Place & { line: Line }) {
  const { spot, typing, ...rest } = keyboard;
  return (
    <tr
      ref={measure}
      className={classes.line}
      data-index={index}
      data-last={last || undefined}
      aria-rowindex={index + 2}
      data-open={line.staffId === null || undefined}
      data-self={line.self || undefined}
      data-staff={line.staffId ?? "open"}
    >
      <LineHead line={line} />
      {line.cells.map((cell, column) => (
        <GridCell
          key={cell.day}
          cell={cell}
          line={line}
          first={column === 0}
          spot={spot?.day === cell.day ? spot : null}
          typing={typing?.day === cell.day ? typing : null}
          {...rest}
        />
      ))}
    </tr>
  );
});

/** The room of lines that are not drawn. */
function Gap({ height }: { height: number }) {
  return (
    height > 0 && (
      // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row of nothing, which no focus reaches
      <tr aria-hidden="true" className={classes.gap} style={{ height }}>
        <td colSpan={8} />
      </tr>
    )
  );
}

function Nobody({ find }: { find: string }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td colSpan={8} className={classes.nobody}>
        {t("week.find.nobody", { find })}
      </td>
    </tr>
  );
}

interface Props {
  readonly grid: Grid;
  readonly planner: Planner;
  /** Letters of the names that are looked for. */
  readonly find: string;
  readonly setFind: (find: string) => void;
}

/** What is typed, where the focus is, and what keys do. */
function useKeyboard({ grid, planner }: Pick<Props, "grid" | "planner">) {
  const { manager } = useDesk();
  const { t } = useTranslation();
  const table = useRef<HTMLTableElement>(null);
  const focus = useGridFocus(grid, table);
  const [typing, setTyping] = useState<Typing | null>(null);
  const { go } = focus;
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
    answerKey(event, { grid, spot, planner, actions, t, type: setTyping, lift, stay });
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
  const focused = linesOf(grid).findIndex(({ staffId }) => staffId === focus.spot.staffId);
  const handlers = { onKeyDown, onKeyUp, onFocus: focus.onFocus, onBlur: focus.onBlur };
  return { table, of, focused, drag: dragging.drag, handlers };
}

/** The week: staff rows × day columns, open shifts on top. Names and days stay in sight. One tab stop; arrows walk it. */
export function WeekGrid({ grid: whole, planner, find, setFind }: Props) {
  const grid = useMemo(() => withNames(whole, find), [whole, find]);
  const [first, last] = [grid.days[0] ?? "", grid.days[6] ?? ""];
  const { t } = useTranslation();
  const { table, of, focused, drag, handlers } = useKeyboard({ grid, planner });
  const scroller = useRef<HTMLElement>(null);
  const lines = linesOf(grid);
  const { drawn, below, measure } = useVirtualLines(lines, scroller, focused);
  const foot = useNeeds()?.length ? lines.length + 2 : null;
  const shiftsOn = (day: Day) => grid.shifts.filter((shift) => shift.day === day).length;
  return (
    <section ref={scroller} className={classes.scroller} aria-label={t("week.plan")}>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: WAI-ARIA's grid on a table, which it allows */}
      <table ref={table} role="grid" aria-rowcount={foot ?? lines.length + 1} className={classes.table} {...handlers}>
        <caption className={classes.caption}>{t("week.caption", { week: weekTitle(first, last) })}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={classes.corner}>
              <FindPerson find={find} change={setFind} people={whole.people.length} />
            </th>
            {grid.days.map((day) => (
              <DayHead key={day} day={day} shifts={shiftsOn(day)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {drawn.map(({ line, index, above }) => (
            <Fragment key={keyOf(line)}>
              <Gap height={above} />
              <GridLine {...{ line, index, measure }} last={index === lines.length - 1} {...of(line)} />
            </Fragment>
          ))}
          <Gap height={below} />
          {grid.people.length === 0 && find && <Nobody find={find} />}
        </tbody>
        <CoverRow days={grid.days} rowIndex={foot} />
      </table>
      <DragGhost drag={drag} table={table} />
    </section>
  );
}
