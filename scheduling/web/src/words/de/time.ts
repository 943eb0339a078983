import type { english, Translated } from "../catalogue";

export const time: Translated<typeof english.time> = {
  weekNumber: "KW {{number}}",
  today: "Heute",
  others_one: "{{count}} andere Person",
  others_other: "{{count}} andere",
  hoursOf: "{{label}}: Stunden",
  minutesOf: "{{label}}: Minuten",
  halfOf: "{{label}}: vor- oder nachmittags",
  zone: "Zeit in {{zone}}",
  nextMonth: "Nächster Monat",
  previousMonth: "Voriger Monat",
  nextYear: "Nächstes Jahr",
  previousYear: "Voriges Jahr",
  nextDecade: "Nächstes Jahrzehnt",
  previousDecade: "Voriges Jahrzehnt",
};
