import type { DateFormatter } from "@mantine/dates";
import type { Translate } from "../words/language";
import { locale } from "./locale";
import { dayFull, dayShortFull } from "./words";

/** "Mon 23 Nov 2026 – Wed 25 Nov 2026" */
const shown: DateFormatter = ({ date }) => {
  if (typeof date === "string") return dayFull(date);
  const days = Array.isArray(date) ? date.filter((day) => typeof day === "string") : [];
  return days.map(dayShortFull).join(" – ");
};

/** Names a DatePickerInput's calendar, which is a dialog, by the input's own label, and shows its dates the reader's way. */
export function calendarNamed(id: string) {
  return { id, popoverProps: { id: `${id}-label`, shadow: "md" }, valueFormatter: shown };
}

/** What a TimePicker is called: its parts are inputs of their own, and each must say whose part it is. */
export function timeLabels(t: Translate, label: string) {
  return {
    label,
    withAsterisk: true,
    format: locale().clock === 12 ? ("12h" as const) : ("24h" as const),
    hoursInputLabel: t("time.hoursOf", { label }),
    minutesInputLabel: t("time.minutesOf", { label }),
    amPmInputLabel: t("time.halfOf", { label }),
  };
}
