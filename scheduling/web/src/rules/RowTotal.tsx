import { VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { hours } from "../time/words";
import classes from "./RowTotal.module.css";

/** "36 / 38 h": what somebody works in the week of what their contract allows; above it in amber, with a sign and words. */
export function RowTotal({ minutes, most }: { minutes: number; most: number | null }) {
  const { t } = useTranslation();
  if (most === null) return hours(minutes);
  const over = minutes - most * 60;
  return (
    <span className={classes.total} data-over={over > 0 || undefined}>
      {over > 0 && <IconAlertTriangle size={12} stroke={2} aria-hidden="true" />}
      {hours(minutes).replace(" h", "")} / {most} h
      {over > 0 && <VisuallyHidden>{t("rules.tooMany", { hours: hours(over) })}</VisuallyHidden>}
    </span>
  );
}
