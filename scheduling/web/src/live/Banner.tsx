import type { Icon } from "@tabler/icons-react";
import { IconCircleCheck, IconCloudOff, IconCloudPause } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow } from "../time/use-now";
import type { Day } from "../time/week";
import { clockTime, dayShort } from "../time/words";
import { today as todayIn, wallTime } from "../time/zone";
import { useAnnounce } from "./announcer";
import classes from "./Banner.module.css";
import { useHeld } from "./held";
import { PATIENCE, useOutage } from "./outage";

interface Props {
  readonly tone: "warn" | "good";
  readonly icon: Icon;
  /** What it is about, where it stands outside the page's main part. */
  readonly label?: string;
  readonly children: ReactNode;
}

/** One line across the page, below its head: about all of what is shown. */
export function Banner({ tone, icon: Mark, label, children }: Props) {
  return (
    <section className={classes.banner} data-tone={tone} aria-label={label}>
      <Mark className={classes.icon} size={17} stroke={1.8} aria-hidden="true" />
      {children}
    </section>
  );
}

/** "14:02" on the reader's own clock, with its day when that is over. Both are milliseconds since 1970. */
function moment(at: number, now: number): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { day, time } = wallTime(new Date(at).toISOString(), zone);
  const today: Day = todayIn(zone, now);
  return day === today ? clockTime(time) : `${dayShort(day)}, ${clockTime(time)}`;
}

/**
 * Says that the connection has been gone for a while, of when what is shown is, and how many of the reader's changes wait; screen
 * readers also hear of its return.
 */
export function OfflineBanner() {
  const { t } = useTranslation();
  const { told, since, gone } = useOutage();
  const { count } = useHeld();
  const now = useNow();
  const announce = useAnnounce();
  const title = since === null ? t("live.banner.never") : t("live.banner.asOf", { time: moment(since, now) });

  // biome-ignore lint/correctness/useExhaustiveDependencies: said once, whatever the title is later
  useEffect(() => {
    if (!told) return;
    announce(`${title}.`, { shown: true });
    return () => announce(t("live.banner.again"), { shown: true });
  }, [told]);

  const waiting = count > 0 && t("live.unsent.waiting", { count });
  if (!told) return !gone && waiting && <Waiting>{waiting}</Waiting>;
  return (
    <Banner tone="warn" icon={IconCloudOff} label={t("live.offline.title")}>
      <p className={classes.text}>
        <strong>{title}</strong> {waiting || t("live.banner.explained")}
      </p>
    </Banner>
  );
}

/** There is a connection, or none is sought, and yet they could not be sent for a while. */
function Waiting({ children }: { children: ReactNode }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const telling = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(telling);
  }, []);
  if (!late) return null;
  return (
    <Banner tone="warn" icon={IconCloudPause}>
      <p className={classes.text}>{children}</p>
    </Banner>
  );
}

/** What was missed is here: what it is stands behind a button. */
export function CaughtUpBanner({ children }: { children: ReactNode }) {
  return (
    <Banner tone="good" icon={IconCircleCheck}>
      {children}
    </Banner>
  );
}
