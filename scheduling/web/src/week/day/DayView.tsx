import { VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Grid, shiftOf } from "../../grid/grid";
import type { Week } from "../../grid/use-week";
import type { Planner } from "../../plan/use-plan";
import type { Day } from "../../time/week";
import { clockTime, dayLong } from "../../time/words";
import { wallTime } from "../../time/zone";
import { type Finding, WeekGrid } from "../WeekGrid";
import classes from "./DayView.module.css";
import { Timeline, TimelineContext } from "./Timeline";
import { carriedInto, dayOf, hoursOf, spanOn } from "./timeline";

/** CSS pixels that an hour's words need, and how many hours may lie between two of them. */
const WORDS = 50;
const STEPS = [1, 2, 3, 6, 12];

interface ScaleProps {
  readonly day: Day;
  readonly hours: number;
  readonly width: number;
  readonly measure: (element: HTMLElement | null) => void;
  /** Share of the line, in percent; null on other days. */
  readonly now: number | null;
}

function Scale({ day, hours, width, measure, now }: ScaleProps) {
  const step = STEPS.find((each) => (width / hours) * each >= WORDS) ?? 12;
  const shown = Array.from({ length: Math.ceil(hours / step) }, (_, index) => index * step);
  return (
    <th scope="col" className={classes.head}>
      <div ref={measure} className={classes.scale}>
        {shown.map((hour) => (
          <span
            key={hour}
            className={classes.hour}
            style={{ insetInlineStart: `${(hour / hours) * 100}%` }}
            aria-hidden
          >
            {clockTime(`${String(hour % 24).padStart(2, "0")}:00`)}
          </span>
        ))}
        {now !== null && <span className={classes.nowMark} style={{ insetInlineStart: `${now}%` }} aria-hidden />}
      </div>
      <VisuallyHidden>{dayLong(day)}</VisuallyHidden>
    </th>
  );
}

interface Props extends Finding {
  readonly week: Week;
  readonly grid: Grid;
  readonly day: Day;
  readonly today: Day;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly planner: Planner;
  readonly byRole: boolean;
}

/** One day: people's lines of hours. All that can be done in the week can be done here. */
export function DayView({ week, grid: whole, day, today, now, ...rest }: Props) {
  const { t } = useTranslation();
  const { ref, width } = useElementSize();
  const grid = useMemo(() => dayOf(whole, day), [whole, day]);
  const carried = useMemo(() => carriedInto([...(week.shifts?.values() ?? [])].map(shiftOf), day), [week.shifts, day]);
  const hours = useMemo(() => hoursOf(grid.shifts.map((shift) => spanOn(shift, day))), [grid, day]);
  const clock = wallTime(new Date(now).toISOString(), week.zones[0]).time;
  const minutes = Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  const share = day === today ? (minutes / (hours * 60)) * 100 : null;
  const line = useMemo(
    () => ({ hours, quarter: width / (hours * 4), now: share, carried }),
    [hours, width, share, carried],
  );
  return (
    <TimelineContext value={line}>
      <WeekGrid
        {...rest}
        grid={grid}
        caption={t("week.dayCaption", { day: dayLong(day) })}
        layout={Timeline}
        head={<Scale {...{ day, hours, width }} measure={ref} now={share} />}
      />
    </TimelineContext>
  );
}
