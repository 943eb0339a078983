import type { english, Translated } from "../catalogue";

export const open: Translated<typeof english.open> = {
  page: "Offene Schichten",
  free: "Schichten, die Sie übernehmen können",
  take: "Schicht übernehmen",
  takeThis: "Schicht übernehmen: {{name}}",
  yours: "Die Schicht gehört Ihnen: {{day}}, {{time}}.",
  others: "Offen, aber nicht für Sie",
  empty: {
    title: "Zurzeit keine offene Schicht für Sie",
    text: "Offene Schichten, die Sie übernehmen können, erscheinen hier, sobald sie veröffentlicht sind.",
  },
  gone: "Nicht mehr offen: {{day}}, {{time}}.",
  goneMany_one: "{{count}} Schicht ist nicht mehr offen.",
  goneMany_other: "{{count}} Schichten sind nicht mehr offen.",
};
