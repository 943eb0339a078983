import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  Input,
  Menu,
  Popover,
  Select,
  Stack,
  Text,
  Tooltip,
} from "@mantine/core";
import { DatePickerInput, TimePicker } from "@mantine/dates";
import { IconDots, IconRepeat, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import type { Week } from "../grid/use-week";
import { useAnnounce } from "../live/announcer";
import { useEditing } from "../live/presence";
import { Objections } from "../rules/Objections";
import { Refused } from "../rules/Refused";
import { Suggestions } from "../rules/Suggestions";
import { calendarNamed, timeLabels } from "../time/time-labels";
import { useNow } from "../time/use-now";
import { addDays } from "../time/week";
import { ago, dayShort, hours } from "../time/words";
import { NoteField } from "../ui/NoteField";
import type { Translate } from "../words/language";
import { AlsoEditing } from "./AlsoEditing";
import { Late, Questions } from "./Conflict";
import { useDeleteShift } from "./mutations";
import classes from "./ShiftForm.module.css";
import { lengthOf, OPEN, peopleToPlan, type ShiftValues } from "./shift-fields";
import { type ShiftFormState, useShiftForm } from "./use-shift-form";

interface Props {
  readonly schedule: Schedule | null;
  readonly live: Schedule | null;
  readonly initial: ShiftValues;
  readonly week: Week;
  readonly close: () => void;
}

function lengthHint(t: Translate, values: ShiftValues, zone: string): string {
  const minutes = lengthOf(values, zone);
  if (minutes === null) return "";
  if (values.end > values.start) return hours(minutes);
  return t("shift.endsOn", { hours: hours(minutes), day: dayShort(addDays(values.day, 1)) });
}

function When({ state: { form, zone } }: { state: ShiftFormState }) {
  const { t } = useTranslation();
  const hint = lengthHint(t, form.values, zone);
  // The two stand side by side, and what is wrong with them takes the whole width below.
  const told = (field: "start" | "end") => {
    const error = Boolean(form.errors[field]);
    return { error, hoursInputProps: error ? { "aria-describedby": `why-${field}`, "aria-invalid": error } : {} };
  };
  return (
    <div>
      <DatePickerInput
        {...calendarNamed("shift-day")}
        label={t("shift.day")}
        valueFormat="dddd D MMMM YYYY"
        withAsterisk
        {...form.getInputProps("day")}
      />
      <Group grow align="flex-start" mt="md" gap="sm">
        <TimePicker {...timeLabels(t, t("shift.starts"))} {...form.getInputProps("start")} {...told("start")} />
        <TimePicker {...timeLabels(t, t("shift.ends"))} {...form.getInputProps("end")} {...told("end")} />
      </Group>
      {(["start", "end"] as const).map((field) => (
        <Input.Error key={field} id={`why-${field}`} mt={6}>
          {form.errors[field]}
        </Input.Error>
      ))}
      <Text size="sm" c="dimmed" mt={6} className={classes.hint}>
        {hint && `${hint} · `}
        {t("time.zone", { zone: zone.replaceAll("_", " ") })}
      </Text>
    </div>
  );
}

function Who({ state: { form }, week }: { state: ShiftFormState; week: Week }) {
  const { t } = useTranslation();
  const people = peopleToPlan(week.staff, form.values.staff);
  const skills = [...new Set([...week.staff.values()].flatMap((person) => person.skills))].sort();
  const choose = (staff: string | null) => {
    const skill = week.staff.get(Number(staff))?.skills[0];
    form.setFieldValue("staff", staff ?? OPEN);
    if (skill && !form.values.role) form.setFieldValue("role", skill);
  };
  return (
    <>
      <Select
        label={t("shift.who")}
        searchable
        allowDeselect={false}
        data={[
          { value: OPEN, label: t("shift.nobody") },
          ...people.map((person) => ({ value: String(person.id), label: person.name })),
        ]}
        {...form.getInputProps("staff")}
        onChange={choose}
      />
      <Autocomplete label={t("shift.role")} withAsterisk data={skills} {...form.getInputProps("role")} />
      <Select
        label={t("shift.where")}
        withAsterisk
        allowDeselect={false}
        data={week.locations.map((location) => location.name)}
        {...form.getInputProps("location")}
      />
      <NoteField label={t("shift.note")} minRows={2} maxRows={6} {...form.getInputProps("note")} />
    </>
  );
}

function Delete({ schedule, close, fail }: { schedule: Schedule; close: () => void; fail: (why: string) => void }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const removal = useDeleteShift();
  const announce = useAnnounce();
  const remove = async () => {
    const outcome = await removal.mutate(schedule);
    if (outcome.status === "saved") {
      announce(t("shift.done.deleted"));
      return close();
    }
    if (outcome.status === "held") {
      announce(t("live.unsent.held"), { shown: true });
      return close();
    }
    setAsking(false);
    fail(sentenceOf(outcome.error));
  };
  return (
    <Popover opened={asking} onChange={setAsking} position="top-start" shadow="md" trapFocus withArrow>
      <Popover.Target>
        <ActionIcon variant="default" size={36} aria-label={t("shift.delete.this")} onClick={() => setAsking(true)}>
          <IconTrash size={17} stroke={1.7} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" fw={600} mb={10}>
          {t("shift.delete.ask")}
        </Text>
        <Group gap={8}>
          <Button size="xs" variant="default" onClick={() => setAsking(false)}>
            {t("shift.delete.no")}
          </Button>
          <Button size="xs" color="red.8" loading={removal.pending > 0} onClick={() => void remove()}>
            {t("shift.delete.yes")}
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}

function Repeat({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const { repeatShift } = useDesk();
  const label = t("bulk.repeat.this");
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={36} aria-label={label} onClick={() => repeatShift(schedule.id)}>
        <IconRepeat size={17} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  );
}

/** The ways to save: a published shift stays published or is withdrawn, anything else is a draft or gets published. */
function Saves({ base, save, saving, check }: Pick<ShiftFormState, "base" | "save" | "saving" | "check">) {
  // Only what the reader has been told of is overruled: the server refuses what came up since.
  const { t } = useTranslation();
  const anyway = check.verdict === "soft";
  const accept = check.verdict === "soft" ? { accept: check.codes } : {};
  if (base?.status !== "published") {
    return (
      <>
        <Button variant="default" disabled={saving} onClick={() => void save("draft", accept)}>
          {anyway ? t("rules.anyway.draft") : t("shift.saveDraft")}
        </Button>
        <Button type="submit" loading={saving} className={anyway ? (classes.anyway ?? "") : ""}>
          {anyway ? t("rules.anyway.publish") : t("shift.publish")}
        </Button>
      </>
    );
  }
  return (
    <>
      <Menu position="top-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t("shift.moreWays")}>
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void save("draft", accept)}>{t("shift.withdraw")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button type="submit" loading={saving} className={anyway ? (classes.anyway ?? "") : ""}>
        {anyway ? t("rules.anyway.save") : t("shift.save")}
      </Button>
    </>
  );
}

function Told({ state, week, close }: { state: ShiftFormState; week: Week; close: () => void }) {
  const { t } = useTranslation();
  const { base, questions, take, keep, refusal, save, saving } = state;
  const status = refusal?.status ?? base?.status ?? "published";
  if (questions.length > 0) {
    const nameOf = (id: number) => week.staff.get(id)?.name ?? t("shell.staffNumber", { id });
    return <Questions {...{ questions, nameOf, take, keep }} />;
  }
  if (refusal?.conflict) return <Late conflict={refusal.conflict} close={close} />;
  if (!refusal) return null;
  const { general, overrule } = refusal;
  const anyway = () => void save(status, { accept: overrule ?? [] });
  return <Refused general={general} overrule={overrule && { action: "save", busy: saving, anyway }} />;
}

/** Creates or edits a shift. The server's reasons stand beside the fields they are about. */
export function ShiftForm({ schedule, live, initial, week, close }: Props) {
  const { t } = useTranslation();
  const state = useShiftForm({ schedule, live, initial, locations: week.locations, close });
  const [failure, setFailure] = useState<string | null>(null);
  useEditing(schedule?.id ?? null);
  const now = useNow();
  const { base, form, wanted, check } = state;
  const wanting = wanted && (wanted.staff_id === null || check.verdict === "hard") ? wanted : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void state.save("published", check.verdict === "soft" ? { accept: check.codes } : {});
  };
  return (
    <form onSubmit={submit} noValidate className={classes.form}>
      <Stack gap="md" className={classes.fields}>
        {schedule && <AlsoEditing shift={schedule.id} />}
        <Told state={state} week={week} close={close} />
        {failure && <Refused general={[failure]} />}
        <When state={state} />
        <Who state={state} week={week} />
        {wanting && <Suggestions shift={wanting} choose={(id) => form.setFieldValue("staff", String(id))} />}
        {base?.updated_by && (
          <Text size="xs" c="dimmed">
            {t(`shift.changed.${base.status}`, { name: base.updated_by.name, ago: ago(base.updated_at, now) })}
          </Text>
        )}
      </Stack>
      <div className={classes.foot}>
        <div className={classes.objections}>
          <Objections check={check} />
        </div>
        {base && <Delete schedule={base} close={close} fail={setFailure} />}
        {base && <Repeat schedule={base} />}
        <span className={classes.gap} />
        <Saves {...state} />
      </div>
    </form>
  );
}
