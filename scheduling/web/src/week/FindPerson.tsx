import { CloseButton, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { usePageLetters } from "../ui/use-page-letters";
import classes from "./FindPerson.module.css";

interface Props {
  readonly find: string;
  readonly change: (find: string) => void;
  /** Among how many. */
  readonly people: number;
}

/** Leaves only the people whose names have these letters. `/` goes there; Esc empties it. */
export function FindPerson({ find, change, people }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  usePageLetters([["/", () => field.current?.focus()]]);
  return (
    <TextInput
      ref={field}
      size="xs"
      classNames={classes}
      aria-label={t("week.find.label")}
      placeholder={t("week.people", { count: people })}
      leftSection={<IconSearch size={14} stroke={1.8} aria-hidden="true" />}
      rightSection={find && <CloseButton size="xs" aria-label={t("week.find.clear")} onClick={() => change("")} />}
      value={find}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        // The grid's own keys are not for what is typed here.
        event.stopPropagation();
        if (event.key === "Escape") change("");
      }}
    />
  );
}
