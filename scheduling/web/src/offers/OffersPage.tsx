import { Button, Skeleton } from "@mantine/core";
import { IconAlertCircle, IconArrowsExchange } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { SeenOffer } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { Failure } from "../shell/Failure";
import { Notice } from "../shell/Notice";
import { OfferCard } from "./OfferCard";
import classes from "./OffersPage.module.css";
import { type Deed, useOffers, useReader, useStep } from "./queries";
import { type Section, sectionOf } from "./steps";
import { whenOf } from "./words";

const SECTIONS: readonly Section[] = ["toApprove", "forMe", "toAll", "mine", "unanswered", "over"];

function Empty() {
  const { t } = useTranslation();
  const { manager } = useReader();
  return (
    <div className={classes.empty}>
      <IconArrowsExchange size={34} stroke={1.3} aria-hidden="true" />
      <p className={classes.emptyTitle}>{t("offers.empty.title")}</p>
      <p className={classes.about}>{manager ? t("offers.empty.forManagers") : t("offers.empty.text")}</p>
      <Button component={Link} to="/week" variant="light" mt={14}>
        {t("offers.empty.go")}
      </Button>
    </div>
  );
}

function Lists({ offers, take }: { offers: readonly SeenOffer[]; take: (deed: Deed) => void }) {
  const { t } = useTranslation();
  const reader = useReader();
  const filled = SECTIONS.map((section) => ({
    section,
    within: offers.filter((offer) => sectionOf(offer, reader) === section),
  })).filter(({ within }) => within.length > 0);
  if (filled.length === 0) return <Empty />;
  return filled.map(({ section, within }) => (
    <section key={section} aria-labelledby={`offers-${section}`}>
      <h2 className={classes.subtitle} id={`offers-${section}`}>
        {t(`offers.sections.${section}`)}
      </h2>
      <ul className={classes.list}>
        {within.map((offer) => (
          <OfferCard key={offer.id} offer={offer} take={take} />
        ))}
      </ul>
    </section>
  ));
}

/** Shifts that people offer one another: the reader's, those for them, those for all; for managers what is to be approved. */
export function OffersPage() {
  const { t } = useTranslation();
  const { manager } = useReader();
  const announce = useAnnounce();
  const { data, live, refetch } = useOffers();
  const { mutate } = useStep();
  const [refusal, setRefusal] = useState<string | null>(null);
  const failed = data ? null : live.error;
  const take = async (deed: Deed) => {
    setRefusal(null);
    const outcome = await mutate(deed);
    if (outcome.status === "saved") {
      announce(t(`offers.done.${deed.step}`, { when: whenOf(deed.offer.schedule) }));
    } else {
      setRefusal(sentenceOf(outcome.error));
      // What stands against it now is not what it was.
      void refetch();
    }
  };
  return (
    <div className={classes.scroller} aria-busy={!data}>
      <title>{t("shell.title", { page: t("offers.page") })}</title>
      <div className={classes.page}>
        <div>
          <h1 className={classes.title}>{t("offers.page")}</h1>
          <p className={classes.about}>{manager ? t("offers.aboutForManagers") : t("offers.about")}</p>
        </div>
        {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
        {failed && <Failure what={t("offers.page")} error={failed} retry={() => void refetch()} />}
        {!data && !failed && <Skeleton height={96} radius={14} />}
        {data && <Lists offers={data} take={(deed) => void take(deed)} />}
      </div>
    </div>
  );
}
