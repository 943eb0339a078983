import { IconMoonStars } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { createPortal, flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import type { Cell, Leave, Line, Shift } from "../grid/grid";
import type { Week } from "../grid/use-week";
import { useSignedIn } from "../session/signed-in";
import { addDays, type Day } from "../time/week";
import { clockTime, dayFull, dayShort, hours, list, timeSpan, weekLabel, weekTitle } from "../time/words";
import { wallTime } from "../time/zone";
import classes from "./PrintSheet.module.css";

/** True while the page is on its way to paper. The browser takes what stands there when its event returns. */
function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const paper = window.matchMedia("print");
    const change = () => flushSync(() => setPrinting(paper.matches));
    const begin = () => flushSync(() => setPrinting(true));
    const end = () => setPrinting(false);
    paper.addEventListener("change", change);
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    return () => {
      paper.removeEventListener("change", change);
      window.removeEventListener("beforeprint", begin);
      window.removeEventListener("afterprint", end);
    };
  }, []);
  return printing;
}

function PrintedShift({ shift, home }: { shift: Shift; home: string | null }) {
  const { t } = useTranslation();
  const { colourOf, places } = useDesk();
  const { role, location, status, staff_id, note, timezone } = shift.schedule;
  return (
    <li
      className={classes.shift}
      data-role={colourOf(role)}
      data-status={status}
      data-open={staff_id === null || undefined}
    >
      <strong>{timeSpan(shift.schedule, timezone)}</strong>
      {shift.overnight && <IconMoonStars className={classes.icon} size={10} stroke={2} aria-hidden="true" />}
      {status === "draft" && <em className={classes.draft}>{t("week.legend.draft")}</em>}
      <span className={classes.what}>
        {role}
        {places && location !== home && ` · ${location}`}
      </span>
      {note && <span className={classes.note}>{note}</span>}
    </li>
  );
}

function PrintedLeave({ leave: { request, span } }: { leave: Leave }) {
  const { t } = useTranslation();
  return (
    <li className={classes.leave} data-status={request.status}>
      {t(request.status === "pending" ? "week.legend.requested" : "week.legend.timeOff")}
      {span && ` ${span.from}–${span.to}`}
    </li>
  );
}

function PrintedCell({ cell, home }: { cell: Cell; home: string | null }) {
  return (
    <td>
      <ul className={classes.stack}>
        {cell.leave.map((leave) => (
          <PrintedLeave key={leave.request.id} leave={leave} />
        ))}
        {cell.shifts.map((shift) => (
          <PrintedShift key={shift.schedule.id} shift={shift} home={home} />
        ))}
      </ul>
    </td>
  );
}

function PrintedLine({ line }: { line: Line }) {
  const { places } = useDesk();
  return (
    <tr data-open={line.staffId === null || undefined}>
      <th scope="row">
        <span className={classes.name}>{line.name}</span>
        <span className={classes.total}>
          {hours(line.minutes)}
          {places && line.home && ` · ${line.home}`}
        </span>
      </th>
      {line.cells.map((cell) => (
        <PrintedCell key={cell.day} cell={cell} home={line.home} />
      ))}
    </tr>
  );
}

function Legend({ drafts }: { drafts: boolean }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.legend}>
      {drafts && (
        <li>
          <span className={classes.shift} data-status="draft" data-role="1">
            <em className={classes.draft}>{t("week.legend.draft")}</em>
          </span>
          {t("week.print.draft")}
        </li>
      )}
      <li>
        <span className={classes.leave} data-status="approved">
          {t("week.legend.timeOff")}
        </span>
        {t("week.print.approved")}
      </li>
      <li>
        <span className={classes.leave} data-status="pending">
          {t("week.legend.requested")}
        </span>
        {t("week.print.pending")}
      </li>
      <li>
        <IconMoonStars size={11} stroke={2} aria-hidden="true" /> {t("week.legend.overnight")}
      </li>
    </ul>
  );
}

function Sheet({ week, monday }: { week: Week & { grid: NonNullable<Week["grid"]> }; monday: Day }) {
  const { t } = useTranslation();
  const { me } = useSignedIn();
  const { grid, locations, zones } = week;
  const now = wallTime(new Date().toISOString(), zones[0]);
  const facts = [
    list(
      t,
      locations.map(({ name }) => name),
      6,
    ),
    t("week.shifts", { count: grid.shifts.length }),
    hours(grid.minutes),
  ];
  // Somebody with nothing to do is looked for, too; that no shift is open needs no line.
  const lines = [...(grid.open.minutes > 0 ? [grid.open] : []), ...grid.people];
  return (
    // On paper it is always day.
    <section className={classes.sheet} data-sheet="week" data-mantine-color-scheme="light">
      <header className={classes.head}>
        <h1>{weekTitle(monday, addDays(monday, 6))}</h1>
        <p>{facts.filter(Boolean).join(" · ")}</p>
        <p className={classes.printed}>
          {t("week.print.printed", { day: dayFull(now.day), time: clockTime(now.time), name: me.name })}
        </p>
        <Legend drafts={grid.shifts.some(({ schedule }) => schedule.status === "draft")} />
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">
              {weekLabel(t, monday)} · {t("week.people", { count: grid.people.length })}
            </th>
            {grid.days.map((day) => (
              <th key={day} scope="col">
                {dayShort(day)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <PrintedLine key={line.staffId ?? "open"} line={line} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The week for A4 paper, landscape: all lines, though the screen shows only some. Drawn for the printer only. */
export function PrintSheet({ week, monday }: { week: Week; monday: Day }) {
  const printing = usePrinting();
  if (!printing || !week.grid) return null;
  return createPortal(<Sheet week={{ ...week, grid: week.grid }} monday={monday} />, document.body);
}
