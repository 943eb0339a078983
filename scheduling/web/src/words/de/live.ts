import type { english, Translated } from "../catalogue";

export const live: Translated<typeof english.live> = {
  connection: "Verbindung: {{title}}. {{detail}}",
  tooltip: "{{title}}. {{detail}}",
  idle: { title: "Startet", detail: "Die Live-Verbindung wird aufgebaut." },
  connecting: { title: "Verbindet", detail: "Was Sie sehen, kann einige Augenblicke alt sein." },
  connected: { title: "Live", detail: "Änderungen anderer erscheinen hier, sobald sie geschehen." },
  closed: { title: "Geschlossen", detail: "Diese Seite hört nicht mehr auf Änderungen." },
  offline: {
    title: "Offline",
    detail: "Sie sehen den letzten bekannten Stand. Er wird von selbst aktuell, sobald die Verbindung wieder da ist.",
  },
  refused: {
    title: "Keine Live-Aktualisierung",
    detail:
      "Der Server hat die Live-Verbindung abgelehnt. Die Seite sucht stattdessen alle 30 Sekunden nach Änderungen.",
  },
  banner: {
    asOf: "Offline, Stand {{time}}",
    never: "Offline",
    explained: "Sie sehen den letzten bekannten Stand. Er wird von selbst aktuell.",
    again: "Wieder verbunden.",
  },
  missed: {
    caughtUp_one: "Nachgeholt: {{count}} Änderung",
    caughtUp_other: "Nachgeholt: {{count}} Änderungen",
    more_one: "und {{count}} weitere",
    more_other: "und {{count}} weitere",
    hide: "Nachgeholtes ausblenden",
  },
  unsent: {
    card: "Noch nicht gesendet",
    held: "Noch nicht gesendet. Es wird gesendet, sobald die Verbindung wieder da ist.",
    waiting_one:
      "{{count}} Ihrer Änderungen ist noch nicht gesendet. Das geschieht von selbst: Lassen Sie diese Seite offen.",
    waiting_other:
      "{{count}} Ihrer Änderungen sind noch nicht gesendet. Das geschieht von selbst: Lassen Sie diese Seite offen.",
    lost_one: "{{count}} Änderung nicht gespeichert",
    lost_other: "{{count}} Änderungen nicht gespeichert",
    added: "Nicht hinzugefügt: {{what}} am {{when}}. {{why}}",
    changed: "Nicht geändert: {{what}} am {{when}}. {{why}}",
    published: "Nicht veröffentlicht: {{what}} am {{when}}. {{why}}",
    removed: "Nicht gelöscht: {{what}} am {{when}}. {{why}}",
    again: "Noch einmal",
    edit: "Bearbeiten",
    show: "Zeigen",
    drop: "Darauf verzichten",
    saved: "Gespeichert.",
  },
  conflict: {
    title: "Diese Schicht wurde inzwischen geändert",
    somebody: "Jemand",
    staff: "{{who}} hat sie {{value}} gegeben",
    day: "{{who}} hat sie auf {{value}} verschoben",
    start: "{{who}} hat den Beginn auf {{value}} geändert",
    end: "{{who}} hat das Ende auf {{value}} geändert",
    role: "{{who}} hat die Rolle auf {{value}} geändert",
    location: "{{who}} hat den Standort auf {{value}} geändert",
    note: "{{who}} hat die Notiz auf „{{value}}“ geändert",
    nobody: "niemandem",
    take: "Übernehmen",
    keep: "Meines behalten",
    unanswered: "Wählen Sie oben, ob Sie die andere Änderung übernehmen oder Ihre behalten.",
    taken: "Was geändert wurde, steht jetzt im Formular. Sehen Sie es an und speichern Sie noch einmal.",
    gone: "Die Schicht gibt es nicht mehr.",
    close: "Schließen",
  },
};
