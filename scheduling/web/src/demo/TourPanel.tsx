import { Button, CloseButton, Collapse, Progress, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconCircle, IconCircleCheckFilled } from "@tabler/icons-react";
import { useConnection, useTidings } from "@tidings/react";
import { type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useAnnounce } from "../live/announcer";
import { useSignedIn } from "../session/signed-in";
import { HistoryContext } from "../shift/history";
import { useVisitor } from "./about";
import { secondWindow } from "./entry";
import { cutNetwork } from "./network";
import { usePlay, useSimulation } from "./simulation";
import classes from "./TourPanel.module.css";
import { STEPS, type Step, tour } from "./tour";

const DEEDS: Readonly<Record<string, Step>> = { create: "type", undo: "undo", publish: "publish" };

/** Ticks what is done anywhere in the page. */
function useTicking(): (step: Step) => void {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const history = useContext(HistoryContext);
  const running = Boolean(useSimulation()?.pace);
  const tick = (step: Step) => {
    const { open } = tour.snapshot();
    if (tour.tick(step) && open) announce(t("demo.tour.ticked", { step: t(`demo.tour.steps.${step}.title`) }));
  };
  const newest = useRef(tick);
  useEffect(() => {
    newest.current = tick;
  });
  useEffect(
    () =>
      history.watch((deed) => {
        const step = DEEDS[deed];
        if (step) newest.current(step);
      }),
    [history],
  );
  useEffect(() => {
    if (running) newest.current("simulate");
  }, [running]);
  return tick;
}

/** A phone's window beside this one, with somebody else signed in. */
function SecondWindow({ tick }: { tick: () => void }) {
  const { t } = useTranslation();
  const visitor = useVisitor();
  const url = secondWindow(window.location.href);
  if (!url) return <p className={classes.aside}>{t("demo.tour.privately", { email: visitor?.staff ?? "" })}</p>;
  const open = () => {
    window.open(url, "scheduling-staff", "popup,width=430,height=860");
    tick();
  };
  return <Button onClick={open}>{t("demo.tour.steps.window.do")}</Button>;
}

/** Cuts this page's network, and mends it at the latest when the page is left. */
function NetworkSwitch({ tick }: { tick: () => void }) {
  const { t } = useTranslation();
  const client = useTidings();
  const { status } = useConnection();
  const [mend, setMend] = useState<(() => void) | null>(null);
  const [mended, setMended] = useState(false);
  useEffect(() => () => mend?.(), [mend]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: done once, when the connection is back
  useEffect(() => {
    if (mended && status === "connected") tick();
  }, [mended, status]);
  const toggle = () => {
    if (mend) {
      setMend(null);
      setMended(true);
    } else {
      const undo = cutNetwork(client);
      setMended(false);
      setMend(() => undo);
    }
  };
  return <Button onClick={toggle}>{t(mend ? "demo.tour.mend" : "demo.tour.steps.cut.do")}</Button>;
}

function Simulate() {
  const { t } = useTranslation();
  const play = usePlay();
  return (
    <Button loading={play.isPending} onClick={() => play.mutate("steady")}>
      {t("demo.tour.steps.simulate.do")}
    </Button>
  );
}

function StepLine({ step, done, open, toggle, children }: StepProps) {
  const { t } = useTranslation();
  const Mark = done ? IconCircleCheckFilled : IconCircle;
  return (
    <li className={classes.step} data-done={done || undefined}>
      <UnstyledButton className={classes.title} aria-expanded={open} onClick={toggle}>
        <Mark className={classes.mark} size={19} stroke={1.6} aria-hidden="true" />
        {t(`demo.tour.steps.${step}.title`)}
        {done && <VisuallyHidden>, {t("demo.tour.done")}</VisuallyHidden>}
      </UnstyledButton>
      <Collapse expanded={open}>
        <div className={classes.body}>
          <p>{t(`demo.tour.steps.${step}.text`)}</p>
          {children}
        </div>
      </Collapse>
    </li>
  );
}

interface StepProps {
  readonly step: Step;
  readonly done: boolean;
  readonly open: boolean;
  readonly toggle: () => void;
  readonly children?: ReactNode;
}

function Panel({ done, tick }: { done: readonly Step[]; tick: (step: Step) => void }) {
  const { t } = useTranslation();
  const next = STEPS.find((step) => !done.includes(step)) ?? null;
  // The next step lies open until the visitor opens another; what that one needs is done, the next one follows again.
  const [chosen, setChosen] = useState<{ step: Step | null; at: Step | null }>({ step: next, at: next });
  const shown = chosen.at === next ? chosen.step : next;
  const actions: Partial<Record<Step, ReactNode>> = {
    window: <SecondWindow tick={() => tick("window")} />,
    cut: <NetworkSwitch tick={() => tick("cut")} />,
    simulate: <Simulate />,
  };
  return (
    <aside className={classes.panel} aria-labelledby="tour-title">
      <div className={classes.head}>
        <h2 id="tour-title">{t("demo.tour.title")}</h2>
        <span className={classes.count}>{t("demo.tour.count", { done: done.length, all: STEPS.length })}</span>
        <CloseButton aria-label={t("demo.tour.close")} onClick={tour.close} />
      </div>
      <Progress value={(done.length / STEPS.length) * 100} size={4} aria-hidden="true" />
      <ol className={classes.steps}>
        {STEPS.map((step) => (
          <StepLine
            key={step}
            step={step}
            done={done.includes(step)}
            open={shown === step}
            toggle={() => setChosen({ step: shown === step ? null : step, at: next })}
          >
            {actions[step]}
          </StepLine>
        ))}
      </ol>
      <p className={classes.aside}>{t(next ? "demo.tour.again" : "demo.tour.finished")}</p>
    </aside>
  );
}

function Guided() {
  const { open, done } = useSyncExternalStore(tour.subscribe, tour.snapshot);
  const tick = useTicking();
  return open && <Panel done={done} tick={tick} />;
}

/** The demo's tour, for managers: a list beside the plan that ticks itself off. It never stands in the way of anything. */
export function TourPanel() {
  return useSignedIn().manager && <Guided />;
}
