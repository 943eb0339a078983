import { Button, Group } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Conflict } from "../api/problem";
import type { Schedule } from "../api/types";
import { clockTime, dayShort } from "../time/words";
import { Notice } from "../ui/Notice";
import type { Translate } from "../words/language";
import classes from "./Conflict.module.css";
import type { Question } from "./merge";
import { OPEN } from "./shift-fields";

type NameOf = (staffId: number) => string;

function shown(t: Translate, { field, theirs }: Question, nameOf: NameOf): string {
  if (field === "staff") return theirs === OPEN ? t("live.conflict.nobody") : nameOf(Number(theirs));
  if (field === "day") return dayShort(theirs);
  return field === "start" || field === "end" ? clockTime(theirs) : theirs;
}

interface AskProps {
  readonly question: Question;
  readonly nameOf: NameOf;
  readonly take: () => void;
  readonly keep: () => void;
}

function Ask({ question, nameOf, take, keep }: AskProps) {
  const { t } = useTranslation();
  const id = useId();
  const who = question.by ?? t("live.conflict.somebody");
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a frame and a legend of its own looks
    <div role="group" aria-labelledby={id} className={classes.question}>
      <p id={id} className={classes.sentence}>
        {t(`live.conflict.${question.field}`, { who, value: shown(t, question, nameOf) })}
      </p>
      <Group gap={8}>
        <Button size="xs" variant="default" onClick={take}>
          {t("live.conflict.take")}
        </Button>
        <Button size="xs" variant="default" onClick={keep}>
          {t("live.conflict.keep")}
        </Button>
      </Group>
    </div>
  );
}

interface QuestionsProps {
  readonly questions: readonly Question[];
  readonly nameOf: NameOf;
  readonly take: (question: Question) => void;
  readonly keep: (question: Question) => void;
}

/** What others and the reader both changed, to be settled field by field. What they alone changed is in the form already. */
export function Questions({ questions, nameOf, take, keep }: QuestionsProps) {
  const { t } = useTranslation();
  return (
    <Notice tone="warn" icon={IconUsers} title={t("live.conflict.title")} urgent>
      {questions.map((question) => (
        <Ask key={question.field} {...{ question, nameOf }} take={() => take(question)} keep={() => keep(question)} />
      ))}
    </Notice>
  );
}

interface LateProps {
  readonly conflict: Conflict<Schedule>;
  readonly close: () => void;
}

/** Somebody else was faster, and nothing is left to be asked: says who, and what to do now. */
export function Late({ conflict: { sentence, current }, close }: LateProps) {
  const { t } = useTranslation();
  return (
    <Notice tone="warn" icon={IconUsers} title={sentence} urgent>
      {current ? (
        <p>{t("live.conflict.taken")}</p>
      ) : (
        <Group justify="space-between">
          <p>{t("live.conflict.gone")}</p>
          <Button size="xs" variant="default" onClick={close}>
            {t("live.conflict.close")}
          </Button>
        </Group>
      )}
    </Notice>
  );
}
