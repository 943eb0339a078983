import { Button, Group } from "@mantine/core";
import { IconAlertCircle, IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Notice } from "../ui/Notice";

/** The way past soft rules. */
interface Overrule {
  /** What was tried. */
  readonly action: "save" | "publish";
  readonly busy: boolean;
  readonly anyway: () => void;
}

interface Props {
  /** Reasons that no field shows. */
  readonly general: readonly string[];
  /** Null when a reason is hard. */
  readonly overrule?: Overrule | null;
}

/** Why something was not done, and the way past the soft rules. */
export function Refused({ general, overrule = null }: Props) {
  const { t } = useTranslation();
  const reasons = general.length > 0 ? general : [t("shift.refused.beside")];
  return (
    <Notice
      tone={overrule ? "warn" : "bad"}
      icon={overrule ? IconAlertTriangle : IconAlertCircle}
      title={overrule ? t("shift.refused.soft") : t("shift.refused.title")}
      urgent
    >
      {reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      {overrule && (
        <Group mt={10}>
          <Button size="xs" variant="default" loading={overrule.busy} onClick={overrule.anyway}>
            {t(`rules.anyway.${overrule.action}`)}
          </Button>
        </Group>
      )}
    </Notice>
  );
}
