import { Button } from "@mantine/core";
import {
  IconAlertCircle,
  IconAlertTriangle,
  IconArrowBackUp,
  IconArrowRight,
  IconArrowsExchange,
  IconCheck,
  IconClockQuestion,
  IconUnlink,
  IconUserCheck,
  IconX,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Reason } from "../api/problem";
import { shortReason } from "../api/reasons";
import type { SeenOffer } from "../api/types";
import { useNoNetwork } from "../live/NeedsConnection";
import type { Offer, Schedule } from "../live.gen";
import { useNow } from "../time/use-now";
import { ago, whenOf } from "../time/words";
import { CardHead } from "../ui/CardHead";
import { NoteField } from "../ui/NoteField";
import classes from "./OfferCard.module.css";
import { type Deed, useReader } from "./queries";
import { type Step, stepsOf } from "./steps";
import { historyOf, kindOf } from "./words";

const MARKS: Record<Offer["status"], typeof IconCheck> = {
  offered: IconClockQuestion,
  accepted: IconUserCheck,
  approved: IconCheck,
  declined: IconX,
  withdrawn: IconArrowBackUp,
  lapsed: IconUnlink,
};

const TONES: Partial<Record<Offer["status"], "waits" | "good">> = { accepted: "waits", approved: "good" };

function Shift({ shift, wanted }: { shift: Schedule; wanted?: boolean }) {
  const { t } = useTranslation();
  const Mark = wanted ? IconArrowsExchange : IconArrowRight;
  return (
    <li className={classes.shift}>
      <Mark size={16} stroke={1.8} aria-hidden="true" />
      <span className={classes.word}>{wanted ? t("offers.wants") : t("offers.gives")}</span>
      <span className={classes.when}>{whenOf(shift)}</span>
      <span className={classes.where}>
        {shift.role} · {shift.location}
      </span>
    </li>
  );
}

function Against({ reasons }: { reasons: readonly Reason[] }) {
  const { t } = useTranslation();
  if (reasons.length === 0) return null;
  return (
    <ul className={classes.reasons}>
      {reasons.map((reason) => {
        const words = shortReason(t, reason);
        const Mark = reason.severity === "hard" ? IconAlertCircle : IconAlertTriangle;
        return (
          <li key={`${reason.field} ${reason.code} ${words}`} data-severity={reason.severity}>
            <Mark size={15} stroke={2} aria-hidden="true" />
            <span>{words}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** The steps that the objections speak about; the others are always possible. */
const HELD: readonly Step[] = ["accept", "approve"];

/** Who accepts may overrule nothing, who approves what is soft. */
function isBlocked(step: Step, objections: readonly Reason[] | undefined): boolean {
  if (!HELD.includes(step)) return false;
  return !objections || objections.some(({ severity }) => step === "accept" || severity === "hard");
}

interface Props {
  readonly offer: SeenOffer;
  readonly take: (deed: Deed) => void;
}

function Steps({ offer, steps, take }: Props & { steps: readonly Step[] }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const offline = useNoNetwork();
  const { objections, staff, schedule } = offer;
  const named = (step: Step) => (step === "approve" && objections?.length ? ("approveAnyway" as const) : step);
  return (
    <div className={classes.steps}>
      {steps.includes("approve") && (
        <NoteField
          className={classes.note}
          aria-label={t("offers.note")}
          placeholder={t("offers.note")}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      )}
      {steps.map((step) => {
        const words = t(`offers.steps.${named(step)}`);
        return (
          <Button
            key={step}
            variant={HELD.includes(step) ? "filled" : "default"}
            disabled={offline || isBlocked(step, objections)}
            aria-label={t("offers.stepOf", { step: words, name: staff.name, when: whenOf(schedule) })}
            onClick={() => take({ step, offer, note: note.trim() })}
          >
            {words}
          </Button>
        );
      })}
    </div>
  );
}

/** One offer: what is given to whom and for what, what became of it, and what the reader may do about it. */
export function OfferCard({ offer, take }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const reader = useReader();
  const { staff, schedule, wanted, status, note, answer } = offer;
  const steps = stepsOf(offer, reader);
  const history = historyOf(t, offer, ago(offer.updated_at, now));
  return (
    <li className={classes.card} data-offer={offer.id} data-shift={schedule.id} data-status={status}>
      <CardHead
        name={staff.name}
        {...(staff.id === reader.id ? { called: t("offers.you") } : {})}
        line={kindOf(t, offer, reader)}
        status={{ words: t(`offers.status.${status}`), icon: MARKS[status], tone: TONES[status] }}
      />
      <ul className={classes.shifts}>
        <Shift shift={schedule} />
        {wanted && <Shift shift={wanted} wanted />}
      </ul>
      {note && <p className={classes.quote}>{t("offers.quote", { text: note })}</p>}
      {history && <p className={classes.history}>{history}</p>}
      {answer && <p className={classes.history}>{t("offers.quote", { text: answer })}</p>}
      {steps.some((step) => HELD.includes(step)) && <Against reasons={offer.objections ?? []} />}
      {steps.length > 0 && <Steps offer={offer} steps={steps} take={take} />}
    </li>
  );
}
