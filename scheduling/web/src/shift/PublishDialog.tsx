import { Button, Group, Text } from "@mantine/core";
import {
  type Icon,
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowRight,
  IconMinus,
  IconPlus,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, type Reason, sentenceOf } from "../api/problem";
import { shortReason } from "../api/reasons";
import type { Announced, Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import { useAnnounce } from "../live/announcer";
import { useLocations } from "../live/queries";
import { Refused } from "../rules/Refused";
import { whenOf } from "../time/words";
import { Dialog } from "../ui/Dialog";
import { Face } from "../ui/Face";
import { usePublish } from "./mutations";
import { type Objections, objectionsTo } from "./objections";
import classes from "./PublishDialog.module.css";
import { zoneOf } from "./shift-fields";
import { type Telling, type Told, toldBy } from "./telling";

interface Props {
  readonly opened: boolean;
  readonly drafts: readonly Schedule[];
  readonly close: () => void;
}

/** Why nothing was published: by the drafts' ids, or of no draft in particular. */
interface Failure {
  readonly general: readonly string[];
  readonly objections: Objections;
  /** Null when a reason is hard. */
  readonly codes: readonly string[] | null;
}

const NONE: Objections = new Map();

function failureOf(error: unknown, sent: readonly Schedule[]): Failure {
  if (!(error instanceof Problem) || error.reasons.length === 0) {
    return { general: [sentenceOf(error)], objections: NONE, codes: null };
  }
  const objections = objectionsTo(sent, error);
  const general = objections.size > 0 ? [] : [sentenceOf(error)];
  return { general, objections, codes: error.overrulable ? error.codes : null };
}

const MARKS: Readonly<Record<Telling["kind"], Icon>> = {
  new: IconPlus,
  changed: IconArrowRight,
  again: IconArrowBackUp,
  gone: IconMinus,
};

const when = (row: Announced, timezone: string) => whenOf({ ...row, timezone });

function Line({ telling, reasons }: { telling: Telling; reasons: readonly Reason[] }) {
  const { t } = useTranslation();
  const locations = useLocations().data ?? [];
  const { kind, shift, was } = telling;
  const Mark = MARKS[kind];
  const shown = kind === "gone" && was ? was : shift;
  const before = kind === "changed" && was && when(was, zoneOf(was.location, locations));
  return (
    <li data-kind={kind}>
      <span className={classes.kind}>
        <Mark size={14} stroke={2} aria-hidden="true" /> {t(`shift.publishing.kinds.${kind}`)}
      </span>
      <span className={classes.when}>
        {when(shown, zoneOf(shown.location, locations))}
        {before && <span className={classes.was}> {t("shift.publishing.was", { when: before })}</span>}
      </span>
      <span className={classes.what}>
        {shown.role} · {shown.location}
      </span>
      {kind !== "gone" &&
        reasons.map((reason) => {
          const words = shortReason(t, reason);
          return (
            <span key={words} className={classes.why} data-severity={reason.severity}>
              <IconAlertTriangle size={14} stroke={2} aria-hidden="true" /> {words}
            </span>
          );
        })}
    </li>
  );
}

function Whom({ told, objections }: { told: readonly Told[]; objections: Objections }) {
  const { t } = useTranslation();
  const { nameOf } = useDesk();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard, too
    <ul className={classes.list} tabIndex={0} aria-label={t("shift.publishing.told")}>
      {told.map(({ staffId, tellings }) => {
        const name = staffId === null ? t("shift.publishing.everyone") : nameOf(staffId);
        return (
          <li key={staffId} className={classes.person}>
            <p className={classes.who}>
              {staffId !== null && <Face name={name} size={22} />}
              {name}
            </p>
            <ul className={classes.tellings}>
              {tellings.map((telling) => (
                <Line
                  key={`${telling.kind} ${telling.shift.id}`}
                  telling={telling}
                  reasons={objections.get(telling.shift.id) ?? []}
                />
              ))}
            </ul>
          </li>
        );
      })}
    </ul>
  );
}

/** Publishes the week's drafts together, after saying who is told what: all of them, or none and why. */
export function PublishDialog({ opened, drafts, close }: Props) {
  const { t } = useTranslation();
  const { nameOf } = useDesk();
  const [failure, setFailure] = useState<Failure | null>(null);
  const publishing = usePublish();
  const announce = useAnnounce();
  const told = toldBy(drafts, nameOf);
  const people = told.filter(({ staffId }) => staffId !== null).length;
  const publish = async (accept?: readonly string[]) => {
    const outcome = await publishing.mutate({ shifts: drafts, ...(accept ? { accept } : {}) });
    if (outcome.status === "held") {
      announce(t("live.unsent.held"), { shown: true });
      return close();
    }
    if (outcome.status !== "saved") return setFailure(failureOf(outcome.error, drafts));
    announce(t("shift.done.published", { count: drafts.length }));
    close();
  };
  const anyway = () => void publish(failure?.codes ?? []);
  const objected = failure ? [t("shift.publishing.objected", { count: failure.objections.size })] : [];
  return (
    <Dialog
      opened={opened && drafts.length > 0}
      close={close}
      title={t("shift.publishing.title", { count: drafts.length })}
      size={600}
    >
      <Text size="sm" c="dimmed">
        {people > 0 ? t("shift.publishing.readers", { count: people }) : t("shift.publishing.offered")}
      </Text>
      <Whom told={told} objections={failure?.objections ?? NONE} />
      {failure && (
        <Refused
          general={failure.general.length > 0 ? failure.general : objected}
          overrule={failure.codes && { action: "publish", busy: publishing.pending > 0, anyway }}
        />
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close}>
          {t("shift.publishing.notYet")}
        </Button>
        <Button data-autofocus loading={publishing.pending > 0} onClick={() => void publish()}>
          {t("shift.publishing.yes", { count: drafts.length })}
        </Button>
      </Group>
    </Dialog>
  );
}
