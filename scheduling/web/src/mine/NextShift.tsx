import { IconBeach, IconMapPin, IconNote, IconUsers } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { shiftOf } from "../grid/grid";
import { useSchedules, useTeam } from "../live/queries";
import { weekOf } from "../time/week";
import { ahead, clockTime, dayNear, hours, list, timeSpan } from "../time/words";
import { today as todayIn, wallTime } from "../time/zone";
import classes from "./NextShift.module.css";

/** Who works at the same place while this shift lasts, by name; undefined until it is known. */
function useColleagues({ staff_id, location, starts_at, ends_at }: Schedule): readonly string[] | undefined {
  const between = useMemo(() => ({ from: starts_at, to: ends_at }), [starts_at, ends_at]);
  const others = useSchedules(between, "published").data;
  const team = useTeam().data;
  return useMemo(() => {
    if (!others || !team) return undefined;
    const there = [...others.values()].filter((each) => each.location === location && each.staff_id !== staff_id);
    const names = there.flatMap((each) => team.get(each.staff_id ?? 0)?.name ?? []);
    return [...new Set(names)].sort((a, b) => a.localeCompare(b));
  }, [others, team, location, staff_id]);
}

function With({ shift }: { shift: Schedule }) {
  const { t } = useTranslation();
  const names = useColleagues(shift);
  if (!names) return null;
  return (
    <li>
      <IconUsers size={18} stroke={1.6} aria-hidden="true" />
      {names.length > 0 ? t("mine.with", { names: list(t, names, 5) }) : t("mine.alone")}
    </li>
  );
}

interface Props {
  readonly shift: Schedule;
  readonly now: number;
  readonly colourOf: (role: string) => number;
}

/** When and where the reader works next, or works now, and with whom. */
export function NextShift({ shift, now, colourOf }: Props) {
  const { t } = useTranslation();
  const { id, starts_at, ends_at, timezone, role, location, note } = shift;
  const { day, minutes, overnight } = shiftOf(shift);
  const started = Date.parse(starts_at) <= now;
  const until = t("mine.until", { time: clockTime(wallTime(ends_at, timezone).time) });
  return (
    <section className={classes.card} data-role={colourOf(role)} aria-labelledby="next-shift">
      <h2 className={classes.eyebrow} id="next-shift">
        {started ? t("mine.now") : t("mine.next")}
        <span className={classes.away}>{started ? until : ahead(starts_at, now)}</span>
      </h2>
      <Link className={classes.when} to="/week" search={{ week: weekOf(day), shift: id }}>
        <span className={classes.day}>{dayNear(day, todayIn(timezone, now))}</span>
        <span className={classes.time}>{timeSpan(shift, timezone)}</span>
      </Link>
      <ul className={classes.facts}>
        <li>
          <IconMapPin size={18} stroke={1.6} aria-hidden="true" />
          {[role, location, hours(minutes), ...(overnight ? [t("mine.nextDay")] : [])].join(" · ")}
        </li>
        <With shift={shift} />
        {note && (
          <li>
            <IconNote size={18} stroke={1.6} aria-hidden="true" />
            {note}
          </li>
        )}
      </ul>
    </section>
  );
}

/** Stands where the next shift would be. */
export function NoShift() {
  const { t } = useTranslation();
  return (
    <section className={classes.none}>
      <IconBeach size={30} stroke={1.3} aria-hidden="true" />
      <h2>{t("mine.none")}</h2>
      <p>{t("mine.noneText")}</p>
    </section>
  );
}
