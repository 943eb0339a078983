import type { english, Translated } from "../catalogue";

export const week: Translated<typeof english.week> = {
  previous: "Vorige Woche",
  next: "Nächste Woche",
  current: "Diese Woche",
  shifts_one: "{{count}} Schicht",
  shifts_other: "{{count}} Schichten",
  open_one: "{{count}} offen",
  open_other: "{{count}} offen",
  localTimes: "Zeiten gelten am jeweiligen Ort",
  publish_one: "{{count}} Entwurf veröffentlichen",
  publish_other: "{{count}} Entwürfe veröffentlichen",
  newShift: "Neue Schicht",
  days: "Tage",
  today: "Heute",
  nothing: "Nichts geplant",
};
