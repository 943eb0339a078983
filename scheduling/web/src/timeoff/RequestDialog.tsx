import { useTranslation } from "react-i18next";
import type { TimeOff } from "../api/types";
import { Dialog } from "../ui/Dialog";
import { RequestCard } from "./RequestCard";

interface Props {
  readonly request: TimeOff | null;
  readonly name: string;
  readonly zones: readonly string[];
  readonly close: () => void;
}

/** One request, opened from the week. */
export function RequestDialog({ request, name, zones, close }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={request !== null} close={close} title={t("timeoff.page")} size={620}>
      {request && <RequestCard request={request} name={name} zones={zones} />}
    </Dialog>
  );
}
