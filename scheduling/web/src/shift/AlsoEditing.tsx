import { IconPencil } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../grid/desk";
import { useAnnounce } from "../live/announcer";
import { useEditors } from "../live/presence";
import { list } from "../time/words";
import { Notice } from "../ui/Notice";

/** Says who else is editing the shift. It keeps nobody from saving: what both change is asked about then. */
export function AlsoEditing({ shift }: { shift: number }) {
  const { t } = useTranslation();
  const { nameOf } = useDesk();
  const announce = useAnnounce();
  const editors = useEditors(shift);
  const told =
    editors.length > 0 ? t("live.presence.too", { count: editors.length, names: list(t, editors.map(nameOf)) }) : "";
  useEffect(() => announce(told, { shown: true }), [announce, told]);
  if (!told) return null;
  return (
    <Notice tone="quiet" icon={IconPencil} title={told}>
      <p>{t("live.presence.both")}</p>
    </Notice>
  );
}
