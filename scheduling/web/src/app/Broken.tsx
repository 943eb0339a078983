import { IconCloudOff } from "@tabler/icons-react";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useOutage } from "../live/outage";
import { Broken as BrokenPage } from "../ui/Instead";
import { Empty, Page } from "../ui/Page";
import { fetchAnew } from "../ui/soon";

/** Instead of a page that failed. What could not be fetched because there is no connection comes by itself once there is one. */
export function Broken(props: ErrorComponentProps) {
  const { t } = useTranslation();
  const { reset } = props;
  const { gone } = useOutage();
  const wasGone = useRef(gone);
  useEffect(() => {
    if (wasGone.current && !gone) {
      fetchAnew();
      reset();
    }
    wasGone.current = gone;
  }, [gone, reset]);
  // To load the whole page again would lose what is here, and bring nothing.
  if (!gone) return <BrokenPage {...props} />;
  return (
    <Page title={t("shell.notHere.page")}>
      <Empty icon={IconCloudOff} title={t("shell.notHere.title")} text={t("shell.notHere.text")} />
    </Page>
  );
}
