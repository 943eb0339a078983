import { VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { locale } from "../time/locale";
import { hours } from "../time/words";
import classes from "./RowTotal.module.css";

/** A contract's week begins on Monday, whatever the reader's does. */
const MONDAY = 1;

/**
 * "36 / 38 h": what somebody works on the days shown of what their contract allows; above it in amber, with a sign and words. Where the
 * shown week is not the contract's, that is said too.
 */
export function RowTotal({ minutes, most }: { minutes: number; most: number | null }) {
  const { t } = useTranslation();
  if (most === null) return hours(minutes);
  const over = minutes - most * 60;
  const apart = locale().firstDay === MONDAY ? undefined : t("rules.otherWeek");
  return (
    <span className={classes.total} data-over={over > 0 || undefined} title={apart}>
      {over > 0 && <IconAlertTriangle size={12} stroke={2} aria-hidden="true" />}
      {hours(minutes).replace(" h", "")} / {most} h
      {over > 0 && <VisuallyHidden>{t("rules.tooMany", { hours: hours(over) })}</VisuallyHidden>}
      {apart && <VisuallyHidden>{`, ${apart}`}</VisuallyHidden>}
    </span>
  );
}
