import { Button, Skeleton } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schedule, Staff } from "../api/types";
import { Arriving } from "../ui/Arriving";
import { Notice } from "../ui/Notice";
import { soon } from "../ui/soon";
import { useOffers } from "./queries";

const OfferForm = soon(() => import("./OfferForm").then((module) => module.OfferForm));

interface Props {
  /** A published shift of the reader's that has not begun. */
  readonly shift: Schedule;
  readonly team: ReadonlyMap<number, Staff>;
}

function Already() {
  const { t } = useTranslation();
  return (
    <Notice tone="quiet" icon={IconArrowsExchange} title={t("offers.offer.already")}>
      <Link to="/swaps">{t("offers.offer.see")}</Link>
    </Notice>
  );
}

/** The way from one's own shift to offering it, or what has become of that. */
export function OfferThis({ shift, team }: Props) {
  const { t } = useTranslation();
  const offers = useOffers().data;
  const [opened, setOpened] = useState(false);
  const open = offers?.filter(({ status }) => status === "offered" || status === "accepted") ?? [];
  if (open.some(({ schedule }) => schedule.id === shift.id)) return <Already />;
  if (!opened) {
    return (
      <Button
        variant="light"
        fullWidth
        leftSection={<IconArrowsExchange size={18} stroke={1.7} />}
        onClick={() => setOpened(true)}
      >
        {t("offers.offer.open")}
      </Button>
    );
  }
  return (
    <Arriving fallback={<Skeleton height={220} radius={12} />}>
      <OfferForm shift={shift} team={team} close={() => setOpened(false)} />
    </Arriving>
  );
}
