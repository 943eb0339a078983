import { type CSSProperties, createContext, useContext } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../../grid/desk";
import type { Shift } from "../../grid/grid";
import { clockTime } from "../../time/words";
import { wallTime } from "../../time/zone";
import type { CellParts } from "../GridLine";
import classes from "./DayView.module.css";
import { lanesOf, type Span, spanOn } from "./timeline";

/** The lines of hours on the screen. */
interface Hours {
  readonly hours: number;
  /** How wide 15 minutes are, in CSS pixels. */
  readonly quarter: number;
  /** Where now is, in percent of the line; null on other days. */
  readonly now: number | null;
  readonly carried: ReadonlyMap<number | null, readonly Shift[]>;
}

export const TimelineContext = createContext<Hours>({ hours: 24, quarter: 0, now: null, carried: new Map() });

/** One lane's height and the room above the first, in CSS pixels. */
const LANE = 54;
const ABOVE = 6;

function placed({ from, to }: Span, lane: number, hours: number): CSSProperties {
  const share = (minutes: number) => `${(minutes / (hours * 60)) * 100}%`;
  return { insetInlineStart: share(from), inlineSize: share(to - from), insetBlockStart: ABOVE + lane * LANE };
}

/** The end of a shift that belongs to the day before: it is opened here, and moved there. */
function Carried({ shift, style }: { shift: Shift; style: CSSProperties }) {
  const { colourOf, openShift } = useDesk();
  const { t } = useTranslation();
  const { id, role, timezone, ends_at } = shift.schedule;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.carried}
      data-role={colourOf(role)}
      style={style}
      onClick={() => openShift(id)}
    >
      {t("week.until", { time: clockTime(wallTime(ends_at, timezone).time) })}
    </button>
  );
}

/** A cell as a line of hours, on which its shifts stand where they are; those that overlap below each other. */
export function Timeline({ cell, line, leave, cards, typed, add }: CellParts) {
  const { hours, quarter, now, carried } = useContext(TimelineContext);
  const before = carried.get(line.staffId) ?? [];
  const shifts = [...before, ...cards.map(({ shift }) => shift)];
  const spans = shifts.map((shift) => spanOn(shift, cell.day));
  const lanes = lanesOf(spans);
  const styles = spans.map((span, index) => placed(span, lanes[index] ?? 0, hours));
  const height = ABOVE + Math.max(1, ...lanes.map((lane) => lane + 1)) * LANE;
  const width = `${100 / hours}%`;
  return (
    <div className={classes.cell}>
      {leave}
      <div className={classes.line} data-quarter={quarter || undefined} style={{ minHeight: height }}>
        <div className={classes.hours} style={{ backgroundSize: `${width} 100%` }} aria-hidden="true" />
        <div className={classes.next} style={{ inlineSize: `${((hours - 24) / hours) * 100}%` }} aria-hidden="true" />
        <div className={classes.add}>{add}</div>
        {before.map((shift, index) => (
          <Carried key={shift.schedule.id} shift={shift} style={styles[index] ?? {}} />
        ))}
        {cards.map(({ shift, card }, index) => (
          <div key={shift.schedule.id} className={classes.slot} style={styles[before.length + index]}>
            {card}
          </div>
        ))}
        {now !== null && <span className={classes.now} style={{ insetInlineStart: `${now}%` }} aria-hidden="true" />}
      </div>
      {typed && <div className={classes.typed}>{typed}</div>}
    </div>
  );
}
