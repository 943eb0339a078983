import { Button, Group, Select, Stack, Switch } from "@mantine/core";
import { DatePickerInput, TimePicker } from "@mantine/dates";
import { useForm } from "@mantine/form";
import { IconAlertCircle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Staff, TimeOffFields } from "../api/types";
import { urgentSentence } from "../live/NeedsConnection";
import { useSignedIn } from "../session/signed-in";
import { calendarNamed, timeLabels } from "../time/time-labels";
import { Dialog } from "../ui/Dialog";
import { NoteField } from "../ui/NoteField";
import { Notice } from "../ui/Notice";
import { useTimeOffChange } from "./queries";
import { placeRequestReasons, type RequestValues, requestOf } from "./request-fields";

interface Props {
  readonly staff: ReadonlyMap<number, Staff>;
  readonly zone: string;
  readonly close: () => void;
}

function useRequestForm({ zone, close }: Props) {
  const { me } = useSignedIn();
  const { t } = useTranslation();
  const [failure, setFailure] = useState<string | null>(null);
  const form = useForm<RequestValues>({
    initialValues: { staff: String(me.id), days: [null, null], part: false, start: "", end: "", note: "" },
  });
  const change = useTimeOffChange((api: Api, fields: TimeOffFields & { staff_id?: number }, requestId) =>
    api.requestTimeOff(fields, requestId),
  );
  const submit = form.onSubmit(async (values) => {
    const read = requestOf(t, values, zone);
    setFailure(null);
    if ("errors" in read) return form.setErrors(read.errors);
    const staff_id = Number(values.staff);
    const outcome = await change.mutate(staff_id === me.id ? read.fields : { ...read.fields, staff_id });
    if (outcome.status === "saved") return close();
    const reasons = outcome.error instanceof Problem ? outcome.error.reasons : [];
    form.setErrors(placeRequestReasons(t, reasons, values.part));
    if (reasons.length === 0) setFailure(urgentSentence(t, "ask", outcome.error));
  });
  return { form, submit, failure, sending: change.pending > 0 };
}

function Fields(props: Props) {
  const { t } = useTranslation();
  const { staff, close } = props;
  const { manager } = useSignedIn();
  const { form, submit, failure, sending } = useRequestForm(props);
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {failure && <Notice tone="bad" icon={IconAlertCircle} title={failure} urgent />}
        {manager && (
          <Select
            label={t("timeoff.for")}
            searchable
            allowDeselect={false}
            data={[...staff.values()]
              .filter(({ active }) => active)
              .map((person) => ({ value: String(person.id), label: person.name }))}
            {...form.getInputProps("staff")}
          />
        )}
        <DatePickerInput
          {...calendarNamed("days-off")}
          type="range"
          allowSingleDateInRange
          label={t("timeoff.days")}
          placeholder={t("timeoff.chooseDays")}
          valueFormat="ddd D MMM YYYY"
          withAsterisk
          {...form.getInputProps("days")}
        />
        <Switch label={t("timeoff.part")} {...form.getInputProps("part", { type: "checkbox" })} />
        {form.values.part && (
          <Group grow align="flex-start">
            <TimePicker {...timeLabels(t, t("timeoff.from"))} {...form.getInputProps("start")} />
            <TimePicker {...timeLabels(t, t("timeoff.until"))} {...form.getInputProps("end")} />
          </Group>
        )}
        <NoteField
          label={t("timeoff.note")}
          description={t("timeoff.noteReaders")}
          minRows={2}
          {...form.getInputProps("note")}
        />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={close}>
            {t("timeoff.notNow")}
          </Button>
          <Button type="submit" loading={sending}>
            {t("timeoff.request")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Requests time off. Managers may do it for others. */
export function RequestForm({ opened, ...props }: Props & { opened: boolean }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} close={props.close} title={t("timeoff.request")} size={460}>
      {opened && <Fields {...props} />}
    </Dialog>
  );
}
