import { Skeleton } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Empty } from "../ui/Page";
import { useOutage } from "./outage";

/** Stands where something is fetched: its outline, or that it cannot be had before there is a connection again. */
export function Coming({ height, radius = 14 }: { height: number; radius?: number }) {
  const { t } = useTranslation();
  const { told } = useOutage();
  if (!told) return <Skeleton height={height} radius={radius} />;
  return <Empty icon={IconCloudOff} title={t("shell.notHere.title")} text={t("shell.notHere.text")} />;
}
