import type { english, Translated } from "../catalogue";

export const demo: Translated<typeof english.demo> = {
  signIn: {
    or: "Das ist die Demo. Kommen Sie herein:",
    manager: "Als Leitung",
    staff: "Als Teammitglied",
    told: "Das sind {{manager}} und {{staff}}; das Passwort ist immer „{{password}}“.",
  },
  simulate: "Kollegen simulieren",
  off: "Aus",
  pace: {
    calm: "Änderung alle 5 s",
    steady: "Änderung jede Sekunde",
    brisk: "5 Änderungen je Sekunde",
  },
  tour: {
    title: "Rundgang",
    count: "{{done}} von {{all}}",
    close: "Rundgang schließen",
    fold: "Rundgang einklappen",
    opened: "Es ist schon offen",
    done: "erledigt",
    ticked: "Rundgang: „{{step}}“ ist erledigt.",
    again: "Sie finden ihn wieder im Menü hinter Ihren Initialen.",
    finished: "Das war alles. Planen Sie nun, wie Sie mögen: ohne den Ordner .data beginnt die Demo von vorn.",
    privately: "Öffnen Sie ein privates Fenster Ihres Browsers und melden Sie sich dort als {{email}} an.",
    mend: "Wieder verbinden",
    steps: {
      type: {
        title: "Eine Schicht eintippen",
        text: "Klicken Sie in eine leere Zelle, tippen Sie 9-17 und drücken Sie die Eingabetaste: zweimal, wenn eine Regel etwas einwendet.",
      },
      undo: { title: "Rückgängig machen", text: "Drücken Sie Strg+Z. Es nimmt jede eigene Änderung zurück." },
      window: {
        title: "Ein zweites Fenster öffnen",
        text: "Dort ist Sam Okafor aus dem Team angemeldet. Legen Sie es neben dieses.",
        do: "Sams Fenster öffnen",
      },
      publish: {
        title: "Eine Schicht veröffentlichen",
        text: "Tippen Sie eine für Sam und veröffentlichen Sie die Entwürfe: Erst dann hat sein Fenster sie, und sofort.",
      },
      cut: {
        title: "Das Netz trennen",
        text: "Nach drei Sekunden sagt es dieses Fenster. Verbinden Sie es wieder: Nichts ist verpasst.",
        do: "Netz dieses Fensters trennen",
      },
      simulate: {
        title: "Mit Kollegen arbeiten",
        text: "Drei aus dem Team, vom Server gespielt, ändern fünf Minuten lang die Woche mit Ihnen.",
        do: "Kollegen simulieren",
      },
    },
  },
  bar: {
    label: "Simulation",
    title: "Simulation.",
    who: "{{names}} werden vom Server gespielt.",
    soon: "Die Kollegen melden sich an.",
    until: "Bis {{time}}.",
    stop: "Beenden",
    failed: "Die Simulation wurde beendet.",
    begun: "Die Simulation von Kollegen hat begonnen.",
    ended: "Die Simulation von Kollegen ist beendet.",
  },
};
