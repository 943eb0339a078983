import type { Week } from "../grid/use-week";
import { useSignedIn } from "../session/signed-in";
import { Arriving } from "../ui/Arriving";
import { soon } from "../ui/soon";

const RepeatDialog = soon(() => import("./RepeatDialog").then((module) => module.RepeatDialog));

interface Props {
  /** Which shift of the week is repeated, if any. */
  readonly id: number | undefined;
  readonly week: Week;
  readonly close: () => void;
}

/** The dialog that repeats a shift, while one is. */
export function Repeating({ id, week, close }: Props) {
  const { manager } = useSignedIn();
  const shift = manager && id !== undefined ? week.shifts?.get(id) : undefined;
  return <Arriving>{shift && <RepeatDialog key={id} shift={shift} opened close={close} />}</Arriving>;
}
