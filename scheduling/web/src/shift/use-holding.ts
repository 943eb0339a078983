import { type EditContext, type LiveMutationOptions, type Outcome, useLiveMutation } from "@tidings/react/query";
import { hold } from "@tidings/react/query/offline";
import { useCallback, useContext, useState } from "react";
import { isUnreachable } from "../api/problem";
import type { Schedule } from "../api/types";
import type { Rows } from "./history";
import { HELD, UnsentContext } from "./unsent";

/** What a request needs to know of shifts that were changed before it, and not sent. */
interface Sending extends EditContext {
  /** The shift with the number and the version that the server knows, if nobody else has changed it. */
  readonly known: (shift: Schedule) => Schedule;
}

interface Options<I, A> extends Omit<LiveMutationOptions<I, Schedule, A>, "mutationFn" | "offline"> {
  readonly mutationFn: (input: I, sending: Sending) => Promise<A>;
  /** What it is meant to do, to be named if it is not done. */
  readonly rowsOf: (input: I) => Rows;
}

interface Run<I> {
  readonly input: I;
  /** By what the server knows its shifts, as of when it was sent. */
  known: (shift: Schedule) => Schedule;
  held: boolean;
  readonly onHeld: () => void;
}

export interface UseHolding<I, A> {
  /** Never rejects. What could not be sent is `held`; if it is not saved then, it is found in the list of what was lost. */
  readonly mutate: (input: I) => Promise<Outcome<A, Schedule> | typeof HELD>;
  /** Those that are neither held nor done. */
  readonly pending: number;
}

/** Changes shifts, and keeps what cannot be sent now. */
export function useHolding<I, A>(options: Options<I, A>): UseHolding<I, A> {
  const { mutationFn, edit, rowsOf, ...rest } = options;
  const unsent = useContext(UnsentContext);
  const [pending, setPending] = useState(0);
  const { mutate: send } = useLiveMutation<Run<I>, Schedule, A>({
    ...rest,
    mutationFn: (run, context) => {
      run.known = (shift) => knownBy(context, shift);
      return mutationFn(run.input, { ...context, known: run.known });
    },
    edit: edit && (({ input }) => edit(input)),
    offline: hold({ unreachable: isUnreachable, onHeld: ({ onHeld }) => onHeld() }),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a change is meant to do, is not another when it is drawn anew
  const mutate = useCallback(
    async (input: I) => {
      setPending((count) => count + 1);
      const done = await new Promise<Outcome<A, Schedule> | typeof HELD>((resolve) => {
        const run: Run<I> = {
          input,
          known: (shift) => shift,
          held: false,
          onHeld: () => {
            run.held = true;
            resolve(HELD);
          },
        };
        void send(run).then((outcome) => {
          resolve(outcome);
          if (!run.held || outcome.status === "saved") return;
          const rows = rowsOf(input).map(({ before, after }) => ({ before: before && run.known(before), after }));
          unsent.add(rows, outcome);
        });
      });
      setPending((count) => count - 1);
      return done;
    },
    [send, unsent],
  );
  return { mutate, pending };
}

/** With the number and the version that the reader's own earlier changes have given it. */
function knownBy({ idOf, versionOf }: EditContext, shift: Schedule): Schedule {
  return { ...shift, id: Number(idOf(shift.id)), version: versionOf(shift.id) ?? shift.version };
}
