import { ActionIcon } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconMoonStars, IconPlaneDeparture } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { type Leave, leaveDays, type Shift, shiftOf } from "../grid/grid";
import { useTimeOff } from "../live/queries";
import { addDays, type Day, daysOfWeek } from "../time/week";
import { clockSpan, dayLong, dayNumber, hours, timeSpan, weekdayShort, weekTitleShort } from "../time/words";
import { weekWindow, zoneOfSpan } from "../time/zone";
import classes from "./MyWeek.module.css";
import { WEEKS } from "./queries";

interface Props {
  readonly shifts: readonly Schedule[];
  /** The first day of the current week. */
  readonly first: Day;
  readonly today: Day;
  readonly zones: readonly string[];
  readonly colourOf: (role: string) => number;
}

function useLeave(first: Day, zones: readonly string[]): readonly (readonly [Day, Leave])[] {
  const between = useMemo(() => weekWindow(first), [first]);
  const requests = useTimeOff(between).data;
  return useMemo(
    () =>
      [...(requests?.values() ?? [])]
        .filter(({ status }) => status === "pending" || status === "approved")
        .flatMap((request) => [...leaveDays(request, zoneOfSpan(request, zones))]),
    [requests, zones],
  );
}

function ShiftRow({ shift, week, colour }: { shift: Shift; week: Day; colour: number }) {
  const { t } = useTranslation();
  const { schedule, minutes, overnight } = shift;
  return (
    <Link
      className={classes.shift}
      to="/week"
      search={{ week, shift: schedule.id }}
      data-role={colour}
      data-schedule={schedule.id}
      data-version={schedule.version}
    >
      <span className={classes.time}>
        {timeSpan(schedule, schedule.timezone)}
        {overnight && <IconMoonStars size={14} stroke={1.8} role="img" aria-label={t("mine.nextDay")} />}
        <span className={classes.length}>{hours(minutes)}</span>
      </span>
      <span className={classes.what}>
        {schedule.role} · {schedule.location}
      </span>
    </Link>
  );
}

function LeaveRow({ leave: { request, span } }: { leave: Leave }) {
  const { t } = useTranslation();
  const words = request.status === "pending" ? t("mine.awayPending") : t("mine.away");
  return (
    <p className={classes.leave} data-status={request.status}>
      <IconPlaneDeparture size={15} stroke={1.7} aria-hidden="true" />
      {span ? `${words}, ${clockSpan(span.from, span.to)}` : words}
    </p>
  );
}

interface TurnProps {
  readonly offset: number;
  readonly turn: (offset: number) => void;
}

function Turn({ offset, turn }: TurnProps) {
  const { t } = useTranslation();
  const icon = { size: 18, stroke: 1.8 };
  return (
    <div className={classes.turn}>
      <ActionIcon
        variant="default"
        size={40}
        aria-label={t("week.previous")}
        disabled={offset === -WEEKS.before}
        onClick={() => turn(offset - 1)}
      >
        <IconChevronLeft {...icon} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size={40}
        aria-label={t("week.next")}
        disabled={offset === WEEKS.after}
        onClick={() => turn(offset + 1)}
      >
        <IconChevronRight {...icon} />
      </ActionIcon>
    </div>
  );
}

interface DayLineProps {
  readonly day: Day;
  readonly today: boolean;
  /** What is there. */
  readonly children: readonly ReactNode[];
}

function DayLine({ day, today, children }: DayLineProps) {
  const { t } = useTranslation();
  return (
    <li className={classes.day} data-today={today || undefined} data-day={day}>
      <h3 className={classes.date} aria-label={dayLong(day)}>
        <span aria-hidden="true">{weekdayShort(day)}</span>
        <span className={classes.number} aria-hidden="true">
          {dayNumber(day)}
        </span>
      </h3>
      <div className={classes.entries}>
        {children.length > 0 ? children : <p className={classes.free}>{t("mine.free")}</p>}
      </div>
    </li>
  );
}

/** One week of the reader's own, a line for each day. */
export function MyWeek({ shifts, first: current, today, zones, colourOf }: Props) {
  const { t } = useTranslation();
  const [offset, setOffset] = useState(0);
  const first = addDays(current, offset * 7);
  const days = daysOfWeek(first);
  const own = shifts.map(shiftOf).filter((shift) => days.includes(shift.day));
  const leave = useLeave(first, zones);
  const total = own.reduce((sum, shift) => sum + shift.minutes, 0);
  return (
    <section aria-labelledby="my-week">
      <div className={classes.head}>
        <div>
          <h2 className={classes.title} id="my-week">
            {offset === 0 ? t("mine.week") : weekTitleShort(first, addDays(first, 6), today)}
          </h2>
          <p className={classes.summary} aria-live="polite">
            {t("mine.summary", { shifts: t("week.shifts", { count: own.length }), hours: hours(total) })}
          </p>
        </div>
        <Turn offset={offset} turn={setOffset} />
      </div>
      <ol className={classes.days}>
        {days.map((day) => (
          <DayLine key={day} day={day} today={day === today}>
            {[
              ...own
                .filter((shift) => shift.day === day)
                .map((shift) => (
                  <ShiftRow key={shift.schedule.id} shift={shift} week={first} colour={colourOf(shift.schedule.role)} />
                )),
              ...leave
                .filter(([on]) => on === day)
                .map(([, each]) => <LeaveRow key={`leave ${each.request.id}`} leave={each} />),
            ]}
          </DayLine>
        ))}
      </ol>
    </section>
  );
}
