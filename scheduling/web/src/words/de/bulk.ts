import type { english, Translated } from "../catalogue";

export const bulk: Translated<typeof english.bulk> = {
  cancel: "Abbrechen",
  misfits: {
    title_one: "{{count}} von {{all}} passt nicht",
    title_other: "{{count}} von {{all}} passen nicht",
    nothingYet: "Noch ist nichts geplant: Sagen Sie, was daraus wird.",
    list: "Was nicht passt, und warum",
    overrule_one: "Die eine mitnehmen, gegen die nur eine übergehbare Regel spricht",
    overrule_other: "Die {{count}} mitnehmen, gegen die nur übergehbare Regeln sprechen",
    others_one: "Die eine, die nicht passt",
    others_other: "Die {{count}}, die nicht passen",
    leave: "Weglassen",
    open: "Als offene Schichten planen",
  },
  copy: {
    title: "Woche kopieren",
    from: "Kopieren aus",
    asDrafts: "Alles wird zum Entwurf in der gezeigten Woche; den sieht bis zum Veröffentlichen nur die Leitung.",
    nothing: "In jener Woche ist nichts geplant. Wählen Sie eine andere.",
    there_one: "{{count}} Schicht steht schon da und bleibt, wie sie ist.",
    there_other: "{{count}} Schichten stehen schon da und bleiben, wie sie sind.",
    impossible_one: "{{count}} Schicht fällt weg, weil zu ihrer Zeit die Uhren vorgestellt werden.",
    impossible_other: "{{count}} Schichten fallen weg, weil zu ihrer Zeit die Uhren vorgestellt werden.",
    yes_one: "{{count}} Schicht kopieren",
    yes_other: "{{count}} Schichten kopieren",
    done_one: "{{count}} Schicht kopiert.",
    done_other: "{{count}} Schichten kopiert.",
  },
};
