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
  empty: {
    title: "Diese Woche ist nichts geplant",
    forManagers: "Planen Sie sie hier. Entwürfe sieht nur die Leitung, bis Sie sie veröffentlichen.",
    forStaff: "Schichten erscheinen hier, sobald sie veröffentlicht sind.",
    plan: "Die erste Schicht planen",
  },
  legend: {
    draft: "Entwurf",
    published: "Veröffentlicht",
    timeOff: "Abwesenheit",
    requested: "Beantragt",
    overnight: "Endet am nächsten Tag",
  },
};
