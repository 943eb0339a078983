import { IconMoonStars } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLatest } from "../live/announcer";
import { useOutage } from "../live/outage";
import classes from "./WeekFoot.module.css";

/** The sentence that was said last, unless the connection has gone since: what was said before is not how things are. */
function useCurrent() {
  const latest = useLatest();
  const { gone } = useOutage();
  const [past, setPast] = useState(0);
  const { number } = latest;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the last one of before, whatever is said meanwhile
  useEffect(() => {
    if (gone) setPast(number);
  }, [gone]);
  return { ...latest, sentence: number > past ? latest.sentence : "" };
}

/** What the cards' looks mean, and what somebody else changed last (the live region has said it already). */
export function WeekFoot({ manager }: { manager: boolean }) {
  const { t } = useTranslation();
  const { sentence, number } = useCurrent();
  return (
    <footer className={classes.foot}>
      <ul className={classes.legend}>
        {manager && (
          <li>
            <span className={classes.sample} data-kind="draft" /> {t("week.legend.draft")}
          </li>
        )}
        <li>
          <span className={classes.sample} data-kind="published" /> {t("week.legend.published")}
        </li>
        <li>
          <span className={classes.sample} data-kind="approved" /> {t("week.legend.timeOff")}
        </li>
        <li>
          <span className={classes.sample} data-kind="pending" /> {t("week.legend.requested")}
        </li>
        <li>
          <IconMoonStars size={14} stroke={1.8} aria-hidden="true" /> {t("week.legend.overnight")}
        </li>
      </ul>
      {sentence && (
        <p key={number} className={classes.latest} aria-hidden="true">
          {sentence}
        </p>
      )}
    </footer>
  );
}
