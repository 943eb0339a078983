import type { english, Translated } from "../catalogue";

export const shell: Translated<typeof english.shell> = {
  name: "Scheduling",
  title: "{{page}} · Scheduling",
  pages: "Seiten",
  account: "{{name}}: Konto",
  manager: "Leitung",
  staff: "Team",
  calendar: "Kalender-Link …",
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
  loadAgain: "Seite neu laden",
  goToWeek: "Zu dieser Woche",
  unfetched: {
    title: "Diese Seite konnte nicht geladen werden",
    text: "Ein Teil von ihr war nicht zu bekommen. Prüfen Sie die Verbindung und laden Sie die Seite neu; was gespeichert ist, bleibt erhalten.",
  },
  broken: {
    title: "Diese Seite funktioniert nicht mehr",
    text: "Das ist unser Fehler, und was gespeichert ist, bleibt erhalten. Laden Sie die Seite neu oder machen Sie anderswo weiter.",
  },
  unreachable: {
    title: "Der Server ist nicht erreichbar",
    text: "Prüfen Sie die Verbindung oder warten Sie, bis der Server wieder läuft.",
  },
  noPage: {
    title: "Diese Seite gibt es nicht",
    text: "Die Adresse ist vielleicht falsch geschrieben, oder die Seite ist umgezogen.",
  },
  notHere: {
    page: "Offline",
    title: "Offline nicht verfügbar",
    text: "Dies wurde noch nicht geladen. Es kommt von selbst, sobald die Verbindung wieder da ist.",
  },
  notYet: {
    title: "Das ist noch nicht da",
    text: "Es war nicht zu bekommen und öffnet sich von selbst, sobald es geht. Was Sie sehen, bleibt stehen.",
  },
  staffNumber: "Person {{id}}",
  noteLeft_one: "Noch Platz für {{count}} Zeichen",
  noteLeft_other: "Noch Platz für {{count}} Zeichen",
};
