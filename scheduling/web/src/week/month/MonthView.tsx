import { VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconPlaneDeparture, IconUserQuestion } from "@tabler/icons-react";
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../../grid/desk";
import type { Week } from "../../grid/use-week";
import { useAnyFresh } from "../../live/fresh";
import { Glow } from "../../live/Glow";
import { usePlanned, useTimeOff } from "../../live/queries";
import { useCover } from "../../rules/CoverRow";
import type { DayCover } from "../../rules/cover";
import { useSignedIn } from "../../session/signed-in";
import { addDays, type Day } from "../../time/week";
import { dayLong, dayNumber, monthTitle, timeSpan, weekdayLong, weekdayNarrow, weekdayShort } from "../../time/words";
import { WeekNews } from "../WeekNews";
import { WeekSkeleton } from "../WeekSkeleton";
import classes from "./MonthView.module.css";
import { buildMonth, daysOfMonth, type MonthDay, windowOf } from "./month";

/** How many of their own shifts a reader sees on a day. */
const OWN = 3;

function useMonth(days: readonly Day[], zones: readonly string[]) {
  const { me } = useSignedIn();
  const between = useMemo(() => windowOf(days), [days]);
  const { data: shifts, live } = usePlanned(between);
  const timeOff = useTimeOff(between).data;
  const month = useMemo(
    () =>
      shifts &&
      timeOff &&
      buildMonth({ days, schedules: shifts.values(), timeOff: timeOff.values(), zones, me: me.id }),
    [days, shifts, timeOff, zones, me.id],
  );
  return { month, shifts, current: live.status === "live", cover: useCover(days, { between }) };
}

function Own({ of: { own, leave } }: { of: MonthDay }) {
  const { colourOf } = useDesk();
  const { t } = useTranslation();
  return (
    <>
      {leave && (
        <span className={classes.leave} data-status={leave.request.status}>
          <IconPlaneDeparture size={13} stroke={1.8} aria-hidden="true" />
          <span>{t(leave.request.status === "pending" ? "week.legend.requested" : "week.legend.timeOff")}</span>
        </span>
      )}
      {own.slice(0, OWN).map(({ schedule }) => (
        <span
          key={schedule.id}
          className={classes.own}
          data-role={colourOf(schedule.role)}
          data-status={schedule.status}
          data-own={schedule.id}
        >
          {timeSpan(schedule, schedule.timezone)}
          <VisuallyHidden>, {schedule.role}</VisuallyHidden>
        </span>
      ))}
      {own.length > OWN && <span className={classes.count}>{t("week.month.more", { count: own.length - OWN })}</span>}
    </>
  );
}

function Cover({ needed, filled }: DayCover) {
  const { t } = useTranslation();
  const hole = filled < needed;
  const Mark = hole ? IconAlertTriangle : IconCheck;
  return (
    <span className={classes.cover} data-holes={hole || undefined}>
      <Mark size={13} stroke={2} aria-hidden="true" />
      <span aria-hidden="true">
        {filled} / {needed}
      </span>
      <VisuallyHidden>{t("week.month.cover", { filled, needed })}</VisuallyHidden>
    </span>
  );
}

interface CellProps {
  readonly of: MonthDay;
  readonly cover: DayCover | null;
  readonly outside: boolean;
  readonly focusable: boolean;
  readonly open: (day: Day) => void;
}

const MonthCell = memo(function MonthCell({ of, cover, outside, focusable, open }: CellProps) {
  const { manager, today } = useDesk();
  const { t } = useTranslation();
  const { day, shifts, open: free, drafts, away } = of;
  const ids = useMemo(() => shifts.map(({ schedule }) => schedule.id), [shifts]);
  const fresh = useAnyFresh(ids);
  const changed = fresh === null ? undefined : shifts.find(({ schedule }) => schedule.id === fresh)?.schedule;
  return (
    <td className={classes.cell} data-outside={outside || undefined} data-today={day === today || undefined}>
      <button
        type="button"
        className={classes.day}
        data-month-day={day}
        data-fresh={fresh !== null || undefined}
        tabIndex={focusable ? 0 : -1}
        aria-current={day === today ? "date" : undefined}
        onClick={() => open(day)}
      >
        <span className={classes.top}>
          <span className={classes.number} aria-hidden="true">
            {dayNumber(day)}
          </span>
          <VisuallyHidden>{dayLong(day)}: </VisuallyHidden>
          {manager && cover && cover.needed > 0 && <Cover {...cover} />}
        </span>
        <Own of={of} />
        <span className={classes.counts}>
          {shifts.length > 0 && <span className={classes.count}>{t("week.shifts", { count: shifts.length })}</span>}
          {free > 0 && (
            <span className={classes.count} data-open>
              <IconUserQuestion size={13} stroke={1.8} aria-hidden="true" />
              {t("week.open", { count: free })}
            </span>
          )}
          {drafts > 0 && <span className={classes.count}>{t("week.month.drafts", { count: drafts })}</span>}
          {manager && away > 0 && <span className={classes.count}>{t("week.month.away", { count: away })}</span>}
        </span>
        {fresh !== null && <Glow key={changed?.version} by={changed?.updated_by ?? null} />}
      </button>
    </td>
  );
});

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** One tab stop for the whole month; arrows walk the days. */
function useWalk(days: readonly Day[], start: Day) {
  const [spot, setSpot] = useState(start);
  const table = useRef<HTMLTableElement>(null);
  const wanted = useRef(false);
  const at = days.includes(spot) ? spot : start;
  useEffect(() => {
    if (wanted.current) table.current?.querySelector<HTMLElement>(`[data-month-day="${at}"]`)?.focus();
    wanted.current = false;
  }, [at]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const sideways = Math.abs(step) === 1 && document.dir === "rtl" ? -step : step;
    const next = addDays(at, sideways);
    event.preventDefault();
    if (!days.includes(next)) return;
    wanted.current = true;
    setSpot(next);
  };
  return { table, at, onKeyDown };
}

interface Props {
  readonly week: Week;
  /** A day of the month. */
  readonly date: Day;
  readonly phone: boolean;
  readonly open: (day: Day) => void;
}

/** A month: how many shifts each day has, whether they are enough, and which are the reader's own. */
export function MonthView({ week, date, phone, open }: Props) {
  const { t } = useTranslation();
  const month = date.slice(0, 7);
  const days = useMemo(() => daysOfMonth(`${month}-01`), [month]);
  const { month: cells, shifts, current, cover } = useMonth(days, week.zones);
  const { table, at, onKeyDown } = useWalk(days, date);
  if (!cells) return <WeekSkeleton phone={phone} />;
  const weeks = cells.flatMap((_, index) => (index % 7 === 0 ? [cells.slice(index, index + 7)] : []));
  const weekday = phone ? weekdayNarrow : weekdayShort;
  return (
    <div className={classes.scroller}>
      <WeekNews week={{ shifts, current }} first={month} />
      <table ref={table} className={classes.month} onKeyDown={onKeyDown}>
        <caption className={classes.caption}>{t("week.month.caption", { month: monthTitle(date) })}</caption>
        <thead>
          <tr>
            {days.slice(0, 7).map((day) => (
              <th key={day} scope="col" className={classes.weekday}>
                <span aria-hidden="true">{weekday(day)}</span>
                <VisuallyHidden>{weekdayLong(day)}</VisuallyHidden>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((each) => (
            <tr key={each[0]?.day}>
              {each.map((cell) => (
                <MonthCell
                  key={cell.day}
                  of={cell}
                  cover={cover?.[days.indexOf(cell.day)] ?? null}
                  outside={!cell.day.startsWith(month)}
                  focusable={cell.day === at}
                  open={open}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
