import { Input, SegmentedControl, Select, Stack, Text, useMantineColorScheme } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addDays } from "../time/week";
import { weekdayLong } from "../time/words";
import { Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { LANGUAGES } from "../words/language";
import { type Choices, CLOCKS, FIRST_DAYS } from "./settings";
import { useSettings } from "./use-settings";

/** A Monday; the days after it have the other weekdays' names. */
const SOME_MONDAY = "2024-01-01";

interface ChoiceProps<T> {
  readonly label: string;
  /** What goes by the browser or the region. */
  readonly usual: string;
  readonly values: readonly { readonly value: T; readonly label: string }[];
  readonly chosen: T | undefined;
  readonly choose: (value: T | undefined) => void;
}

function Choice<T extends string | number>({ label, usual, values, chosen, choose }: ChoiceProps<T>) {
  const data = [{ value: "", label: usual }, ...values.map((each) => ({ ...each, value: String(each.value) }))];
  const find = (text: string | null) => values.find((each) => String(each.value) === text)?.value;
  return (
    <Select
      label={label}
      data={data}
      value={String(chosen ?? "")}
      onChange={(text) => choose(find(text))}
      allowDeselect={false}
      comboboxProps={{ withinPortal: true }}
    />
  );
}

function Colours() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const data = [
    { value: "auto" as const, label: t("settings.system") },
    { value: "light" as const, label: t("settings.light") },
    { value: "dark" as const, label: t("settings.dark") },
  ];
  return (
    <Input.Wrapper label={t("settings.colours")} labelElement="div">
      <SegmentedControl
        fullWidth
        aria-label={t("settings.colours")}
        data={data}
        value={colorScheme}
        onChange={setColorScheme}
      />
    </Input.Wrapper>
  );
}

function Fields() {
  const { t } = useTranslation();
  const { choices, choose } = useSettings();
  const [failed, setFailed] = useState(false);
  const set = (change: Choices) =>
    void choose(change).then(
      () => setFailed(false),
      () => setFailed(true),
    );
  const languages = Object.entries(LANGUAGES) as [keyof typeof LANGUAGES, string][];
  const clocks = { 12: t("settings.clock12"), 24: t("settings.clock24") };
  return (
    <Stack>
      {failed && <Notice tone="bad" icon={IconAlertCircle} title={t("settings.failed")} urgent />}
      <Choice
        label={t("settings.language")}
        usual={t("settings.asBrowser")}
        values={languages.map(([value, label]) => ({ value, label }))}
        chosen={choices.language}
        choose={(language) => set({ language })}
      />
      <Choice
        label={t("settings.firstDay")}
        usual={t("settings.asRegion")}
        values={FIRST_DAYS.map((value) => ({ value, label: weekdayLong(addDays(SOME_MONDAY, value - 1)) }))}
        chosen={choices.firstDay}
        choose={(firstDay) => set({ firstDay })}
      />
      <Choice
        label={t("settings.clock")}
        usual={t("settings.asRegion")}
        values={CLOCKS.map((value) => ({ value, label: clocks[value] }))}
        chosen={choices.clock}
        choose={(clock) => set({ clock })}
      />
      <Colours />
      <Text size="xs" c="dimmed">
        {t("settings.here")}
      </Text>
    </Stack>
  );
}

/** Language, first day of the week, clock and colours: each takes effect as it is chosen. */
export function SettingsDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} close={close} title={t("settings.title")} size={380}>
      <Fields />
    </Dialog>
  );
}
