import { IconPlus, IconUserQuestion } from "@tabler/icons-react";
import { type ComponentType, memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import type { Cell, Line, Shift } from "../grid/grid";
import { useEditing } from "../live/presence";
import { QuickEntry } from "../plan/QuickEntry";
import { cardsOf, type Spot } from "../plan/use-grid-focus";
import type { Typing } from "../plan/use-quick-entry";
import { RowTotal } from "../rules/RowTotal";
import { dayShort, hours } from "../time/words";
import { Face } from "../ui/Face";
import { LeaveChip } from "./LeaveChip";
import { ShiftCard } from "./ShiftCard";
import classes from "./WeekGrid.module.css";

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
export interface Keyboard {
  readonly spot: Spot | null;
  readonly typing: Typing | null;
  readonly type: (typing: Typing | null, back: Spot | null) => void;
  readonly save: (typing: Typing, after: Schedule, accept?: readonly string[]) => void;
}

function TypedHere({ typing, line, type, save }: Keyboard & { typing: Typing; line: Line }) {
  const { addShift, openShift } = useDesk();
  const { staffId, day, shift } = typing;
  useEditing(shift?.id ?? null);
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

/** The parts of a cell, for whatever lays them out. */
export interface CellParts {
  readonly cell: Cell;
  readonly line: Line;
  readonly leave: ReactNode;
  readonly cards: readonly { readonly shift: Shift; readonly card: ReactNode }[];
  /** The field in which a new shift is typed. */
  readonly typed: ReactNode;
  /** The button that opens it. */
  readonly add: ReactNode;
}

/** One below the other. */
export function Stack({ leave, cards, typed, add }: CellParts) {
  return (
    <div className={classes.stack}>
      {leave}
      {cards.map(({ card }) => card)}
      {typed}
      {add}
    </div>
  );
}

interface CellProps extends Keyboard {
  readonly cell: Cell;
  readonly line: Line;
  /** The first of its line. */
  readonly first: boolean;
  readonly layout: ComponentType<CellParts>;
}

function GridCell({ cell, line, first, layout: Layout, ...keyboard }: CellProps) {
  const { manager, today } = useDesk();
  const { t } = useTranslation();
  const { spot, typing, type } = keyboard;
  const place = { name: line.name, day: dayShort(cell.day) };
  const stops = (card: string | null) => (spot !== null && spot.card === card ? 0 : -1);
  const open = () => type({ staffId: line.staffId, day: cell.day, shift: null, text: null }, null);
  const leave = cell.leave.map((each) => (
    <LeaveChip
      key={each.request.id}
      leave={each}
      quiet={!first && each.continues.before && !each.span}
      tabIndex={stops(`timeoff-${each.request.id}`)}
    />
  ));
  const cards = cell.shifts.map((shift) => {
    const { id } = shift.schedule;
    const tabIndex = stops(`schedule-${id}`);
    const card =
      typing?.shift?.id === id ? (
        <TypedHere key={id} {...keyboard} typing={typing} line={line} />
      ) : (
        <ShiftCard key={id} shift={shift} home={line.home} tabIndex={tabIndex} />
      );
    return { shift, card };
  });
  const typed = typing && !typing.shift && <TypedHere {...keyboard} typing={typing} line={line} />;
  const add = manager && !typing && (
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
  );
  return (
    <td
      className={classes.cell}
      data-today={cell.day === today || undefined}
      data-day={cell.day}
      tabIndex={stops(null)}
      aria-label={cardsOf(cell).length === 0 && !typing ? t("plan.cell.nothing", place) : undefined}
    >
      <Layout {...{ cell, line, leave, cards, typed, add }} />
    </td>
  );
}

/** Where the table has the line, and how its height is learnt, where that matters. */
interface LinePlace {
  /** Counted from 0, below the head. */
  readonly index: number;
  readonly last: boolean;
  readonly measure: ((element: HTMLElement | null) => void) | undefined;
  readonly layout: ComponentType<CellParts>;
}

export const GridLine = memo(function GridLine(props: Keyboard & LinePlace & { line: Line }) {
  const { line, index, last, measure, spot, typing, ...rest } = props;
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
