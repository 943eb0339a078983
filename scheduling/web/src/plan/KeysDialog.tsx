import { Kbd } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "../ui/Dialog";
import classes from "./KeysDialog.module.css";

const KEYS = {
  walk: ["← → ↑ ↓"],
  ends: ["Home", "End"],
  pages: ["Page Up", "Page Down"],
  find: ["/"],
  views: ["d", "w", "m"],
  enter: ["Enter"],
  digits: ["0 … 9"],
  new: ["n"],
  retype: ["F2"],
  lift: ["Space"],
  move: ["g"],
  select: ["Shift ↑ …", "Ctrl Space"],
  stretch: ["+", "−"],
  delete: ["Delete"],
  repeat: ["r"],
  copy: ["Ctrl C", "Ctrl V"],
  undo: ["Ctrl Z"],
  escape: ["Esc"],
  help: ["?"],
} as const;

/** The keys of the week's plan. */
export function KeysDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} close={close} title={t("plan.keys.title")} size={560}>
      <dl className={classes.keys}>
        {(Object.keys(KEYS) as (keyof typeof KEYS)[]).map((deed) => (
          <div key={deed}>
            <dt>
              {KEYS[deed].map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{t(`plan.keys.${deed}`)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
