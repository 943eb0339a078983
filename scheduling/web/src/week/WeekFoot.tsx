import { IconMoonStars } from "@tabler/icons-react";
import { useLatest } from "../live/announcer";
import classes from "./WeekFoot.module.css";

/** What the cards' looks mean, and what somebody else changed last (the live region has said it already). */
export function WeekFoot({ manager }: { manager: boolean }) {
  const { sentence, number } = useLatest();
  return (
    <footer className={classes.foot}>
      <ul className={classes.legend}>
        {manager && (
          <li>
            <span className={classes.sample} data-kind="draft" /> Draft
          </li>
        )}
        <li>
          <span className={classes.sample} data-kind="published" /> Published
        </li>
        <li>
          <span className={classes.sample} data-kind="approved" /> Time off
        </li>
        <li>
          <span className={classes.sample} data-kind="pending" /> Requested
        </li>
        <li>
          <IconMoonStars size={14} stroke={1.8} aria-hidden="true" /> Ends the next day
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
