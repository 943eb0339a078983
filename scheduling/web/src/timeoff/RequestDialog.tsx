import { Modal } from "@mantine/core";
import type { TimeOff } from "../api/types";
import { RequestCard } from "./RequestCard";

interface Props {
  readonly request: TimeOff | null;
  readonly name: string;
  readonly zones: readonly string[];
  readonly close: () => void;
}

/** One request, opened from the week. */
export function RequestDialog({ request, name, zones, close }: Props) {
  return (
    <Modal opened={request !== null} onClose={close} title={<b>Time off</b>} size="lg">
      {request && <RequestCard request={request} name={name} zones={zones} />}
    </Modal>
  );
}
