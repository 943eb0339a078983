import { Button, CloseButton, Popover, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Face } from "../ui/Face";
import { CaughtUpBanner } from "./Banner";
import classes from "./CaughtUp.module.css";

/** One thing that others did meanwhile. */
export interface Happening {
  readonly id: number;
  readonly sentence: string;
  /** Who did it; null when that is not known. */
  readonly by: string | null;
  /** Shows what it is about; null when that is gone. */
  readonly open: (() => void) | null;
}

/** Longer lists are cut: the week itself shows all of it. */
const SHOWN = 100;

interface EntryProps {
  readonly happening: Happening;
  readonly close: () => void;
}

function Entry({ happening: { sentence, by, open }, close }: EntryProps) {
  const content = (
    <>
      {by ? (
        <Face name={by} size={24} />
      ) : (
        <IconTrash className={classes.mark} size={16} stroke={1.7} aria-hidden="true" />
      )}
      {sentence}
    </>
  );
  if (!open) return <span className={classes.entry}>{content}</span>;
  const show = () => {
    close();
    open();
  };
  return (
    <UnstyledButton className={classes.entry} onClick={show}>
      {content}
    </UnstyledButton>
  );
}

interface ListProps {
  readonly label: string;
  readonly happenings: readonly Happening[];
}

/** A button that shows a list. */
function Listed({ label, happenings }: ListProps) {
  const [opened, setOpened] = useState(false);
  const { t } = useTranslation();
  const rest = happenings.length - SHOWN;
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-start"
      width="min(420px, calc(100vw - 24px))"
      shadow="md"
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          rightSection={<IconChevronDown size={15} aria-hidden="true" />}
          onClick={() => setOpened(!opened)}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <ul className={classes.list}>
          {happenings.slice(0, SHOWN).map((happening) => (
            <li key={happening.id}>
              <Entry happening={happening} close={() => setOpened(false)} />
            </li>
          ))}
        </ul>
        {rest > 0 && <p className={classes.rest}>{t("live.missed.more", { count: rest })}</p>}
        <p className={classes.rest}>{t("live.missed.scope")}</p>
      </Popover.Dropdown>
    </Popover>
  );
}

interface Props {
  readonly happenings: readonly Happening[];
  readonly dismiss: () => void;
}

/** "Caught up: 4 changes" after an outage: a button that shows them, each of which leads to its shift. */
export function CaughtUp({ happenings, dismiss }: Props) {
  const { t } = useTranslation();
  if (happenings.length === 0) return null;
  return (
    <CaughtUpBanner>
      <Listed label={t("live.missed.caughtUp", { count: happenings.length })} happenings={happenings} />
      <span className={classes.gap} />
      <CloseButton size="sm" aria-label={t("live.missed.hide")} onClick={dismiss} />
    </CaughtUpBanner>
  );
}
