import type { english, Translated } from "../catalogue";

export const mine: Translated<typeof english.mine> = {
  title: "Meine Schichten",
  next: "Nächste Schicht",
  now: "Jetzt im Dienst",
  until: "bis {{time}}",
  nextDay: "endet am nächsten Tag",
  with: "Mit {{names}}",
  alone: "Sonst ist dann niemand da",
  none: "Keine Schicht für Sie geplant",
  noneText: "Ihre Schichten erscheinen hier, sobald sie veröffentlicht sind.",
  week: "Meine Woche",
  summary: "{{shifts}}, {{hours}}",
  free: "Frei",
  away: "Abwesend",
  awayPending: "Abwesenheit beantragt",
  takeOpen: "Offene Schicht übernehmen",
  swap: "Schicht tauschen",
  askOff: "Abwesenheit beantragen",
  ways: "Was ich tun kann",
};
