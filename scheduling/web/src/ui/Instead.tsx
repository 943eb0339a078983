import { Button, Group } from "@mantine/core";
import { type Icon, IconCloudOff, IconMapOff, IconMoodSad } from "@tabler/icons-react";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Instead.module.css";
import { isUnfetched } from "./soon";

interface Props {
  readonly icon: Icon;
  readonly title: string;
  readonly text: string;
  /** Told to screen readers at once. */
  readonly urgent?: boolean;
  readonly children: ReactNode;
}

/** Stands where a page would: why it is not there, and how to go on. */
function Instead({ icon: Mark, title, text, urgent = false, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.scroller} {...(urgent ? { role: "alert" } : {})}>
      <title>{t("shell.title", { page: title })}</title>
      <Mark className={classes.mark} size={44} stroke={1.3} aria-hidden="true" />
      <h1 className={classes.title}>{title}</h1>
      <p className={classes.text}>{text}</p>
      <Group justify="center" gap={8}>
        {children}
      </Group>
    </div>
  );
}

/** Instead of a page whose address is nobody's. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <Instead icon={IconMapOff} title={t("shell.noPage.title")} text={t("shell.noPage.text")}>
      <Button component={Link} to="/week">
        {t("shell.goToWeek")}
      </Button>
    </Instead>
  );
}

/** Instead of a page that failed while it was drawn, or a part of which could not be fetched. */
export function Broken({ error }: ErrorComponentProps) {
  const { t } = useTranslation();
  const [icon, why] = isUnfetched(error)
    ? ([IconCloudOff, "shell.unfetched"] as const)
    : ([IconMoodSad, "shell.broken"] as const);
  return (
    <Instead icon={icon} title={t(`${why}.title`)} text={t(`${why}.text`)} urgent>
      <Button component={Link} to="/week" variant="default">
        {t("shell.goToWeek")}
      </Button>
      <Button onClick={() => location.reload()}>{t("shell.loadAgain")}</Button>
    </Instead>
  );
}
