import { ActionIcon, Button, Group, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPlus, IconSend } from "@tabler/icons-react";
import { addDays, type Day, mondayOf } from "../time/week";
import { count, hours, weekLabel, weekTitle, weekTitleShort } from "../time/words";
import type { Grid } from "./grid";
import classes from "./WeekToolbar.module.css";

interface Props {
  readonly monday: Day;
  readonly today: Day;
  readonly zones: readonly string[];
  readonly grid: Grid | null;
  readonly drafts: number;
  readonly manager: boolean;
  readonly phone: boolean;
  readonly goTo: (monday: Day) => void;
  readonly publish: () => void;
  readonly add: () => void;
}

function Navigation({ monday, today, phone, goTo }: Pick<Props, "monday" | "today" | "phone" | "goTo">) {
  const current = monday === mondayOf(today);
  return (
    <Group gap={6} wrap="nowrap" className={classes.navigation}>
      <Tooltip label="Previous week">
        <ActionIcon variant="default" size={34} aria-label="Previous week" onClick={() => goTo(addDays(monday, -7))}>
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
          onClick={() => goTo(mondayOf(today))}
        >
          This week
        </Button>
      )}
      <Tooltip label="Next week">
        <ActionIcon variant="default" size={34} aria-label="Next week" onClick={() => goTo(addDays(monday, 7))}>
          <IconChevronRight size={18} stroke={1.8} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

/** "Week 48 · 61 shifts · 472 h · 3 open" */
function summary({ grid, monday }: Pick<Props, "grid" | "monday">): string {
  const parts = [weekLabel(monday)];
  if (grid) {
    const open = grid.open.cells.reduce((sum, cell) => sum + cell.shifts.length, 0);
    parts.push(count(grid.shifts.length, "shift"), hours(grid.minutes));
    if (open > 0) parts.push(`${open} open`);
  }
  return parts.join(" · ");
}

/** By whose clocks the times on the page go. */
function clocks(zones: readonly string[]): string {
  const [only = "UTC", ...others] = zones;
  return others.length > 0 ? "times are local to each place" : `${only.replaceAll("_", " ")} time`;
}

export function WeekToolbar(props: Props) {
  const { monday, zones, drafts, manager, phone, publish, add } = props;
  const sunday = addDays(monday, 6);
  return (
    <div className={classes.toolbar}>
      <div className={classes.heading}>
        <h1 className={classes.title}>{phone ? weekTitleShort(monday, sunday) : weekTitle(monday, sunday)}</h1>
        <p className={classes.summary}>
          {summary(props)}
          <span className={classes.zone}> · {clocks(zones)}</span>
        </p>
      </div>
      <Navigation {...props} />
      {manager && (
        <div className={classes.actions}>
          {drafts > 0 && (
            <Button variant="light" leftSection={<IconSend size={16} stroke={1.8} />} onClick={publish}>
              Publish {count(drafts, "draft")}
            </Button>
          )}
          {phone ? (
            <ActionIcon className={classes.round} size={56} radius="xl" aria-label="New shift" onClick={add}>
              <IconPlus size={26} stroke={1.8} />
            </ActionIcon>
          ) : (
            <Button leftSection={<IconPlus size={17} stroke={2} />} onClick={add}>
              New shift
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
