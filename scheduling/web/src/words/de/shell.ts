import type { english, Translated } from "../catalogue";

export const shell: Translated<typeof english.shell> = {
  name: "Scheduling",
  title: "{{page}} · Scheduling",
  pages: "Seiten",
  account: "{{name}}: Konto",
  manager: "Leitung",
  staff: "Team",
  calendar: "Kalender-Link…",
  settings: "Einstellungen",
  signOut: "Abmelden",
  close: "Schließen",
  loading: "Wird geladen",
  places: {
    mine: "Meine Schichten",
    week: "Dienstplan",
    open: "Offene Schichten",
    offers: "Tausch",
    timeOff: "Abwesenheit",
    team: "Team",
  },
  waiting_one: "{{count}} wartet",
  waiting_other: "{{count}} warten",
  failed: "Konnte nicht geladen werden: {{what}}",
  tryAgain: "Noch einmal versuchen",
  unreachable: {
    title: "Der Server ist nicht erreichbar",
    text: "Prüfen Sie die Verbindung oder warten Sie, bis der Server wieder läuft.",
  },
  noPage: {
    title: "Diese Seite gibt es nicht",
    go: "Zu dieser Woche",
  },
  staffNumber: "Person {{id}}",
  noteLeft_one: "Noch Platz für {{count}} Zeichen",
  noteLeft_other: "Noch Platz für {{count}} Zeichen",
};
