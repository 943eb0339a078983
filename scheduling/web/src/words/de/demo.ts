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
