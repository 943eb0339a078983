import { Button, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import type { WeekDialogProps } from "../grid/use-week";
import { useAnnounce } from "../live/announcer";
import type { Template } from "../live.gen";
import { Refused } from "../rules/Refused";
import { useSignedIn } from "../session/signed-in";
import { Dialog } from "../ui/Dialog";
import { missing, type Remedy, remedied } from "./drafts";
import { Misfits } from "./Misfits";
import { useSaveTemplate, useTemplates } from "./queries";
import { TemplateLine } from "./TemplateLine";
import classes from "./TemplatesDialog.module.css";
import { draftsOf, templateShift } from "./templates";
import { useDrafting } from "./use-drafting";

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
  readonly apply: (template: Template) => Promise<void>;
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
            apply={() => void apply(template)}
            fail={fail}
          />
        ))}
    </ul>
  );
}

/** Sets of shifts under names: the week on the screen is saved as one, or drafted from one. */
export function TemplatesDialog({ opened, close, week, monday }: WeekDialogProps) {
  const { t } = useTranslation();
  const { api, me } = useSignedIn();
  const { data: templates, live } = useTemplates();
  const [failure, setFailure] = useState<string | null>(null);
  const [applied, setApplied] = useState<Template | null>(null);
  const [skipped, setSkipped] = useState("");
  const [remedy, setRemedy] = useState<Remedy>({ overrule: false, others: "leave" });
  const { refusal, busy, send, resend, forget } = useDrafting("create");
  const shifts = (week.grid?.shifts ?? []).map(({ schedule }) => schedule);
  const done = (name: string, leftOut: string) => (count: number) =>
    `${t("bulk.templates.done", { count, name })} ${leftOut}`.trim();
  const apply = async (template: Template) => {
    setFailure(null);
    setApplied(template);
    try {
      const full = await api.template(template.id);
      const { drafts, impossible } = draftsOf(full.shifts, monday, week.locations, me);
      const leftOut = impossible > 0 ? t("bulk.copy.impossible", { count: impossible }) : "";
      setSkipped(leftOut);
      const wanted = missing(drafts, shifts);
      if (wanted.length > 0) {
        if (await send(wanted, done(template.name, leftOut))) close();
      } else if (leftOut) {
        const there = drafts.length > 0 ? t("bulk.copy.there", { count: drafts.length }) : "";
        setFailure(`${there} ${leftOut}`.trim());
      } else setFailure(t("bulk.templates.allThere", { name: template.name }));
    } catch (error) {
      setFailure(sentenceOf(error));
    }
  };
  if (refusal && applied) {
    const count = remedied(refusal.drafts, refusal.objections, remedy).drafts.length;
    const again = async () => {
      if (await resend(remedy, done(applied.name, skipped))) close();
    };
    return (
      <Dialog opened={opened} close={close} title={applied.name} size={560}>
        <Stack gap="md">
          {skipped && (
            <Text size="sm" c="dimmed">
              {skipped}
            </Text>
          )}
          <Misfits refusal={refusal} remedy={remedy} choose={setRemedy} />
          <Group justify="flex-end">
            <Button variant="default" onClick={forget}>
              {t("bulk.templates.back")}
            </Button>
            <Button loading={busy} disabled={count === 0 || refusal.general !== null} onClick={() => void again()}>
              {t("bulk.templates.draft", { count })}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    );
  }
  return (
    <Dialog opened={opened} close={close} title={t("bulk.templates.title")} size={560}>
      <Stack gap="md">
        {failure && <Refused general={[failure]} />}
        <SaveWeek shifts={shifts} templates={templates ?? []} fail={setFailure} />
        <SavedTemplates
          templates={templates}
          error={live.error}
          busy={busy ? applied : null}
          apply={apply}
          fail={setFailure}
        />
      </Stack>
    </Dialog>
  );
}
