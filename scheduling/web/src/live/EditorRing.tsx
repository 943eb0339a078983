import { VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { initials, list } from "../time/words";
import { hueOf } from "../ui/Face";
import classes from "./EditorRing.module.css";

/** Lies around a card that others are editing and says who they are; it takes no room and no clicks. */
export function EditorRing({ names }: { names: readonly string[] }) {
  const { t } = useTranslation();
  const [first = "", ...others] = names;
  const by = others.length > 0 ? `${initials(first)} +${others.length}` : initials(first);
  return (
    <>
      <span className={classes.ring} data-role={hueOf(first)} data-editors={by} aria-hidden="true" />
      <VisuallyHidden> {t("live.presence.editing", { count: names.length, names: list(t, names) })}</VisuallyHidden>
    </>
  );
}
