import { ActionIcon, Button, Group, Popover, Text, TextInput, Tooltip } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import { useAnnounce } from "../live/announcer";
import type { Template } from "../live.gen";
import { useNow } from "../time/use-now";
import { ago } from "../time/words";
import { useDeleteTemplate, useRenameTemplate } from "./queries";
import classes from "./TemplateLine.module.css";

interface Props {
  readonly template: Template;
  readonly busy: boolean;
  readonly apply: () => void;
  /** Says why something was not done. */
  readonly fail: (why: string) => void;
}

function Rename({ template, close, fail }: Pick<Props, "template" | "fail"> & { close: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(template.name);
  const { mutate } = useRenameTemplate();
  const announce = useAnnounce();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    close();
    const wanted = name.trim();
    if (!wanted || wanted === template.name) return;
    const outcome = await mutate({ ...template, name: wanted });
    if (outcome.status === "saved") announce(t("bulk.templates.renamed", { name: wanted }));
    else fail(sentenceOf(outcome.error));
  };
  return (
    <form className={classes.rename} onSubmit={(event) => void submit(event)}>
      <TextInput
        size="xs"
        maxLength={80}
        aria-label={t("bulk.templates.newName", { name: template.name })}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
        autoFocus
      />
      <Button size="xs" type="submit" variant="default">
        {t("bulk.templates.keep")}
      </Button>
    </form>
  );
}

function Delete({ template, fail }: Pick<Props, "template" | "fail">) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { mutate } = useDeleteTemplate();
  const announce = useAnnounce();
  const { name } = template;
  const remove = async () => {
    setAsking(false);
    const outcome = await mutate(template);
    if (outcome.status === "saved") announce(t("bulk.templates.deleted", { name }));
    else fail(sentenceOf(outcome.error));
  };
  const label = t("bulk.templates.delete", { name });
  return (
    <Popover opened={asking} onChange={setAsking} position="top-end" width={280} shadow="md" trapFocus withArrow>
      <Popover.Target>
        <Tooltip label={label}>
          <ActionIcon variant="subtle" color="gray" size={30} aria-label={label} onClick={() => setAsking(true)}>
            <IconTrash size={16} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" fw={600} mb={10}>
          {t("bulk.templates.ask", { name })}
        </Text>
        <Group gap={8}>
          <Button size="xs" variant="default" onClick={() => setAsking(false)}>
            {t("bulk.templates.no")}
          </Button>
          <Button size="xs" color="red.8" onClick={() => void remove()}>
            {t("bulk.templates.yes")}
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}

/** One template: drafted into the week, renamed or deleted. */
export function TemplateLine({ template, busy, apply, fail }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const [renaming, setRenaming] = useState(false);
  const { name, count, updated_by, updated_at } = template;
  const shifts = t("week.shifts", { count });
  const rename = t("bulk.templates.rename", { name });
  return (
    <li className={classes.line}>
      <div className={classes.what}>
        {renaming ? (
          <Rename template={template} close={() => setRenaming(false)} fail={fail} />
        ) : (
          <span className={classes.name}>{name}</span>
        )}
        <span className={classes.of}>
          {updated_by ? t("bulk.templates.of", { shifts, name: updated_by.name, ago: ago(updated_at, now) }) : shifts}
        </span>
      </div>
      <Button
        size="xs"
        variant="light"
        loading={busy}
        aria-label={t("bulk.templates.applyThis", { name })}
        onClick={apply}
      >
        {t("bulk.templates.apply")}
      </Button>
      <Tooltip label={rename}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={30}
          aria-label={rename}
          aria-expanded={renaming}
          onClick={() => setRenaming(!renaming)}
        >
          <IconPencil size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <Delete template={template} fail={fail} />
    </li>
  );
}
