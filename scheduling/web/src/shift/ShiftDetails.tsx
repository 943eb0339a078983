import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../api/types";
import { shiftOf } from "../grid/grid";
import type { Week } from "../grid/use-week";
import { OfferThis } from "../offers/OfferThis";
import { useSignedIn } from "../session/signed-in";
import { useNow } from "../time/use-now";
import { ago, dayLong, hours, timeSpan } from "../time/words";
import type { Translate } from "../words/language";
import classes from "./ShiftDetails.module.css";

function holder(t: Translate, { staff_id }: Schedule, { staff }: Week): string {
  if (staff_id === null) return t("shift.details.open");
  return staff.get(staff_id)?.name ?? t("shell.staffNumber", { id: staff_id });
}

function factsOf(t: Translate, schedule: Schedule, week: Week): [string, string][] {
  const { day, minutes, overnight } = shiftOf(schedule);
  const { role, location, note, timezone } = schedule;
  const nextDay = overnight ? ` (${t("shift.details.nextDay")})` : "";
  return [
    [t("shift.details.day"), dayLong(day)],
    [t("shift.details.time"), `${timeSpan(schedule, timezone)}${nextDay}, ${hours(minutes)}`],
    [t("shift.details.who"), holder(t, schedule, week)],
    [t("shift.details.role"), role],
    [t("shift.details.where"), location],
    [t("shift.details.clock"), t("shift.details.zone", { zone: timezone.replaceAll("_", " ") })],
    ...(note ? [[t("shift.details.note"), note] as [string, string]] : []),
  ];
}

/** A shift for reading: what a staff member sees of it. One that is theirs and ahead they may offer. */
export function ShiftDetails({ schedule, week }: { schedule: Schedule; week: Week }) {
  const { t } = useTranslation();
  const { me } = useSignedIn();
  const now = useNow();
  const { id, staff_id, starts_at, updated_by, updated_at } = schedule;
  const offerable = staff_id === me.id && Date.parse(starts_at) > now;
  return (
    <Stack pb="lg">
      <dl className={classes.facts}>
        {factsOf(t, schedule, week).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {updated_by && (
        <Text size="xs" c="dimmed">
          {t("shift.details.changed", { name: updated_by.name, ago: ago(updated_at, now) })}
        </Text>
      )}
      {offerable && <OfferThis key={id} shift={schedule} team={week.staff} />}
    </Stack>
  );
}
