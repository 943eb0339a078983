import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useAnnounce } from "../live/announcer";
import { useNews } from "../live/news";
import { isNews, offersInWords } from "./announcements";
import { useOffers, useReader } from "./queries";

/** Tells screen readers, on every page, what others offered, answered and decided. */
export function OfferNews() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const reader = useReader();
  const { data } = useOffers();
  const rows = useMemo(() => data && new Map(data.map((offer) => [offer.id, offer])), [data]);
  useNews(rows, "offers", {
    ignores: (change) => !isNews(change, reader),
    tell: (changes) => announce(offersInWords(t, changes)),
  });
  return null;
}
