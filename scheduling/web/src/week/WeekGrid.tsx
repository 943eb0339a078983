import { VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconPlus, IconUserQuestion } from "@tabler/icons-react";
import { memo } from "react";
import { Face } from "../shell/Face";
import type { Day } from "../time/week";
import { count, dayLong, dayNumber, dayShort, hours, weekdayShort, weekTitle } from "../time/words";
import { useDesk } from "./desk";
import type { Cell, Grid, Line } from "./grid";
import { LeaveChip } from "./LeaveChip";
import { ShiftCard } from "./ShiftCard";
import classes from "./WeekGrid.module.css";

function DayHead({ day, shifts }: { day: Day; shifts: number }) {
  const { today } = useDesk();
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
          {day === today && ", today"}
        </VisuallyHidden>
        <span className={classes.shifts}>{shifts > 0 ? count(shifts, "shift") : "–"}</span>
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
        {over > 0 && <IconAlertTriangle size={12} stroke={2} aria-hidden="true" />}
        {contract === null ? hours(line.minutes) : `${hours(line.minutes).replace(" h", "")} of ${contract} h`}
        {over > 0 && <VisuallyHidden>, {hours(over)} too many</VisuallyHidden>}
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
            {line.self && <span className={classes.self}>You</span>}
          </span>
          {open ? <span className={classes.hours}>{hours(line.minutes)} to fill</span> : <Hours line={line} />}
        </span>
      </span>
    </th>
  );
}

function GridCell({ cell, line, first }: { cell: Cell; line: Line; first: boolean }) {
  const { manager, today, addShift } = useDesk();
  const whom = line.staffId === null ? "open" : `for ${line.name}`;
  return (
    <td className={classes.cell} data-today={cell.day === today || undefined} data-day={cell.day}>
      <div className={classes.stack}>
        {cell.leave.map((leave) => (
          <LeaveChip key={leave.request.id} leave={leave} quiet={!first && leave.continues.before && !leave.span} />
        ))}
        {cell.shifts.map((shift) => (
          <ShiftCard key={shift.schedule.id} shift={shift} home={line.home} />
        ))}
        {manager && (
          // Not in the tab order: seven times the team would be too many stops. "New shift" does the same by keyboard.
          <button
            type="button"
            tabIndex={-1}
            className={classes.add}
            aria-label={`Add a shift, ${whom}, on ${dayShort(cell.day)}`}
            onClick={() => addShift(line.staffId, cell.day)}
          >
            <IconPlus size={15} stroke={2} aria-hidden="true" />
          </button>
        )}
      </div>
    </td>
  );
}

const GridLine = memo(function GridLine({ line }: { line: Line }) {
  return (
    <tr
      className={classes.line}
      data-open={line.staffId === null || undefined}
      data-self={line.self || undefined}
      data-staff={line.staffId ?? "open"}
    >
      <LineHead line={line} />
      {line.cells.map((cell, index) => (
        <GridCell key={cell.day} cell={cell} line={line} first={index === 0} />
      ))}
    </tr>
  );
});

/** The week: staff rows × day columns, open shifts on top. Names and days stay in sight. */
export function WeekGrid({ grid }: { grid: Grid }) {
  const [first, last] = [grid.days[0] ?? "", grid.days[6] ?? ""];
  const shiftsOn = (day: Day) => grid.shifts.filter((shift) => shift.day === day).length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard
    <section className={classes.scroller} aria-label="Week plan" tabIndex={0}>
      <table className={classes.table}>
        <caption className={classes.caption}>Shifts by person and day, {weekTitle(first, last)}</caption>
        <thead>
          <tr>
            <th scope="col" className={classes.corner}>
              <span className={classes.cornerText}>{count(grid.people.length, "person", "people")}</span>
            </th>
            {grid.days.map((day) => (
              <DayHead key={day} day={day} shifts={shiftsOn(day)} />
            ))}
          </tr>
        </thead>
        <tbody>
          <GridLine line={grid.open} />
          {grid.people.map((line) => (
            <GridLine key={line.staffId} line={line} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
