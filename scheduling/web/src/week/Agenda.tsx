import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import { byStart, type Grid, type Line } from "../grid/grid";
import type { Aim } from "../plan/use-grid-focus";
import type { Day } from "../time/week";
import { dayLong, dayNumber, weekdayNarrow } from "../time/words";
import classes from "./Agenda.module.css";
import { LeaveChip } from "./LeaveChip";
import { ShiftCard } from "./ShiftCard";

interface Props {
  readonly grid: Grid;
  /** Only this person's days. */
  readonly only: number | null;
  /** The day that is to be seen. */
  readonly aim: Aim | null;
}

function linesOf({ grid, only }: Pick<Props, "grid" | "only">): readonly Line[] {
  const lines = [grid.open, ...grid.people];
  return only === null ? lines : lines.filter((line) => line.staffId === only);
}

function DayStrip({ days, busy }: { days: readonly Day[]; busy: (day: Day) => boolean }) {
  const { t } = useTranslation();
  const { today } = useDesk();
  return (
    <nav className={classes.strip} aria-label={t("week.days")}>
      {days.map((day) => (
        <button
          key={day}
          type="button"
          className={classes.jump}
          data-today={day === today || undefined}
          onClick={() => document.getElementById(`day-${day}`)?.scrollIntoView({ block: "start" })}
        >
          <span aria-hidden="true">{weekdayNarrow(day)}</span>
          <span className={classes.number} aria-hidden="true">
            {dayNumber(day)}
          </span>
          <span className={classes.pip} data-busy={busy(day) || undefined} aria-hidden="true" />
          <VisuallyHidden>{dayLong(day)}</VisuallyHidden>
        </button>
      ))}
    </nav>
  );
}

function DayList({ day, lines }: { day: Day; lines: readonly Line[] }) {
  const { t } = useTranslation();
  const { today } = useDesk();
  const cells = lines.map((line) => ({ line, cell: line.cells.find((cell) => cell.day === day) }));
  const shifts = cells.flatMap(({ cell }) => cell?.shifts ?? []).sort(byStart);
  const leave = cells.flatMap(({ line, cell }) => (cell?.leave ?? []).map((each) => ({ line, leave: each })));
  return (
    <section className={classes.day} id={`day-${day}`} aria-labelledby={`head-${day}`}>
      <h2 className={classes.head} id={`head-${day}`}>
        {dayLong(day)}
        {day === today && <span className={classes.today}>{t("week.today")}</span>}
        <span className={classes.count}>{shifts.length > 0 && t("week.shifts", { count: shifts.length })}</span>
      </h2>
      <div className={classes.list}>
        {shifts.map((shift) => (
          <ShiftCard key={shift.schedule.id} shift={shift} wide />
        ))}
        {leave.map((each) => (
          <LeaveChip key={each.leave.request.id} leave={each.leave} name={each.line.name} wide />
        ))}
        {shifts.length + leave.length === 0 && <p className={classes.nothing}>{t("week.nothing")}</p>}
      </div>
    </section>
  );
}

/** The week on a phone: a list for each day. Opens at today when the week has it. */
export function Agenda({ grid, only, aim }: Props) {
  const { today } = useDesk();
  const scroller = useRef<HTMLDivElement>(null);
  const lines = linesOf({ grid, only });
  const busy = (day: Day) =>
    lines.some((line) => line.cells.some((cell) => cell.day === day && cell.shifts.length > 0));
  const week = grid.days[0];

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another week moves the reader
  useEffect(() => {
    const target = scroller.current?.querySelector(`#day-${today}`);
    if (target) target.scrollIntoView({ block: "start", behavior: "instant" });
    else scroller.current?.scrollTo({ top: 0, behavior: "instant" });
  }, [week]);

  const aimed = aim && grid.days.includes(aim.spot.day) ? aim : null;
  useEffect(() => {
    if (!aimed) return;
    scroller.current?.querySelector(`#day-${aimed.spot.day}`)?.scrollIntoView({ block: "start", behavior: "instant" });
    aimed.reached();
  }, [aimed]);

  return (
    <>
      <DayStrip days={grid.days} busy={busy} />
      <div className={classes.scroller} ref={scroller}>
        {grid.days.map((day) => (
          <DayList key={day} day={day} lines={lines} />
        ))}
      </div>
    </>
  );
}
