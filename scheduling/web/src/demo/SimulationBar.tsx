import { Button } from "@mantine/core";
import { IconAlertTriangle, IconUsersGroup } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAnnounce } from "../live/announcer";
import type { Simulation } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { clockTime, list } from "../time/words";
import { wallTime } from "../time/zone";
import classes from "./SimulationBar.module.css";
import { usePlay, useSimulation } from "./simulation";

/** "14:07" on the reader's own clock. */
function moment(instant: string): string {
  return clockTime(wallTime(instant, Intl.DateTimeFormat().resolvedOptions().timeZone).time);
}

/** Says to screen readers that it has begun and that it has ended, and nothing of a page that is only opened. */
function useSpoken(running: boolean | null): void {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [known, setKnown] = useState<boolean | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: said when it changes, and not when the language does
  useEffect(() => {
    if (running === null) return;
    setKnown(running);
    if (known !== null && known !== running) announce(t(running ? "demo.bar.begun" : "demo.bar.ended"));
  }, [running]);
}

function Bar({ tone, icon, children }: { tone: "plain" | "warn"; icon: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const play = usePlay();
  return (
    <aside className={classes.bar} data-tone={tone} aria-label={t("demo.bar.label")}>
      {icon}
      {children}
      {manager && (
        <Button
          size="compact-sm"
          variant="default"
          loading={play.isPending}
          onClick={() => play.mutate(tone === "warn" ? "calm" : null)}
        >
          {t(tone === "warn" ? "shell.tryAgain" : "demo.bar.stop")}
        </Button>
      )}
    </aside>
  );
}

function Running({ people, pace, ends_at }: Simulation & { pace: NonNullable<Simulation["pace"]> }) {
  const { t } = useTranslation();
  const names = people.map((each) => each.name);
  return (
    <Bar tone="plain" icon={<IconUsersGroup className={classes.icon} size={17} stroke={1.8} aria-hidden="true" />}>
      <p className={classes.text}>
        <strong>{t("demo.bar.title")}</strong>{" "}
        {names.length > 0 ? t("demo.bar.who", { names: list(t, names) }) : t("demo.bar.soon")}{" "}
        <span className={classes.more}>
          {t(`demo.pace.${pace}`)}. {ends_at && t("demo.bar.until", { time: moment(ends_at) })}
        </span>
      </p>
    </Bar>
  );
}

/** On every screen of the demo while colleagues are played: that it is only a show, whose, and how long. */
export function SimulationBar() {
  const { t } = useTranslation();
  const simulation = useSimulation();
  const { pace = null, problem = "" } = simulation ?? {};
  useSpoken(simulation && pace !== null);
  if (simulation && pace) return <Running {...simulation} pace={pace} />;
  if (!problem) return null;
  return (
    <Bar tone="warn" icon={<IconAlertTriangle className={classes.icon} size={17} stroke={1.8} aria-hidden="true" />}>
      <p className={classes.text}>
        <strong>{t("demo.bar.failed")}</strong> {problem}
      </p>
    </Bar>
  );
}
