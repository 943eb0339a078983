import type { english, Translated } from "../catalogue";

export const settings: Translated<typeof english.settings> = {
  title: "Einstellungen",
  language: "Sprache",
  asBrowser: "Wie der Browser",
  firstDay: "Die Woche beginnt am",
  asRegion: "Wie hier üblich",
  clock: "Uhrzeit",
  clock24: "24 Stunden",
  clock12: "12 Stunden",
  colours: "Farben",
  system: "System",
  light: "Hell",
  dark: "Dunkel",
  here: "Diese Einstellungen gelten in diesem Browser.",
  failed: "Diese Sprache konnte nicht geladen werden. Prüfen Sie die Verbindung und wählen Sie sie noch einmal.",
};
