import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { shortReason } from "../api/reasons";
import type { ConsideredShift, Suggestion } from "../api/types";
import type { Translate } from "../words/language";
import classes from "./Suggestions.module.css";
import { useSuggestions } from "./use-check";

/** Shown of all; the first ones suit best. */
const MOST = 5;

/** "24 / 38 h this week" */
function load(t: Translate, { hours, hours_left }: Suggestion): string {
  if (hours_left === null) return t("rules.load", { hours });
  return t("rules.loadOf", { hours, most: hours + hours_left });
}

function Person({ suggestion, choose }: { suggestion: Suggestion; choose: (staffId: number) => void }) {
  const { t } = useTranslation();
  const { staff, violations } = suggestion;
  const Mark = violations.length === 0 ? IconCheck : IconAlertTriangle;
  return (
    <li>
      <UnstyledButton
        className={classes.person}
        data-objections={violations.length > 0 || undefined}
        onClick={() => choose(staff.id)}
      >
        <Mark className={classes.mark} size={15} stroke={2} aria-hidden="true" />
        <span className={classes.name}>{staff.name}</span>
        <span className={classes.load}>{load(t, suggestion)}</span>
        {violations.length > 0 && (
          <span className={classes.reasons}>{violations.map((each) => shortReason(t, each)).join(" · ")}</span>
        )}
      </UnstyledButton>
    </li>
  );
}

/** Who could take a shift that nobody has, or that its person may not: one click gives it to them in the form. */
export function Suggestions({ shift, choose }: { shift: ConsideredShift; choose: (staffId: number) => void }) {
  const { t } = useTranslation();
  const found = useSuggestions(shift);
  if (!found) return null;
  return (
    <section className={classes.suggestions} aria-label={t("rules.couldTake")}>
      <p className={classes.title}>{found.length > 0 ? t("rules.couldTake") : t("rules.nobodyCould")}</p>
      <ul className={classes.list}>
        {found.slice(0, MOST).map((each) => (
          <Person key={each.staff.id} suggestion={each} choose={choose} />
        ))}
      </ul>
    </section>
  );
}
