import { Textarea, type TextareaProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Characters that the server takes of any note. */
const MOST_NOTE = 1_000;
/** So many characters before the limit it is said how many are left. */
const NEAR = 200;

type Props = Omit<TextareaProps, "value" | "maxLength" | "inputWrapperOrder"> & { readonly value?: string };

/** Something that people say to one another; what is left of the room for it is said while typing, once it becomes little. */
export function NoteField({ description, value = "", ...props }: Props) {
  const { t } = useTranslation();
  const left = MOST_NOTE - value.length;
  return (
    <Textarea
      autosize
      maxLength={MOST_NOTE}
      value={value}
      description={left > NEAR ? description : <span role="status">{t("shell.noteLeft", { count: left })}</span>}
      {...props}
    />
  );
}
