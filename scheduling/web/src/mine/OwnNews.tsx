import { CloseButton } from "@mantine/core";
import { IconCalendarCheck } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useChannel } from "@tidings/react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { shiftOf } from "../grid/grid";
import { useAnnounce } from "../live/announcer";
import { Banner } from "../live/Banner";
import { Me } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { type Day, weekOf } from "../time/week";
import { list, weekLabel } from "../time/words";
import type { Translate } from "../words/language";
import classes from "./OwnNews.module.css";
import { type Collected, collect } from "./own-news";

/** Milliseconds of quiet after which screen readers hear of it: a week is published shift by shift. */
const QUIET = 700;

const NOTHING: Collected = new Map();

/** The weeks of what is there to see, the first one first. */
function weeksOf(collected: Collected): Day[] {
  const days = [...collected.values()].flatMap(({ shift }) => (shift ? [weekOf(shiftOf(shift).day)] : []));
  return [...new Set(days)].sort();
}

/** "Week 50 was published: 3 shifts for you." "Your shifts: 2 published, 1 changed." Empty when there is nothing to say. */
function sentenceOf(t: Translate, collected: Collected): string {
  if (collected.size === 0) return "";
  const all = [...collected.values()].map(({ deed }) => deed);
  const weeks = weeksOf(collected);
  const shifts = t("week.shifts", { count: all.length });
  if (weeks.length === 1 && all.every((deed) => deed === "published")) {
    return t("mine.news.week", { week: weekLabel(t, weeks[0] ?? ""), shifts });
  }
  const parts = (["published", "changed", "gone"] as const).flatMap((deed) => {
    const count = all.filter((each) => each === deed).length;
    return count > 0 ? [t(`mine.news.${deed}`, { count })] : [];
  });
  return t("mine.news.mixed", { parts: list(t, parts, parts.length) });
}

/** Tells a member of staff, on every page, what others did to their shifts, until they have seen it. */
export function OwnNews() {
  const { me } = useSignedIn();
  const { t } = useTranslation();
  const announce = useAnnounce();
  // The week's page says it itself, with all that the others hear of.
  const silent = useLocation({ select: ({ pathname }) => pathname.startsWith("/week") });
  const [collected, setCollected] = useState(NOTHING);
  useChannel(Me({ user_id: String(me.id) }), {
    onEvent: (event) => setCollected((before) => collect(before, event, me.id)),
  });
  const sentence = sentenceOf(t, collected);
  const dismiss = () => setCollected(NOTHING);

  useEffect(() => {
    if (!sentence || silent) return;
    const timer = setTimeout(() => announce(sentence), QUIET);
    return () => clearTimeout(timer);
  }, [sentence, silent, announce]);

  if (!sentence) return null;
  const [week] = weeksOf(collected);
  return (
    <Banner tone="good" icon={IconCalendarCheck}>
      <p className={classes.text}>
        {sentence}{" "}
        {week ? (
          <Link to="/week" search={{ week }} onClick={dismiss} className={classes.see}>
            {t("mine.news.see")}
          </Link>
        ) : (
          <Link to="/me" onClick={dismiss} className={classes.see}>
            {t("mine.news.mine")}
          </Link>
        )}
      </p>
      <CloseButton size="sm" aria-label={t("mine.news.hide")} onClick={dismiss} />
    </Banner>
  );
}
