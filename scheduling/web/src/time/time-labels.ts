/** Names a DatePickerInput's calendar, which is a dialog, by the input's own label. */
export function calendarNamed(id: string) {
  return { id, popoverProps: { id: `${id}-label`, shadow: "md" } };
}

/** What a TimePicker is called: its two parts are inputs of their own, and each must say whose part it is. */
export function timeLabels(label: string) {
  return {
    label,
    withAsterisk: true,
    hoursInputLabel: `${label}: hours`,
    minutesInputLabel: `${label}: minutes`,
  };
}
