import type { english, Translated } from "../catalogue";

export const session: Translated<typeof english.session> = {
  page: "Anmelden",
  title: "Bei Scheduling anmelden",
  lead: "Wer wann arbeitet. Die Woche des ganzen Teams, live auf jedem Bildschirm.",
  ended: "Ihre Sitzung ist beendet",
  again: "Melden Sie sich wieder an, um fortzufahren.",
  email: "E-Mail",
  password: "Passwort",
  signIn: "Anmelden",
  noEmail: "Geben Sie Ihre E-Mail-Adresse ein, zum Beispiel ada@example.com.",
  noPassword: "Geben Sie Ihr Passwort ein.",
  show: "Passwort zeigen oder verbergen",
};
