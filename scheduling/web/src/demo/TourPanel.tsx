import {
  ActionIcon,
  Button,
  CloseButton,
  Collapse,
  Group,
  Progress,
  UnstyledButton,
  VisuallyHidden,
} from "@mantine/core";
import { IconCircle, IconCircleCheckFilled, IconMinus, IconRoute } from "@tabler/icons-react";
import { useTidings } from "@tidings/react";
import { type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useAnnounce } from "../live/announcer";
import { useOutage } from "../live/outage";
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
  const { gone, told } = useOutage();
  const [cut, setCut] = useState(false);
  if (told && !cut) setCut(true);
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
  // However it was cut: what counts is that the page said so, and came back.
  useEffect(() => {
    if (cut && !gone) newest.current("cut");
  }, [cut, gone]);
  return tick;
}

/** A phone's window beside this one, with somebody else signed in. */
function SecondWindow({ tick }: { tick: () => void }) {
  const { t } = useTranslation();
  const visitor = useVisitor();
  const url = secondWindow(window.location.href);
  const open = (url: string) => {
    window.open(url, "scheduling-staff", "popup,width=430,height=860");
    tick();
  };
  return (
    <>
      {!url && <p>{t("demo.tour.privately", { email: visitor?.staff ?? "" })}</p>}
      <Group gap={8}>
        {url && <Button onClick={() => open(url)}>{t("demo.tour.steps.window.do")}</Button>}
        <Button variant="default" onClick={tick}>
          {t("demo.tour.opened")}
        </Button>
      </Group>
    </>
  );
}

/** Cuts this page's network, and mends it at the latest when the page is left. */
function NetworkSwitch() {
  const { t } = useTranslation();
  const client = useTidings();
  const [mend, setMend] = useState<(() => void) | null>(null);
  useEffect(() => () => mend?.(), [mend]);
  const toggle = () => {
    if (mend) return setMend(null);
    const undo = cutNetwork(client);
    setMend(() => undo);
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

interface PanelProps {
  /** Out of sight: what it has begun, such as a network that is cut, goes on. */
  readonly folded: boolean;
  readonly done: readonly Step[];
  readonly tick: (step: Step) => void;
}

function Panel({ folded, done, tick }: PanelProps) {
  const { t } = useTranslation();
  const next = STEPS.find((step) => !done.includes(step)) ?? null;
  // The next step lies open until the visitor opens another; what that one needs is done, the next one follows again.
  const [chosen, setChosen] = useState<{ step: Step | null; at: Step | null }>({ step: next, at: next });
  const shown = chosen.at === next ? chosen.step : next;
  const actions: Partial<Record<Step, ReactNode>> = {
    window: <SecondWindow tick={() => tick("window")} />,
    cut: <NetworkSwitch />,
    simulate: <Simulate />,
  };
  return (
    <aside className={classes.panel} hidden={folded} aria-labelledby="tour-title">
      <div className={classes.head}>
        <h2 id="tour-title">{t("demo.tour.title")}</h2>
        <span className={classes.count}>{t("demo.tour.count", { done: done.length, all: STEPS.length })}</span>
        <ActionIcon variant="subtle" color="gray" size={28} aria-label={t("demo.tour.fold")} onClick={tour.fold}>
          <IconMinus size={18} aria-hidden="true" />
        </ActionIcon>
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

/** What is left of it when it is folded: nothing of the plan is under it. */
function Folded({ done }: Pick<PanelProps, "done">) {
  const { t } = useTranslation();
  return (
    <aside className={classes.folded} data-folded aria-label={t("demo.tour.title")}>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconRoute size={15} aria-hidden="true" />}
        onClick={tour.unfold}
      >
        {t("demo.tour.title")}
        <span className={classes.count}>{t("demo.tour.count", { done: done.length, all: STEPS.length })}</span>
      </Button>
    </aside>
  );
}

function Guided() {
  const { open, folded, done } = useSyncExternalStore(tour.subscribe, tour.snapshot);
  const tick = useTicking();
  if (!open) return null;
  return (
    <>
      <Panel {...{ folded, done, tick }} />
      {folded && <Folded done={done} />}
    </>
  );
}

/** The demo's tour, for managers: a list beside the plan that ticks itself off. It never stands in the way of anything. */
export function TourPanel() {
  return useSignedIn().manager && <Guided />;
}
