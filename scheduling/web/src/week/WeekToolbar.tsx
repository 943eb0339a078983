import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPlus, IconSend } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { addDays, type Day, weekOf } from "../time/week";
import { hours, weekLabel, weekTitle, weekTitleShort } from "../time/words";
import type { Translate } from "../words/language";
import type { Grid } from "./grid";
import type { Week } from "./use-week";
import { WeekMenu } from "./WeekMenu";
import classes from "./WeekToolbar.module.css";

interface Props {
  readonly monday: Day;
  readonly today: Day;
  readonly week: Week;
  readonly drafts: number;
  readonly manager: boolean;
  readonly phone: boolean;
  readonly goTo: (monday: Day) => void;
  readonly publish: () => void;
  readonly add: () => void;
}

function Navigation({ monday, today, phone, goTo }: Pick<Props, "monday" | "today" | "phone" | "goTo">) {
  const { t } = useTranslation();
  const current = monday === weekOf(today);
  return (
    <Group gap={6} wrap="nowrap" className={classes.navigation}>
      <Tooltip label={t("week.previous")}>
        <ActionIcon
          variant="default"
          size={34}
          aria-label={t("week.previous")}
          onClick={() => goTo(addDays(monday, -7))}
        >
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
          onClick={() => goTo(weekOf(today))}
        >
          {t("week.current")}
        </Button>
      )}
      <Tooltip label={t("week.next")}>
        <ActionIcon variant="default" size={34} aria-label={t("week.next")} onClick={() => goTo(addDays(monday, 7))}>
          <IconChevronRight size={18} stroke={1.8} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

/** "Week 48 · 61 shifts · 472 h · 3 open" */
function summary(t: Translate, monday: Day, grid: Grid | null): string {
  const parts = [weekLabel(t, monday)];
  if (grid) {
    const open = grid.open.cells.reduce((sum, cell) => sum + cell.shifts.length, 0);
    parts.push(t("week.shifts", { count: grid.shifts.length }), hours(grid.minutes));
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
  const { monday, week, drafts, manager, phone, publish, add } = props;
  const { t } = useTranslation();
  const last = addDays(monday, 6);
  return (
    <div className={classes.toolbar}>
      <div className={classes.heading}>
        <h1 className={classes.title}>{phone ? weekTitleShort(monday, last) : weekTitle(monday, last)}</h1>
        <p className={classes.summary}>
          {summary(t, monday, week.grid)}
          <span className={classes.zone}> · {clocks(t, week.zones)}</span>
        </p>
      </div>
      <Navigation {...props} />
      <WeekMenu week={week} monday={monday} />
      {manager && (
        <div className={classes.actions}>
          {drafts > 0 && (
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
