import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPlus, IconSend } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Shift } from "../grid/grid";
import type { Week } from "../grid/use-week";
import { addDays, type Day } from "../time/week";
import { dayFull, hours, monthTitle, weekLabel, weekTitle, weekTitleShort } from "../time/words";
import type { Translate } from "../words/language";
import { Company } from "./Company";
import { ViewChoice } from "./ViewChoice";
import { WeekMenu } from "./WeekMenu";
import classes from "./WeekToolbar.module.css";
import { type Place, placeAt, placeIn, turned } from "./week-search";

interface Props {
  readonly place: Place;
  /** The day that the page is about. */
  readonly date: Day;
  readonly monday: Day;
  readonly today: Day;
  readonly week: Week;
  readonly drafts: number;
  readonly manager: boolean;
  readonly phone: boolean;
  readonly go: (place: Place) => void;
  readonly publish: () => void;
  readonly add: () => void;
}

const PAGES = {
  day: { previous: "week.pages.day.previous", next: "week.pages.day.next", current: "week.pages.day.current" },
  week: { previous: "week.previous", next: "week.next", current: "week.current" },
  month: { previous: "week.pages.month.previous", next: "week.pages.month.next", current: "week.pages.month.current" },
} as const;

function Navigation({ place, today, date, phone, go }: Pick<Props, "place" | "today" | "date" | "phone" | "go">) {
  const { t } = useTranslation();
  const words = PAGES[place.view ?? "week"];
  const now = placeAt(place, today, today);
  const current = placeAt(place, date, today).date === now.date && placeAt(place, date, today).week === now.week;
  const turn = (pages: 1 | -1) => go(placeAt(place, turned(place, pages, today), today));
  return (
    <Group gap={6} wrap="nowrap" className={classes.navigation}>
      <Tooltip label={t(words.previous)}>
        <ActionIcon variant="default" size={34} aria-label={t(words.previous)} onClick={() => turn(-1)}>
          <IconChevronLeft size={18} stroke={1.8} />
        </ActionIcon>
      </Tooltip>
      {!(phone && current) && (
        <Button
          variant="default"
          px={12}
          className={classes.now}
          data-current={current || undefined}
          aria-current={current ? "date" : undefined}
          onClick={() => go(now)}
        >
          {t(words.current)}
        </Button>
      )}
      <Tooltip label={t(words.next)}>
        <ActionIcon variant="default" size={34} aria-label={t(words.next)} onClick={() => turn(1)}>
          <IconChevronRight size={18} stroke={1.8} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

/** What is shown, for the page's head. */
function title({ place, date, monday, today, phone }: Props): string {
  const last = addDays(monday, 6);
  if (place.view === "month") return monthTitle(date);
  if (place.view === "day" && !phone) return dayFull(date);
  return phone ? weekTitleShort(monday, last, today) : weekTitle(monday, last);
}

/** "Week 48 · 61 shifts · 472 h · 3 open" */
function summary(t: Translate, { place, date, monday, week, phone }: Props): string {
  if (place.view === "month") return phone ? "" : t("week.month.days");
  const parts = [weekLabel(t, monday)];
  if (week.grid) {
    const on = (shift: Shift) => phone || place.view !== "day" || shift.day === date;
    const shifts = week.grid.shifts.filter(on);
    const open = shifts.filter(({ schedule }) => schedule.staff_id === null).length;
    const minutes = shifts.reduce((sum, shift) => sum + shift.minutes, 0);
    parts.push(t("week.shifts", { count: shifts.length }), hours(minutes));
    if (open > 0) parts.push(t("week.open", { count: open }));
  }
  return parts.join(" · ");
}

/** By whose clocks the times on the page go. */
function clocks(t: Translate, zones: readonly string[]): string {
  const [only = "UTC", ...others] = zones;
  return others.length > 0 ? t("week.localTimes") : t("time.zone", { zone: only.replaceAll("_", " ") });
}

export function WeekToolbar(props: Props) {
  const { place, today, monday, week, drafts, manager, phone, go, publish, add } = props;
  const { t } = useTranslation();
  const month = place.view === "month";
  return (
    <div className={classes.toolbar}>
      <div className={classes.heading}>
        <h1 className={classes.title}>{title(props)}</h1>
        <p className={classes.summary}>
          {summary(t, props)}
          <span className={classes.zone}> · {clocks(t, week.zones)}</span>
        </p>
      </div>
      <Company week={week} />
      <Group gap={8} wrap="nowrap">
        <ViewChoice
          {...{ place, phone }}
          change={(view) => go(placeIn(place, view, today))}
          group={(by) => go({ ...place, by })}
        />
      </Group>
      <Navigation {...props} />
      {!month && <WeekMenu week={week} monday={monday} />}
      {manager && (
        <div className={classes.actions}>
          {drafts > 0 && !place.view && (
            <Button variant="light" leftSection={<IconSend size={16} stroke={1.8} />} onClick={publish}>
              {t("week.publish", { count: drafts })}
            </Button>
          )}
          {phone ? (
            <ActionIcon className={classes.round} size={56} radius="xl" aria-label={t("week.newShift")} onClick={add}>
              <IconPlus size={26} stroke={1.8} />
            </ActionIcon>
          ) : (
            <Button leftSection={<IconPlus size={17} stroke={2} />} onClick={add}>
              {t("week.newShift")}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
