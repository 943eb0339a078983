import { Button } from "@mantine/core";
import { IconAlertCircle, IconArrowsExchange } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SeenOffer } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { Coming } from "../live/Coming";
import { NeedsConnection, urgentSentence } from "../live/NeedsConnection";
import { whenOf } from "../time/words";
import { Failure } from "../ui/Failure";
import { Notice } from "../ui/Notice";
import { Cards, Empty, Page, Section } from "../ui/Page";
import { OfferCard } from "./OfferCard";
import { type Deed, useFreshObjections, useOffers, useReader, useStep } from "./queries";
import { type Section as Group, sectionOf, stepsOf } from "./steps";

const SECTIONS: readonly Group[] = ["toApprove", "forMe", "toAll", "mine", "unanswered", "over"];

function NoOffers() {
  const { t } = useTranslation();
  const { manager } = useReader();
  return (
    <Empty
      icon={IconArrowsExchange}
      title={t("offers.empty.title")}
      text={manager ? t("offers.empty.forManagers") : t("offers.empty.text")}
    >
      <Button component={Link} to="/week" variant="light">
        {t("offers.empty.go")}
      </Button>
    </Empty>
  );
}

function Lists({ offers, take }: { offers: readonly SeenOffer[]; take: (deed: Deed) => void }) {
  const { t } = useTranslation();
  const reader = useReader();
  const filled = SECTIONS.map((section) => ({
    section,
    within: offers.filter((offer) => sectionOf(offer, reader) === section),
  })).filter(({ within }) => within.length > 0);
  if (filled.length === 0) return <NoOffers />;
  return filled.map(({ section, within }) => (
    <Section key={section} title={t(`offers.sections.${section}`)}>
      <Cards>
        {within.map((offer) => (
          <OfferCard key={offer.id} offer={offer} take={take} />
        ))}
      </Cards>
    </Section>
  ));
}

/** Shifts that people offer one another: the reader's, those for them, those for all; for managers what is to be approved. */
export function OffersPage() {
  const { t } = useTranslation();
  const reader = useReader();
  const { manager } = reader;
  const announce = useAnnounce();
  const { data, live, refetch } = useOffers();
  const { mutate } = useStep();
  useFreshObjections(refetch);
  const [refusal, setRefusal] = useState<string | null>(null);
  const failed = data ? null : live.error;
  const take = async (deed: Deed) => {
    setRefusal(null);
    const outcome = await mutate(deed);
    if (outcome.status === "saved") {
      announce(t(`offers.done.${deed.step}`, { when: whenOf(deed.offer.schedule) }));
    } else {
      setRefusal(urgentSentence(t, "step", outcome.error));
      // What stands against it now is not what it was.
      void refetch();
    }
  };
  return (
    <Page title={t("offers.page")} about={manager ? t("offers.aboutForManagers") : t("offers.about")} busy={!data}>
      {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
      {!refusal && data?.some((offer) => stepsOf(offer, reader).length > 0) && <NeedsConnection what="step" />}
      {failed && <Failure what={t("offers.page")} error={failed} retry={() => void refetch()} />}
      {!data && !failed && <Coming height={96} />}
      {data && <Lists offers={data} take={(deed) => void take(deed)} />}
    </Page>
  );
}
