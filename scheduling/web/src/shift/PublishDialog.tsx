import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { reasonSentence } from "../rules/reasons";
import { Dialog } from "../shell/Dialog";
import { dayShort, timeSpan } from "../time/words";
import { wallTime } from "../time/zone";
import { useDesk } from "../week/desk";
import type { Translate } from "../words/language";
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

function failureOf(t: Translate, error: unknown): Failure {
  if (!(error instanceof Problem) || error.reasons.length === 0) return { general: [sentenceOf(error)], codes: null };
  const general = [...new Set(error.reasons.map((reason) => reasonSentence(t, reason)))];
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
  const { t } = useTranslation();
  const [failure, setFailure] = useState<Failure | null>(null);
  const publishing = usePublish();
  const announce = useAnnounce();
  const leave = () => {
    setFailure(null);
    close();
  };
  const publish = async (accept?: readonly string[]) => {
    const outcome = await publishing.mutate({ shifts: drafts, ...(accept ? { accept } : {}) });
    if (outcome.status !== "saved") return setFailure(failureOf(t, outcome.error));
    announce(t("shift.done.published", { count: drafts.length }));
    leave();
  };
  const anyway = () => void publish(failure?.codes ?? []);
  return (
    <Dialog
      opened={opened && drafts.length > 0}
      close={leave}
      title={t("shift.publishing.title", { count: drafts.length })}
      size={540}
    >
      <Text size="sm" c="dimmed">
        {t("shift.publishing.readers")}
      </Text>
      <DraftList drafts={drafts} />
      {failure && (
        <Refused
          general={failure.general}
          overrule={failure.codes && { action: "publish", busy: publishing.pending > 0, anyway }}
        />
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={leave}>
          {t("shift.publishing.notYet")}
        </Button>
        <Button loading={publishing.pending > 0} onClick={() => void publish()}>
          {t("shift.publishing.yes", { count: drafts.length })}
        </Button>
      </Group>
    </Dialog>
  );
}
