import { Button } from "@mantine/core";
import { IconCloudOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import { Notice } from "./Notice";

interface Props {
  readonly what: string;
  readonly error: unknown;
  readonly retry: () => void;
}

/** Says that something could not be loaded, and offers to try again. */
export function Failure({ what, error, retry }: Props) {
  const { t } = useTranslation();
  return (
    <Notice tone="bad" icon={IconCloudOff} title={t("shell.failed", { what })} urgent>
      <p>{sentenceOf(error)}</p>
      <Button variant="default" size="xs" mt={10} onClick={retry}>
        {t("shell.tryAgain")}
      </Button>
    </Notice>
  );
}
