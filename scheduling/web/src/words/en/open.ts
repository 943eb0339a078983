export const open = {
  page: "Open shifts",
  free: "Shifts you may take",
  take: "Take this shift",
  takeThis: "Take this shift: {{name}}",
  yours: "The shift is yours: {{day}}, {{time}}.",
  others: "Open, but not for you",
  empty: {
    title: "No open shift for you right now",
    text: "Open shifts that you may take appear here the moment they are published.",
  },
  gone: "Not open any more: {{day}}, {{time}}.",
  goneMany_one: "{{count}} shift is not open any more.",
  goneMany_other: "{{count}} shifts are not open any more.",
};
