/** What a TimePicker is called: its two parts are inputs of their own, and each must say whose part it is. */
export function timeLabels(label: string) {
  return {
    label,
    withAsterisk: true,
    hoursInputLabel: `${label}: hours`,
    minutesInputLabel: `${label}: minutes`,
  };
}
