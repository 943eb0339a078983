import { Button, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { MOST_AT_ONCE } from "../api/api";
import { sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import type { WeekDialogProps } from "../grid/use-week";
import { useAnnounce } from "../live/announcer";
import type { Template } from "../live.gen";
import { Refused } from "../rules/Refused";
import { useSignedIn } from "../session/signed-in";
import { Dialog } from "../ui/Dialog";
import { DraftingFoot } from "./DraftingFoot";
import { missing } from "./drafts";
import { useSaveTemplate, useTemplates } from "./queries";
import { TemplateLine } from "./TemplateLine";
import classes from "./TemplatesDialog.module.css";
import { templateDrafts, templateShift } from "./templates";
import { type Drafting, type Refusal, useDrafting } from "./use-drafting";

interface SaveProps {
  readonly shifts: readonly Schedule[];
  readonly templates: readonly Template[];
  readonly fail: (why: string | null) => void;
}

function SaveWeek({ shifts, templates, fail }: SaveProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const { mutate, pending } = useSaveTemplate();
  const announce = useAnnounce();
  const wanted = name.trim();
  const replaces = templates.find((each) => each.name === wanted) ?? null;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const outcome = await mutate({ name: wanted, shifts: shifts.map(templateShift), replaces });
    if (outcome.status !== "saved") return fail(sentenceOf(outcome.error));
    fail(null);
    setName("");
    announce(t("bulk.templates.saved", { name: wanted }));
  };
  return (
    <form onSubmit={(event) => void save(event)}>
      <Group align="flex-end" gap="sm">
        <TextInput
          className={classes.name}
          label={t("bulk.templates.name")}
          placeholder={t("bulk.templates.placeholder")}
          description={shifts.length === 0 ? t("bulk.templates.nothing") : undefined}
          disabled={shifts.length === 0}
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={pending > 0} disabled={!wanted || shifts.length === 0}>
          {replaces ? t("bulk.templates.replace") : t("bulk.templates.save", { count: shifts.length })}
        </Button>
      </Group>
    </form>
  );
}

interface SavedProps {
  /** Undefined until they are there. */
  readonly templates: readonly Template[] | undefined;
  readonly error: Error | null;
  /** The one that is being drafted. */
  readonly busy: Template | null;
  readonly apply: (template: Template) => void;
  readonly fail: (why: string | null) => void;
}

function SavedTemplates({ templates, error, busy, apply, fail }: SavedProps) {
  const { t } = useTranslation();
  if (!templates) return error ? <Refused general={[sentenceOf(error)]} /> : <Skeleton height={56} radius={10} />;
  if (templates.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("bulk.templates.none")}
      </Text>
    );
  }
  return (
    <ul className={classes.list} aria-label={t("bulk.templates.list")}>
      {[...templates]
        .sort((a, b) => a.name.localeCompare(b.name))
        .map((template) => (
          <TemplateLine
            key={template.id}
            template={template}
            busy={busy?.id === template.id}
            apply={() => apply(template)}
            fail={fail}
          />
        ))}
    </ul>
  );
}

/** What is drafted from a template, and what of it the clocks skip. */
interface Applied {
  readonly template: Template;
  readonly skipped: string;
}

function useApplying({ week, monday, close }: WeekDialogProps) {
  const { t } = useTranslation();
  const { api, me } = useSignedIn();
  const [failure, setFailure] = useState<string | null>(null);
  const [applied, setApplied] = useState<Applied | null>(null);
  const drafting = useDrafting("create");
  const shifts = (week.grid?.shifts ?? []).map(({ schedule }) => schedule);
  const draft = async (template: Template) => {
    const full = await api.template(template.id);
    const { drafts, impossible } = templateDrafts(full.shifts, monday, week.locations, me);
    const skipped = impossible > 0 ? t("bulk.copy.impossible", { count: impossible }) : "";
    setApplied({ template, skipped });
    const wanted = missing(drafts, shifts);
    if (wanted.length > 0) {
      const { name } = template;
      const done = (count: number) => `${t("bulk.templates.done", { count, name })} ${skipped}`.trim();
      if (await drafting.send(wanted, done)) close();
    } else if (skipped) {
      const there = drafts.length > 0 ? t("bulk.copy.there", { count: drafts.length }) : "";
      setFailure(`${there} ${skipped}`.trim());
    } else setFailure(t("bulk.templates.allThere", { name: template.name }));
  };
  const apply = (template: Template) => {
    setFailure(null);
    setApplied({ template, skipped: "" });
    draft(template).catch((error: unknown) => setFailure(sentenceOf(error)));
  };
  return { drafting, shifts, applied, apply, failure, setFailure };
}

interface MisfittingProps {
  readonly drafting: Drafting;
  readonly refusal: Refusal;
  readonly skipped: string;
  readonly close: () => void;
}

/** Instead of the templates: what of one does not fit. */
function Misfitting({ drafting, refusal, skipped, close }: MisfittingProps) {
  const { t } = useTranslation();
  const words = {
    yes: (count: number) => t("bulk.templates.draft", { count }),
    tooMany: (count: number) => t("bulk.copy.tooMany", { count, most: MOST_AT_ONCE }),
    done: refusal.done,
    cancel: t("bulk.templates.back"),
  };
  return (
    <>
      {skipped && (
        <Text size="sm" c="dimmed">
          {skipped}
        </Text>
      )}
      <DraftingFoot {...{ drafting, words, close }} wanted={refusal.drafts} cancel={drafting.forget} />
    </>
  );
}

/** Sets of shifts under names: the week on the screen is saved as one, or drafted from one. */
export function TemplatesDialog(props: WeekDialogProps) {
  const { t } = useTranslation();
  const { data: templates, live } = useTemplates();
  const { drafting, shifts, applied, apply, failure, setFailure } = useApplying(props);
  const { opened, close } = props;
  const { refusal, busy } = drafting;
  const unfit = refusal && applied;
  return (
    <Dialog opened={opened} close={close} title={unfit ? unfit.template.name : t("bulk.templates.title")} size={560}>
      <Stack gap="md">
        {unfit ? (
          <Misfitting {...{ drafting, refusal, close }} skipped={unfit.skipped} />
        ) : (
          <>
            {failure && <Refused general={[failure]} />}
            <SaveWeek shifts={shifts} templates={templates ?? []} fail={setFailure} />
            <SavedTemplates
              templates={templates}
              error={live.error}
              busy={busy && applied ? applied.template : null}
              apply={apply}
              fail={setFailure}
            />
          </>
        )}
      </Stack>
    </Dialog>
  );
}
