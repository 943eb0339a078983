import { bulk } from "./en/bulk";
import { calendar } from "./en/calendar";
import { demo } from "./en/demo";
import { live } from "./en/live";
import { mine } from "./en/mine";
import { offers } from "./en/offers";
import { open } from "./en/open";
import { plan } from "./en/plan";
import { refused } from "./en/refused";
import { rules } from "./en/rules";
import { session } from "./en/session";
import { settings } from "./en/settings";
import { shell } from "./en/shell";
import { shift } from "./en/shift";
import { team } from "./en/team";
import { time } from "./en/time";
import { timeoff } from "./en/timeoff";
import { week } from "./en/week";

/**
 * Every word of the screens, in English: one area a file, named as its folder. `{{name}}` is filled in; a key that ends in
 * `_one` and `_other` is chosen by `count`.
 */
export const english = {
  bulk,
  calendar,
  demo,
  live,
  mine,
  offers,
  open,
  plan,
  refused,
  rules,
  session,
  settings,
  shell,
  shift,
  team,
  time,
  timeoff,
  week,
};

/** The same keys with other words: what another language must have of an English area, no more and no less. */
export type Translated<Words> = {
  readonly [Key in keyof Words]: Words[Key] extends string ? string : Translated<Words[Key]>;
};

export type Catalogue = Translated<typeof english>;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof english };
  }
}
