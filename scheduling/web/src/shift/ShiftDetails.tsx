import { Text } from "@mantine/core";
import type { Schedule } from "../api/types";
import { useNow } from "../time/use-now";
import { ago, dayLong, hours, timeSpan } from "../time/words";
import { shiftOf } from "../week/grid";
import type { Week } from "../week/use-week";
import classes from "./ShiftDetails.module.css";

/** A shift for reading: what a staff member sees of it. */
export function ShiftDetails({ schedule, week }: { schedule: Schedule; week: Week }) {
  const { day, minutes, overnight } = shiftOf(schedule);
  const { staff_id, role, location, note, timezone, updated_by, updated_at } = schedule;
  const who = staff_id === null ? "Open: nobody has it yet" : (week.staff.get(staff_id)?.name ?? `Staff ${staff_id}`);
  const now = useNow();
  const facts: [string, string][] = [
    ["Day", dayLong(day)],
    ["Time", `${timeSpan(schedule, timezone)}${overnight ? " (the next day)" : ""}, ${hours(minutes)}`],
    ["Who", who],
    ["Role", role],
    ["Where", location],
    ["Clock", `${timezone.replaceAll("_", " ")} time`],
    ...(note ? [["Note", note] as [string, string]] : []),
  ];
  return (
    <>
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {updated_by && (
        <Text size="xs" c="dimmed" mt="lg">
          Last changed by {updated_by.name}, {ago(updated_at, now)}
        </Text>
      )}
    </>
  );
}
