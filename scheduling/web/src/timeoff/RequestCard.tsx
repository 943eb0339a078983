import { Button, Group } from "@mantine/core";
import { IconBan, IconCheck, IconClockQuestion, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import type { ShiftFate, TimeOff, TimeOffStatus } from "../api/types";
import { urgentSentence, useNoNetwork } from "../live/NeedsConnection";
import { Refused } from "../rules/Refused";
import { useSignedIn } from "../session/signed-in";
import { useNow } from "../time/use-now";
import { ago } from "../time/words";
import { zoneOfSpan } from "../time/zone";
import { CardHead } from "../ui/CardHead";
import { NoteField } from "../ui/NoteField";
import type { Translate } from "../words/language";
import { Overlaps } from "./Overlaps";
import { useTimeOffChange } from "./queries";
import classes from "./RequestCard.module.css";
import { period } from "./words";

interface Props {
  readonly request: TimeOff;
  readonly name: string;
  readonly zones: readonly string[];
}

const ICONS: Record<TimeOffStatus, typeof IconCheck> = {
  pending: IconClockQuestion,
  approved: IconCheck,
  denied: IconX,
  cancelled: IconBan,
};

const TONES: Partial<Record<TimeOffStatus, "asked" | "good">> = { pending: "asked", approved: "good" };

type Decision = "approve" | "deny";

interface Failure {
  readonly general: readonly string[];
  /** The reasons are shifts, and the reader says what becomes of them. */
  readonly overlaps: boolean;
}

function failureOf(t: Translate, error: unknown): Failure {
  const overlaps = error instanceof Problem && error.codes.includes("time_off_overlaps_schedules");
  return { general: overlaps ? [] : [urgentSentence(t, "decide", error)], overlaps };
}

function Blocked({ failure }: { failure: Failure }) {
  return <Refused general={failure.general} />;
}

function Decide({ request, name }: { request: TimeOff; name: string }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const offline = useNoNetwork();
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = useTimeOffChange((api, input: { decision: Decision; shifts?: ShiftFate }, requestId) => {
    const { decision, ...fate } = input;
    return api.decideTimeOff(request.id, decision, { version: request.version, note: note.trim(), ...fate }, requestId);
  });
  const decide = async (decision: Decision, shifts?: ShiftFate) => {
    setFailure(null);
    const outcome = await change.mutate({ decision, ...(shifts ? { shifts } : {}) });
    if (outcome.status !== "saved") setFailure(failureOf(t, outcome.error));
  };
  return (
    <div className={classes.decide}>
      {failure?.overlaps && (
        <Overlaps
          request={request}
          busy={change.pending > 0}
          approve={(fate) => void decide("approve", fate ?? undefined)}
        />
      )}
      {failure && !failure.overlaps && <Blocked failure={failure} />}
      <Group gap={8} wrap="wrap">
        <NoteField
          className={classes.note}
          aria-label={t("timeoff.noteTo", { name })}
          placeholder={t("timeoff.optionalNoteTo", { name: name.split(" ")[0] })}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button variant="default" disabled={offline || change.pending > 0} onClick={() => void decide("deny")}>
          {t("timeoff.deny")}
        </Button>
        {!failure?.overlaps && (
          <Button disabled={offline} loading={change.pending > 0} onClick={() => void decide("approve")}>
            {t("timeoff.approve")}
          </Button>
        )}
      </Group>
    </div>
  );
}

function Cancel({ request }: { request: TimeOff }) {
  const { t } = useTranslation();
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = useTimeOffChange((api, _: null, requestId) =>
    api.cancelTimeOff(request.id, request.version, requestId),
  );
  const cancel = async () => {
    const outcome = await change.mutate(null);
    if (outcome.status !== "saved") setFailure(failureOf(t, outcome.error));
  };
  return (
    <div className={classes.decide}>
      {failure && <Blocked failure={failure} />}
      <Group justify="flex-end">
        <Button variant="default" size="xs" loading={change.pending > 0} onClick={() => void cancel()}>
          {request.status === "pending" ? t("timeoff.takeBack") : t("timeoff.cancel")}
        </Button>
      </Group>
    </div>
  );
}

/** One request for time off: who, when, why, what became of it, and what the reader may do about it. */
export function RequestCard({ request, name, zones }: Props) {
  const { me, manager } = useSignedIn();
  const { t } = useTranslation();
  const now = useNow();
  const mine = request.staff_id === me.id;
  const open = request.status === "pending" || request.status === "approved";
  return (
    <article className={classes.card} data-request={request.id} data-version={request.version}>
      <CardHead
        name={name}
        line={period(t, request, zoneOfSpan(request, zones))}
        status={{
          words: t(`timeoff.status.${request.status}`),
          icon: ICONS[request.status],
          tone: TONES[request.status],
        }}
      />
      {request.note && <p className={classes.quote}>{t("timeoff.quote", { text: request.note })}</p>}
      {request.decided_by && (
        <p className={classes.decided}>
          {t(`timeoff.decidedBy.${request.status}`, {
            name: request.decided_by.name,
            ago: ago(request.updated_at, now),
          })}
          {request.decision_note && `: ${t("timeoff.quote", { text: request.decision_note })}`}
        </p>
      )}
      {manager && request.status === "pending" && <Decide request={request} name={name} />}
      {mine && open && <Cancel request={request} />}
    </article>
  );
}
