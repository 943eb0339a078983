import { Chip, Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
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
import { DraftingFoot } from "./DraftingFoot";
import { FARTHEST, type Repetition, repeated } from "./repeat";
import { useDrafting } from "./use-drafting";

const EVERY = ["1", "2", "3", "4"] as const;

interface Props {
  readonly shift: Schedule;
  readonly opened: boolean;
  readonly close: () => void;
}

interface DaysProps {
  readonly from: Day;
  readonly repetition: Repetition;
  readonly change: (changes: Partial<Repetition>) => void;
}

function Weekdays({ from, repetition: { weekdays }, change }: DaysProps) {
  const { t } = useTranslation();
  const choose = (values: string[]) => change({ weekdays: values.map(Number) });
  return (
    <Chip.Group multiple value={weekdays.map(String)} onChange={choose}>
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

function Weeks({ from, repetition: { every, until }, change }: DaysProps) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <Select
        label={t("bulk.repeat.every")}
        allowDeselect={false}
        data={EVERY.map((value) => ({ value, label: t("bulk.repeat.weeks", { count: Number(value) }) }))}
        value={String(every)}
        onChange={(value) => change({ every: Number(value ?? 1) })}
      />
      <DatePickerInput
        {...calendarNamed("repeat-until")}
        valueFormatter={({ date }) => (typeof date === "string" ? dayShortFull(date) : "")}
        label={t("bulk.repeat.until")}
        minDate={addDays(from, 1)}
        maxDate={addDays(from, FARTHEST)}
        value={until}
        onChange={(day) => change(day ? { until: day } : {})}
      />
    </SimpleGrid>
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
  const drafting = useDrafting("create");
  const { drafts, impossible } = useMemo(() => repeated(shift, repetition, me), [shift, repetition, me]);
  const change = (changes: Partial<Repetition>) => {
    drafting.forget();
    setRepetition({ ...repetition, ...changes });
  };
  const words = {
    yes: (count: number) => t("bulk.repeat.yes", { count }),
    tooMany: (count: number) => t("bulk.repeat.tooMany", { count, most: MOST_AT_ONCE }),
    done: (count: number) => t("bulk.repeat.done", { count }),
    cancel: t("bulk.cancel"),
  };
  return (
    <Dialog opened={opened} close={close} title={t("bulk.repeat.title")} size={580}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {nameOf(shift.staff_id)} · {timeSpan(shift, shift.timezone)} · {shift.role}
        </Text>
        <Weekdays {...{ from, repetition, change }} />
        <Weeks {...{ from, repetition, change }} />
        {impossible.length > 0 && (
          <Text size="sm" c="dimmed">
            {t("bulk.repeat.impossible", { days: list(t, impossible.map(dayShortFull)) })}
          </Text>
        )}
        <DraftingFoot {...{ drafting, words, close }} wanted={drafts} cancel={close} />
      </Stack>
    </Dialog>
  );
}
