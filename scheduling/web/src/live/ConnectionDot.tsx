import { Tooltip, UnstyledButton } from "@mantine/core";
import { useConnection } from "@tidings/react";
import { useTranslation } from "react-i18next";
import classes from "./ConnectionDot.module.css";

/** The connection's state as one quiet dot; its shape tells as much as its colour, and words are behind it. A banner tells of an outage. */
export function ConnectionDot() {
  const { status, reason } = useConnection();
  const { t } = useTranslation();
  const title = t(`live.${status}.title`);
  const told = t(`live.${status}.detail`);
  const detail = reason && status === "refused" ? `${told} (${reason})` : told;
  return (
    <Tooltip
      label={t("live.tooltip", { title, detail })}
      multiline
      w={270}
      position="bottom-end"
      events={{ hover: true, focus: true, touch: true }}
    >
      <UnstyledButton className={classes.button} aria-label={t("live.connection", { title, detail })}>
        <span className={classes.dot} data-status={status} aria-hidden="true" />
        {status === "refused" && <span className={classes.word}>{title}</span>}
      </UnstyledButton>
    </Tooltip>
  );
}
