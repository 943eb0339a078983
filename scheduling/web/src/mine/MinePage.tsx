import {
  type Icon,
  IconArrowsExchange,
  IconCalendarPlus,
  IconChevronRight,
  IconPlaneDeparture,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { Coming } from "../live/Coming";
import { useLocations, useTeam } from "../live/queries";
import { roleColours } from "../theme/roles";
import { useNow } from "../time/use-now";
import { addDays, weekOf } from "../time/week";
import { today as todayIn, weekWindow, zonesOf } from "../time/zone";
import { Failure } from "../ui/Failure";
import { Page } from "../ui/Page";
import classes from "./MinePage.module.css";
import { MyWeek } from "./MyWeek";
import { NextShift, NoShift } from "./NextShift";
import { useOwnShifts, WEEKS } from "./queries";

function Way({ to, icon: Mark, name }: { to: "/open" | "/swaps" | "/time-off"; icon: Icon; name: string }) {
  return (
    <Link to={to} className={classes.way}>
      <Mark size={20} stroke={1.6} aria-hidden="true" />
      <span>{name}</span>
      <IconChevronRight className={classes.go} size={18} stroke={1.6} aria-hidden="true" />
    </Link>
  );
}

function Ways() {
  const { t } = useTranslation();
  return (
    <nav className={classes.ways} aria-label={t("mine.ways")}>
      <Way to="/open" icon={IconCalendarPlus} name={t("mine.takeOpen")} />
      <Way to="/swaps" icon={IconArrowsExchange} name={t("mine.swap")} />
      <Way to="/time-off" icon={IconPlaneDeparture} name={t("mine.askOff")} />
    </nav>
  );
}

const isAhead = (shift: Schedule, now: number) => Date.parse(shift.ends_at) > now;

/** What one member of staff wants to know on the way: my next shift, my week, and what I can do about it. */
export function MinePage() {
  const { t } = useTranslation();
  const now = useNow();
  const zones = zonesOf(useLocations().data);
  const today = todayIn(zones[0], now);
  const first = weekOf(today);
  const between = useMemo(
    () => ({
      from: weekWindow(addDays(first, -7 * WEEKS.before)).from,
      to: weekWindow(addDays(first, 7 * WEEKS.after)).to,
    }),
    [first],
  );
  const { shifts, live, refetch } = useOwnShifts(between);
  const team = useTeam().data;
  const colourOf = useMemo(() => roleColours([...(team?.values() ?? [])].flatMap((each) => each.skills)), [team]);
  const next = shifts?.find((shift) => isAhead(shift, now));
  const failed = shifts ? null : live.error;
  return (
    <Page title={t("mine.title")} busy={!shifts}>
      {failed && <Failure what={t("mine.title")} error={failed} retry={() => void refetch()} />}
      {!shifts && !failed && <Coming height={168} radius={16} />}
      {shifts && (next ? <NextShift shift={next} now={now} colourOf={colourOf} /> : <NoShift />)}
      <Ways />
      {shifts && <MyWeek shifts={shifts} first={first} today={today} zones={zones} colourOf={colourOf} />}
    </Page>
  );
}
