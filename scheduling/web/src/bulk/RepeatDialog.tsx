import { Button, Chip, Group, Select, Stack, Text } from "@mantine/core";
import { DatePickerInput } from "@mantine/dates";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { MOST_AT_ONCE } from "../api/api";
import type { Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import { useSignedIn } from "../session/signed-in";
import { calendarNamed } from "../time/time-labels";
import { addDays, type Day, daysOfWeek, weekdayOf, weekOf } from "../time/week";
import { dayShortFull, list, timeSpan, weekdayLong, weekdayShort } from "../time/words";
import { wallTime } from "../time/zone";
import { Dialog } from "../ui/Dialog";
import { type Remedy, remedied } from "./drafts";
import { Misfits } from "./Misfits";
import { FARTHEST, type Repetition, repeated } from "./repeat";
import { useDrafting } from "./use-drafting";

const EVERY = ["1", "2", "3", "4"] as const;

interface Props {
  readonly shift: Schedule;
  readonly opened: boolean;
  readonly close: () => void;
}

function Weekdays({
  from,
  chosen,
  choose,
}: {
  from: Day;
  chosen: readonly number[];
  choose: (days: number[]) => void;
}) {
  const { t } = useTranslation();
  return (
    <Chip.Group multiple value={chosen.map(String)} onChange={(values) => choose(values.map(Number))}>
      <Group gap={6} role="group" aria-label={t("bulk.repeat.on")}>
        {daysOfWeek(weekOf(from)).map((day) => (
          <Chip key={day} value={String(weekdayOf(day))} size="sm" aria-label={weekdayLong(day)}>
            {weekdayShort(day)}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}

/** Plans a shift again on other days, as drafts. */
export function RepeatDialog({ shift, opened, close }: Props) {
  const { t } = useTranslation();
  const { me } = useSignedIn();
  const { nameOf } = useDesk();
  const from = wallTime(shift.starts_at, shift.timezone).day;
  const [repetition, setRepetition] = useState<Repetition>({
    weekdays: [weekdayOf(from)],
    every: 1,
    until: addDays(from, 28),
  });
  const [remedy, setRemedy] = useState<Remedy>({ overrule: false, others: "leave" });
  const { refusal, busy, send, resend, forget } = useDrafting("create");
  const { drafts, impossible } = useMemo(() => repeated(shift, repetition, me), [shift, repetition, me]);
  const change = (changes: Partial<Repetition>) => {
    forget();
    setRepetition({ ...repetition, ...changes });
  };
  const objected = refusal && refusal.objections.size > 0;
  const count = objected ? remedied(refusal.drafts, refusal.objections, remedy).drafts.length : drafts.length;
  const done = (number: number) => t("bulk.repeat.done", { count: number });
  const plan = async () => {
    if (await (objected ? resend(remedy, done) : send(drafts, done))) close();
  };
  return (
    <Dialog opened={opened} close={close} title={t("bulk.repeat.title")} size={580}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {nameOf(shift.staff_id)} · {timeSpan(shift, shift.timezone)} · {shift.role}
        </Text>
        <Weekdays from={from} chosen={repetition.weekdays} choose={(weekdays) => change({ weekdays })} />
        <Group grow align="flex-start">
          <Select
            label={t("bulk.repeat.every")}
            allowDeselect={false}
            data={EVERY.map((value) => ({ value, label: t("bulk.repeat.weeks", { count: Number(value) }) }))}
            value={String(repetition.every)}
            onChange={(value) => change({ every: Number(value ?? 1) })}
          />
          <DatePickerInput
            {...calendarNamed("repeat-until")}
            valueFormatter={({ date }) => (typeof date === "string" ? dayShortFull(date) : "")}
            label={t("bulk.repeat.until")}
            minDate={addDays(from, 1)}
            maxDate={addDays(from, FARTHEST)}
            value={repetition.until}
            onChange={(until) => change(until ? { until } : {})}
          />
        </Group>
        {drafts.length > MOST_AT_ONCE && (
          <Text size="sm" c="red.8">
            {t("bulk.repeat.tooMany", { count: drafts.length, most: MOST_AT_ONCE })}
          </Text>
        )}
        {impossible.length > 0 && (
          <Text size="sm" c="dimmed">
            {t("bulk.repeat.impossible", { days: list(t, impossible.map(dayShortFull)) })}
          </Text>
        )}
        {refusal && <Misfits refusal={refusal} remedy={remedy} choose={setRemedy} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("bulk.cancel")}
          </Button>
          <Button loading={busy} disabled={count === 0 || count > MOST_AT_ONCE} onClick={() => void plan()}>
            {t("bulk.repeat.yes", { count })}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
