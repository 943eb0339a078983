import { Button, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { DatePickerInput, TimePicker } from "@mantine/dates";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule } from "../../api/types";
import type { Week } from "../../grid/use-week";
import { Objections } from "../../rules/Objections";
import { considered, useCheck } from "../../rules/use-check";
import { placed } from "../../shift/placing";
import { OPEN, peopleToPlan, valuesOf } from "../../shift/shift-fields";
import { calendarNamed, timeLabels } from "../../time/time-labels";
import { addDays, daysBetween } from "../../time/week";
import { Dialog } from "../../ui/Dialog";
import type { Placing, Planner } from "../use-plan";

/** Each stays with its own person. */
const KEEP = "keep";
const MOST_DAYS = 366;

interface Props {
  /** The first of them goes where the dialog says, the others as far from it as they are. */
  readonly shifts: readonly [Schedule, ...Schedule[]];
  readonly week: Week;
  readonly planner: Planner;
  readonly opened: boolean;
  readonly close: () => void;
}

function usePlace([first]: Props["shifts"], many: boolean) {
  const was = valuesOf(first);
  const [to, setTo] = useState({ staff: many ? KEEP : was.staff, day: was.day, start: was.start, end: was.end });
  const complete = to.day !== "" && to.start !== "" && to.end !== "";
  const staffId = to.staff === KEEP ? first.staff_id : to.staff === OPEN ? null : Number(to.staff);
  const there = complete ? placed(first, { ...to, staffId }) : null;
  const change = (part: Partial<typeof to>) => setTo((before) => ({ ...before, ...part }));
  return { from: was.day, to, there, complete, change };
}

type PlaceState = ReturnType<typeof usePlace>;

function Who({ state: { to, change }, week, many }: { state: PlaceState; week: Week; many: boolean }) {
  const { t } = useTranslation();
  return (
    <Select
      label={t(many ? "plan.moving.whoMany" : "shift.who")}
      searchable
      allowDeselect={false}
      data={[
        ...(many ? [{ value: KEEP, label: t("plan.moving.keep") }] : []),
        { value: OPEN, label: t("shift.nobody") },
        ...peopleToPlan(week.staff, to.staff).map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
      value={to.staff}
      onChange={(staff) => staff && change({ staff })}
    />
  );
}

function When({ state: { from, to, change }, many }: { state: PlaceState; many: boolean }) {
  const { t } = useTranslation();
  const later = (value: string | number) => typeof value === "number" && change({ day: addDays(from, value) });
  const time = (name: "start" | "end", label: string) => (
    <TimePicker {...timeLabels(t, label)} value={to[name]} onChange={(value) => change({ [name]: value })} />
  );
  return (
    <>
      <DatePickerInput
        {...calendarNamed("move-day")}
        label={t(many ? "plan.moving.dayMany" : "shift.day")}
        value={to.day}
        onChange={(day) => day && change({ day })}
      />
      {many ? (
        <NumberInput
          label={t("plan.moving.days")}
          allowDecimal={false}
          min={-MOST_DAYS}
          max={MOST_DAYS}
          clampBehavior="strict"
          value={daysBetween(from, to.day)}
          onChange={later}
        />
      ) : (
        <Group grow align="flex-start" gap="sm">
          {time("start", t("shift.starts"))}
          {time("end", t("shift.ends"))}
        </Group>
      )}
    </>
  );
}

/** Moves or copies shifts to another person, day or time without dragging (WCAG 2.2, 2.5.7). */
export function MoveDialog({ shifts, week, planner, opened, close }: Props) {
  const { t } = useTranslation();
  const many = shifts.length > 1;
  const state = usePlace(shifts, many);
  const { there, complete } = state;
  const check = useCheck(there && !many ? considered(there, there.id) : null);
  const soft = check.verdict === "soft" && !check.pending;
  const put = (kind: Placing["kind"]) => {
    planner.place(shifts, there, { kind, check: soft && kind === "move" ? check : null, accepted: true });
    close();
  };
  return (
    <Dialog opened={opened} close={close} title={t("plan.moving.title", { count: shifts.length })} size={460}>
      <Stack gap="md">
        <Who state={state} week={week} many={many} />
        <When state={state} many={many} />
        {complete && !there && <Text size="sm">{t("plan.not.noSuchTime")}</Text>}
        <Objections check={check} />
        <Group justify="flex-end">
          <Button variant="default" disabled={!there} onClick={() => put("copy")}>
            {t("plan.moving.copy")}
          </Button>
          <Button disabled={!there || check.verdict === "hard"} onClick={() => put("move")}>
            {soft ? t("plan.toast.moveAnyway") : t("plan.moving.move")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
