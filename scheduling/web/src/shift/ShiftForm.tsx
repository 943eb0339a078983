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
  Textarea,
} from "@mantine/core";
import { DatePickerInput, TimePicker } from "@mantine/dates";
import { IconDots, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { Objections } from "../rules/Objections";
import { Suggestions } from "../rules/Suggestions";
import { calendarNamed, timeLabels } from "../time/time-labels";
import { useNow } from "../time/use-now";
import { addDays } from "../time/week";
import { ago, dayShort, hours } from "../time/words";
import type { Week } from "../week/use-week";
import { Late, Questions } from "./Conflict";
import { useDeleteShift } from "./mutations";
import { Refused } from "./Refused";
import classes from "./ShiftForm.module.css";
import { lengthOf, OPEN, type ShiftValues } from "./shift-fields";
import { type ShiftFormState, useShiftForm } from "./use-shift-form";

interface Props {
  readonly schedule: Schedule | null;
  readonly live: Schedule | null;
  readonly initial: ShiftValues;
  readonly week: Week;
  readonly close: () => void;
}

function lengthHint(values: ShiftValues, zone: string): string {
  const minutes = lengthOf(values, zone);
  if (minutes === null) return "";
  const overnight = values.end <= values.start ? `, ends ${dayShort(addDays(values.day, 1))}` : "";
  return `${hours(minutes)}${overnight}`;
}

function When({ state: { form, zone } }: { state: ShiftFormState }) {
  const { t } = useTranslation();
  const hint = lengthHint(form.values, zone);
  // The two stand side by side, and what is wrong with them takes the whole width below.
  const told = (field: "start" | "end") => {
    const error = Boolean(form.errors[field]);
    return { error, hoursInputProps: error ? { "aria-describedby": `why-${field}`, "aria-invalid": error } : {} };
  };
  return (
    <div>
      <DatePickerInput
        {...calendarNamed("shift-day")}
        label="Day"
        valueFormat="dddd D MMMM YYYY"
        withAsterisk
        {...form.getInputProps("day")}
      />
      <Group grow align="flex-start" mt="md" gap="sm">
        <TimePicker {...timeLabels(t, "Starts")} {...form.getInputProps("start")} {...told("start")} />
        <TimePicker {...timeLabels(t, "Ends")} {...form.getInputProps("end")} {...told("end")} />
      </Group>
      {(["start", "end"] as const).map((field) => (
        <Input.Error key={field} id={`why-${field}`} mt={6}>
          {form.errors[field]}
        </Input.Error>
      ))}
      <Text size="sm" c="dimmed" mt={6} className={classes.hint}>
        {hint && `${hint} · `}
        {zone.replaceAll("_", " ")} time
      </Text>
    </div>
  );
}

function Who({ state: { form }, week }: { state: ShiftFormState; week: Week }) {
  const people = [...week.staff.values()].sort((a, b) => a.name.localeCompare(b.name));
  const skills = [...new Set(people.flatMap((person) => person.skills))].sort();
  const choose = (staff: string | null) => {
    const skill = week.staff.get(Number(staff))?.skills[0];
    form.setFieldValue("staff", staff ?? OPEN);
    if (skill && !form.values.role) form.setFieldValue("role", skill);
  };
  return (
    <>
      <Select
        label="Who"
        searchable
        allowDeselect={false}
        data={[
          { value: OPEN, label: "Open shift (nobody yet)" },
          ...people.map((person) => ({ value: String(person.id), label: person.name })),
        ]}
        {...form.getInputProps("staff")}
        onChange={choose}
      />
      <Autocomplete label="Role" withAsterisk data={skills} {...form.getInputProps("role")} />
      <Select
        label="Where"
        withAsterisk
        allowDeselect={false}
        data={week.locations.map((location) => location.name)}
        {...form.getInputProps("location")}
      />
      <Textarea label="Note" autosize minRows={2} maxRows={6} {...form.getInputProps("note")} />
    </>
  );
}

function Delete({ schedule, close, fail }: { schedule: Schedule; close: () => void; fail: (why: string) => void }) {
  const [asking, setAsking] = useState(false);
  const removal = useDeleteShift();
  const announce = useAnnounce();
  const remove = async () => {
    const outcome = await removal.mutate(schedule);
    if (outcome.status === "saved") {
      announce("You deleted the shift.");
      return close();
    }
    setAsking(false);
    fail(sentenceOf(outcome.error));
  };
  return (
    <Popover opened={asking} onChange={setAsking} position="top-start" shadow="md" trapFocus withArrow>
      <Popover.Target>
        <ActionIcon variant="default" size={36} aria-label="Delete this shift" onClick={() => setAsking(true)}>
          <IconTrash size={17} stroke={1.7} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" fw={600} mb={10}>
          Delete this shift?
        </Text>
        <Group gap={8}>
          <Button size="xs" color="red.8" loading={removal.pending > 0} onClick={() => void remove()}>
            Delete
          </Button>
          <Button size="xs" variant="default" onClick={() => setAsking(false)}>
            Keep it
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
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
          {anyway ? t("rules.anyway.draft") : "Save draft"}
        </Button>
        <Button type="submit" loading={saving} className={anyway ? (classes.anyway ?? "") : ""}>
          {anyway ? t("rules.anyway.publish") : "Publish"}
        </Button>
      </>
    );
  }
  return (
    <>
      <Menu position="top-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More ways to save">
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void save("draft", accept)}>Withdraw: make it a draft</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button type="submit" loading={saving} className={anyway ? (classes.anyway ?? "") : ""}>
        {anyway ? t("rules.anyway.save") : "Save"}
      </Button>
    </>
  );
}

function Told({ state, week, close }: { state: ShiftFormState; week: Week; close: () => void }) {
  const { base, questions, take, keep, refusal, save, saving } = state;
  const status = refusal?.status ?? base?.status ?? "published";
  if (questions.length > 0) {
    const nameOf = (id: number) => week.staff.get(id)?.name ?? `Staff ${id}`;
    return <Questions {...{ questions, nameOf, take, keep }} />;
  }
  if (refusal?.stale) return <Late stale={refusal.stale} close={close} />;
  if (!refusal) return null;
  const { general, overrule } = refusal;
  const anyway = () => void save(status, { accept: overrule ?? [] });
  return <Refused general={general} overrule={overrule !== null} action="Save" busy={saving} anyway={anyway} />;
}

/** Creates or edits a shift. The server's reasons stand beside the fields they are about. */
export function ShiftForm({ schedule, live, initial, week, close }: Props) {
  const state = useShiftForm({ schedule, live, initial, locations: week.locations, close });
  const [failure, setFailure] = useState<string | null>(null);
  const now = useNow();
  const { base, form, considered, check } = state;
  const wanting = considered && (considered.staff_id === null || check.verdict === "hard") ? considered : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void state.save("published", check.verdict === "soft" ? { accept: check.codes } : {});
  };
  return (
    <form onSubmit={submit} noValidate className={classes.form}>
      <Stack gap="md" className={classes.fields}>
        <Told state={state} week={week} close={close} />
        {failure && <Refused general={[failure]} overrule={false} action="Delete" busy={false} anyway={close} />}
        <When state={state} />
        <Who state={state} week={week} />
        {wanting && <Suggestions shift={wanting} choose={(id) => form.setFieldValue("staff", String(id))} />}
        {base?.updated_by && (
          <Text size="xs" c="dimmed">
            {base.status === "draft" ? "Draft" : "Published"} · last changed by {base.updated_by.name},{" "}
            {ago(base.updated_at, now)}
          </Text>
        )}
      </Stack>
      <div className={classes.foot}>
        <div className={classes.objections}>
          <Objections check={check} />
        </div>
        {base && <Delete schedule={base} close={close} fail={setFailure} />}
        <span className={classes.gap} />
        <Saves {...state} />
      </div>
    </form>
  );
}
