import { IconAlertCircle, IconAlertTriangle, IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { shortReason } from "../api/reasons";
import classes from "./Objections.module.css";
import type { Check } from "./use-check";

/** What the rules say of a shift while it is being entered: told politely, with signs and words beside the colours. */
export function Objections({ check: { reasons, verdict, pending, away } }: { check: Check }) {
  const { t } = useTranslation();
  const telling = verdict === "soft" || verdict === "hard";
  return (
    <div role="status" aria-live="polite" className={classes.objections} data-verdict={verdict} data-pending={pending}>
      {away && (
        <p className={classes.away}>
          <IconCloudOff size={15} stroke={1.8} aria-hidden="true" /> {t("rules.away")}
        </p>
      )}
      {telling && (
        <>
          <p className={classes.title}>{verdict === "soft" ? t("rules.maySoft") : t("rules.mayNot")}</p>
          <ul className={classes.list}>
            {reasons.map((reason) => {
              const words = shortReason(t, reason);
              const Mark = reason.severity === "hard" ? IconAlertCircle : IconAlertTriangle;
              return (
                <li key={`${reason.code} ${words}`} data-severity={reason.severity}>
                  <Mark className={classes.mark} size={15} stroke={2} aria-hidden="true" />
                  <span>{words}</span>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </div>
  );
}
