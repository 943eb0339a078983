import { Button, Group, TextInput } from "@mantine/core";
import { IconBan, IconCheck, IconClockQuestion, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { Problem, sentenceOf } from "../api/problem";
import type { TimeOff, TimeOffStatus } from "../api/types";
import { useSignedIn } from "../session/signed-in";
import { Face } from "../shell/Face";
import { Refused } from "../shift/Refused";
import { useNow } from "../time/use-now";
import { ago } from "../time/words";
import { zoneOfSpan } from "../time/zone";
import { useTimeOffChange } from "./queries";
import classes from "./RequestCard.module.css";
import { period } from "./words";

interface Props {
  readonly request: TimeOff;
  readonly name: string;
  readonly zones: readonly string[];
}

const STATUS: Record<TimeOffStatus, { word: string; Icon: typeof IconCheck }> = {
  pending: { word: "Not decided", Icon: IconClockQuestion },
  approved: { word: "Approved", Icon: IconCheck },
  denied: { word: "Denied", Icon: IconX },
  cancelled: { word: "Cancelled", Icon: IconBan },
};

type Decision = "approve" | "deny";

interface Failure {
  readonly general: readonly string[];
  readonly codes: readonly string[] | null;
}

function failureOf(error: unknown): Failure {
  const codes = error instanceof Problem && error.overrulable ? error.codes : null;
  return { general: [sentenceOf(error)], codes };
}

function Decide({ request, name }: { request: TimeOff; name: string }) {
  const [note, setNote] = useState("");
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = useTimeOffChange((api, input: { decision: Decision; accept?: readonly string[] }, requestId) =>
    api.decideTimeOff(request.id, input.decision, { version: request.version, note, accept: input.accept }, requestId),
  );
  const decide = async (decision: Decision, accept?: readonly string[]) => {
    setFailure(null);
    const outcome = await change.mutate({ decision, ...(accept ? { accept } : {}) });
    if (outcome.status !== "saved") setFailure(failureOf(outcome.error));
  };
  return (
    <div className={classes.decide}>
      {failure && (
        <Refused
          general={failure.general}
          overrule={failure.codes !== null}
          action="Approve"
          busy={change.pending > 0}
          anyway={() => void decide("approve", failure.codes ?? [])}
        />
      )}
      <Group gap={8} wrap="wrap">
        <TextInput
          className={classes.note}
          aria-label={`Note to ${name}`}
          placeholder={`Note to ${name.split(" ")[0]} (optional)`}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button variant="default" disabled={change.pending > 0} onClick={() => void decide("deny")}>
          Deny
        </Button>
        <Button loading={change.pending > 0} onClick={() => void decide("approve")}>
          Approve
        </Button>
      </Group>
    </div>
  );
}

function Cancel({ request }: { request: TimeOff }) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = useTimeOffChange((api, _: null, requestId) =>
    api.cancelTimeOff(request.id, request.version, requestId),
  );
  const cancel = async () => {
    const outcome = await change.mutate(null);
    if (outcome.status !== "saved") setFailure(failureOf(outcome.error));
  };
  return (
    <div className={classes.decide}>
      {failure && <Refused general={failure.general} overrule={false} action="Cancel" busy={false} anyway={() => {}} />}
      <Group justify="flex-end">
        <Button variant="default" size="xs" loading={change.pending > 0} onClick={() => void cancel()}>
          {request.status === "pending" ? "Take it back" : "Cancel this time off"}
        </Button>
      </Group>
    </div>
  );
}

/** One request for time off: who, when, why, what became of it, and what the reader may do about it. */
export function RequestCard({ request, name, zones }: Props) {
  const { me, manager } = useSignedIn();
  const now = useNow();
  const { word, Icon } = STATUS[request.status];
  const mine = request.staff_id === me.id;
  const open = request.status === "pending" || request.status === "approved";
  return (
    <article className={classes.card} data-request={request.id} data-version={request.version}>
      <div className={classes.head}>
        <Face name={name} size={38} />
        <div className={classes.text}>
          <h3 className={classes.name}>{name}</h3>
          <p className={classes.period}>{period(request, zoneOfSpan(request, zones))}</p>
        </div>
        <span className={classes.status} data-status={request.status}>
          <Icon size={14} stroke={2} aria-hidden="true" />
          {word}
        </span>
      </div>
      {request.note && <p className={classes.quote}>“{request.note}”</p>}
      {request.decided_by && (
        <p className={classes.decided}>
          {word} by {request.decided_by.name}, {ago(request.updated_at, now)}
          {request.decision_note && <>: “{request.decision_note}”</>}
        </p>
      )}
      {manager && request.status === "pending" && <Decide request={request} name={name} />}
      {mine && open && <Cancel request={request} />}
    </article>
  );
}
