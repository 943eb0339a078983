import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { Problem, sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { Dialog } from "../shell/Dialog";
import { count, dayShort, timeSpan } from "../time/words";
import { wallTime } from "../time/zone";
import { useDesk } from "../week/desk";
import { usePublish } from "./mutations";
import classes from "./PublishDialog.module.css";
import { Refused } from "./Refused";

interface Props {
  readonly opened: boolean;
  readonly drafts: readonly Schedule[];
  readonly close: () => void;
}

interface Failure {
  readonly general: readonly string[];
  readonly codes: readonly string[] | null;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Problem) || error.reasons.length === 0) return { general: [sentenceOf(error)], codes: null };
  const general = [...new Set(error.reasons.map((reason) => reason.message))];
  return { general, codes: error.overrulable ? error.codes : null };
}

function DraftList({ drafts }: { drafts: readonly Schedule[] }) {
  const { nameOf, colourOf } = useDesk();
  return (
    <ul className={classes.list}>
      {drafts.map((draft) => (
        <li key={draft.id} data-role={colourOf(draft.role)}>
          <span className={classes.who}>{nameOf(draft.staff_id)}</span>
          <span className={classes.when}>
            {dayShort(wallTime(draft.starts_at, draft.timezone).day)}, {timeSpan(draft, draft.timezone)}
          </span>
          <span className={classes.what}>{draft.role}</span>
        </li>
      ))}
    </ul>
  );
}

/** Publishes the week's drafts together: all of them, or none and why. */
export function PublishDialog({ opened, drafts, close }: Props) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const publishing = usePublish();
  const announce = useAnnounce();
  const leave = () => {
    setFailure(null);
    close();
  };
  const publish = async (accept?: readonly string[]) => {
    const outcome = await publishing.mutate({ shifts: drafts, ...(accept ? { accept } : {}) });
    if (outcome.status !== "saved") return setFailure(failureOf(outcome.error));
    announce(`You published ${count(drafts.length, "shift")}.`);
    leave();
  };
  return (
    <Dialog
      opened={opened && drafts.length > 0}
      close={leave}
      title={`Publish ${count(drafts.length, "draft")}`}
      size={540}
    >
      <Text size="sm" c="dimmed">
        The whole team sees these shifts at once, and the people they are for are told.
      </Text>
      <DraftList drafts={drafts} />
      {failure && (
        <Refused
          general={failure.general}
          overrule={failure.codes !== null}
          action="Publish"
          busy={publishing.pending > 0}
          anyway={() => void publish(failure.codes ?? [])}
        />
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={leave}>
          Not yet
        </Button>
        <Button loading={publishing.pending > 0} onClick={() => void publish()}>
          Publish {drafts.length === 1 ? "it" : `all ${drafts.length}`}
        </Button>
      </Group>
    </Dialog>
  );
}
