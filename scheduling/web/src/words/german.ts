import type { Catalogue } from "./catalogue";
import { bulk } from "./de/bulk";
import { calendar } from "./de/calendar";
import { demo } from "./de/demo";
import { live } from "./de/live";
import { mine } from "./de/mine";
import { offers } from "./de/offers";
import { open } from "./de/open";
import { plan } from "./de/plan";
import { refused } from "./de/refused";
import { rules } from "./de/rules";
import { session } from "./de/session";
import { settings } from "./de/settings";
import { shell } from "./de/shell";
import { shift } from "./de/shift";
import { team } from "./de/team";
import { time } from "./de/time";
import { timeoff } from "./de/timeoff";
import { week } from "./de/week";

/**
 * Every word of the screens, in German. One word for one thing: Dienstplan (schedule), Schicht (shift), Entwurf (draft),
 * veröffentlichen (publish), offene Schicht (open shift), Abwesenheit (time off), Antrag (request), Tausch (swap),
 * Ruhezeit (rest), Leitung (manager), Team (staff), Vorlage (template), Kalender-Link (calendar link). Readers are "Sie".
 */
export const german: Catalogue = {
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
