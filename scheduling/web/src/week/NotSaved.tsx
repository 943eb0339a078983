import { ActionIcon, Button } from "@mantine/core";
import { IconCloudX, IconX } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import { reasonSentences } from "../api/reasons";
import type { Schedule } from "../api/types";
import { useDesk } from "../grid/desk";
import { useAnnounce } from "../live/announcer";
import type { RowChange } from "../live/changes";
import { why } from "../plan/use-plan";
import { type Audience, whose } from "../shift/announcements";
import { useBatch } from "../shift/mutations";
import { type Lost, useLost } from "../shift/unsent";
import { whenOf } from "../time/words";
import classes from "./NotSaved.module.css";

function kindOf({ before, after }: RowChange<Schedule>) {
  if (!before) return "added";
  if (!after) return "removed";
  return before.status === "draft" && after.status === "published" ? "published" : "changed";
}

/** What was to be done, and why it was not: of several shifts the first. */
function sentenceOf({ rows, outcome }: Lost, audience: Audience): string {
  const { t, nameOf } = audience;
  const [row] = rows;
  const shift = row?.after ?? row?.before;
  const kind = row ? kindOf(row) : "changed";
  const told = shift ? { what: whose(shift, audience), when: whenOf(shift) } : { what: "", when: "" };
  const problem = outcome.status === "refused" && outcome.error instanceof Problem ? outcome.error : null;
  const named = shift && shift.staff_id !== null ? nameOf(shift.staff_id) : undefined;
  const because = problem?.reasons.length ? reasonSentences(t, problem.reasons, named) : why(t, outcome);
  return t(`live.unsent.${kind}`, { ...told, why: because });
}

/** The shift where it is now; one that is nowhere, where it was to be. */
function placeOf({ rows: [row], outcome }: Lost): Schedule | null {
  const current = outcome.status === "conflict" ? outcome.current : null;
  return current ?? row?.before ?? row?.after ?? null;
}

/** How it can be tried again: past soft rules by naming them, as another shift in the form, or as it is. */
function remedyOf({ rows, outcome }: Lost) {
  const problem = outcome.error instanceof Problem ? outcome.error : null;
  const editable = rows.length === 1 && Boolean(rows[0]?.after);
  const accept = outcome.status === "refused" && problem?.overrulable ? problem.codes : null;
  return { accept, editable, repeatable: outcome.status === "refused" && !accept && !editable };
}

/** Sends it once more. */
function useAgain({ number, rows }: Lost) {
  const { t } = useTranslation();
  const { again, drop } = useLost();
  const { mutate, pending } = useBatch();
  const announce = useAnnounce();
  const send = async (accept?: readonly string[]) => {
    const kind = rows.every(({ before }) => !before)
      ? "create"
      : rows.every(({ after }) => !after)
        ? "delete"
        : "change";
    const outcome = await mutate({ kind, rows, accept });
    if (outcome.status === "refused" || outcome.status === "conflict") return again(number, outcome);
    announce(t(outcome.status === "held" ? "live.unsent.held" : "live.unsent.saved"), { shown: true });
    drop(number);
  };
  return { send: (accept?: readonly string[]) => void send(accept), sending: pending > 0 };
}

interface Ways {
  /** Goes to the week and the cell of a shift. */
  readonly show: (shift: Schedule) => void;
  /** Opens it in the form, as it was meant. */
  readonly edit: (lost: Lost) => void;
}

function Entry({ lost, show, edit }: Ways & { readonly lost: Lost }) {
  const { t } = useTranslation();
  const { me, nameOf } = useDesk();
  const { drop } = useLost();
  const { send, sending } = useAgain(lost);
  const { accept, editable, repeatable } = remedyOf(lost);
  const place = placeOf(lost);
  return (
    <li className={classes.entry}>
      <span className={classes.text}>{sentenceOf(lost, { t, me, nameOf })}</span>
      <span className={classes.ways}>
        {accept && (
          <Button size="compact-sm" loading={sending} onClick={() => send(accept)}>
            {t("rules.anyway.save")}
          </Button>
        )}
        {repeatable && (
          <Button size="compact-sm" loading={sending} onClick={() => send()}>
            {t("live.unsent.again")}
          </Button>
        )}
        {editable && (
          <Button size="compact-sm" variant="default" disabled={sending} onClick={() => edit(lost)}>
            {t("live.unsent.edit")}
          </Button>
        )}
        {place && (
          <Button size="compact-sm" variant="default" onClick={() => show(place)}>
            {t("live.unsent.show")}
          </Button>
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          size={26}
          disabled={sending}
          aria-label={t("live.unsent.drop")}
          onClick={() => drop(lost.number)}
        >
          <IconX size={15} aria-hidden="true" />
        </ActionIcon>
      </span>
    </li>
  );
}

/** What the reader did while it could not be sent, and was refused when it was: there until each is decided about. */
export function NotSaved(ways: Ways) {
  const { t } = useTranslation();
  const { lost } = useLost();
  const announce = useAnnounce();
  const count = lost.length;
  const title = t("live.unsent.lost", { count });

  const told = useRef(0);

  useEffect(() => {
    if (count > told.current) announce(`${t("live.unsent.lost", { count })}.`, { shown: true });
    told.current = count;
  }, [count, announce, t]);

  return (
    <section className={classes.lost} aria-label={title}>
      <p className={classes.title}>
        <IconCloudX className={classes.icon} size={17} stroke={1.8} aria-hidden="true" />
        {title}
      </p>
      <ul className={classes.list}>
        {lost.map((each) => (
          <Entry key={each.number} lost={each} {...ways} />
        ))}
      </ul>
    </section>
  );
}
