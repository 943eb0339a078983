import { type EditContext, type LiveMutationOptions, type Outcome, useLiveMutation } from "@tidings/react/query";
import { hold } from "@tidings/react/query/offline";
import { useCallback, useContext, useState } from "react";
import { isUnreachable } from "../api/problem";
import type { Schedule } from "../api/types";
import { HistoryContext, type Rows, type Waiting } from "./history";
import type { OwnEvents } from "./own-events";
import { HELD, UnsentContext } from "./unsent";

/** The shift with the number and the version that the server knows, if nobody else has changed it. */
export type Known = (shift: Schedule) => Schedule;

/** What a request needs to know of shifts that were changed before it, and not sent. */
interface Sending extends EditContext {
  readonly known: Known;
}

/** What a change did; to be asked when it is needed, as its last events may still come. */
type Did = () => Rows;

interface Options<I, A> extends Omit<LiveMutationOptions<I, Schedule, A>, "mutationFn" | "offline"> {
  readonly mutationFn: (input: I, sending: Sending) => Promise<A>;
  /** What it is meant to do, to be named if it is not done. */
  readonly rowsOf: (input: I) => Rows;
  /** What an answer says that it did. */
  readonly doneBy: (input: I, answer: A, known: Known) => Rows;
  /** Keeps it so that it can be undone, or what it has undone; `did` rejects when it did nothing. */
  readonly keep: (input: I, did: Promise<Did>, waiting: Waiting) => Promise<unknown>;
}

interface Run<I> extends Waiting {
  readonly input: I;
  /** By what the server knows its shifts, as of when it was sent. */
  known: Known;
  held: boolean;
  withdrawn: boolean;
  readonly onHeld: (withdraw: () => boolean) => void;
  /** As its newest request has. */
  requestId: string;
  answered: Promise<Did> | null;
}

export interface UseHolding<I, A> {
  /** Never rejects. What could not be sent is `held`; if it is not saved then, it is found in the list of what was lost. */
  readonly mutate: (input: I) => Promise<Outcome<A, Schedule> | typeof HELD>;
  /** Those that are neither held nor done. */
  readonly pending: number;
}

/** Changes shifts, keeps what cannot be sent now, and remembers what was done. */
export function useHolding<I, A>(options: Options<I, A>): UseHolding<I, A> {
  const { mutationFn, edit, rowsOf, doneBy, keep, ...rest } = options;
  const unsent = useContext(UnsentContext);
  const { events } = useContext(HistoryContext);
  const [pending, setPending] = useState(0);
  const { mutate: send } = useLiveMutation<Run<I>, Schedule, A>({
    ...rest,
    mutationFn: (run, context) => {
      const known: Known = (shift) => knownBy(context, shift);
      run.known = known;
      events.follow(context.requestId);
      const sent = mutationFn(run.input, { ...context, known });
      run.requestId = context.requestId;
      run.answered = sent.then((answer) => () => doneBy(run.input, answer, known));
      run.answered.catch(() => {}); // The outcome tells it.
      return sent;
    },
    edit: edit && (({ input }) => edit(input)),
    offline: hold({ unreachable: isUnreachable, onHeld: ({ onHeld }, withdraw) => onHeld(withdraw) }),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a change is meant to do, is not another when it is drawn anew
  const mutate = useCallback(
    async (input: I) => {
      setPending((count) => count + 1);
      const done = await new Promise<Outcome<A, Schedule> | typeof HELD>((resolve) => {
        const run = runOf(input, rowsOf(input), () => resolve(HELD));
        const ended = send(run);
        const did = ended.then((outcome) => whatItDid(run, outcome, events));
        keep(input, did, run).catch(() => {}); // The outcome tells it.
        void ended.then((outcome) => {
          resolve(outcome);
          if (!run.held || run.withdrawn || outcome.status === "saved") return;
          const rows = run.rows.map(({ before, after }) => ({ before: before && run.known(before), after }));
          unsent.add(rows, outcome);
        });
      });
      setPending((count) => count - 1);
      return done;
    },
    [send, unsent, events],
  );
  return { mutate, pending };
}

function runOf<I>(input: I, rows: Rows, held: () => void): Run<I> {
  const run: Run<I> = {
    input,
    rows,
    known: (shift) => shift,
    held: false,
    withdrawn: false,
    withdraw: null,
    onHeld: (withdraw) => {
      run.held = true;
      run.withdraw = () => {
        run.withdrawn = withdraw();
        return run.withdrawn;
      };
      held();
    },
    requestId: "",
    answered: null,
  };
  return run;
}

/** As its answer says, which may come after its event, or where that is lost its events. */
async function whatItDid<I>(run: Run<I>, { status }: Outcome, events: OwnEvents): Promise<Did> {
  if (status !== "saved") throw new Error(status);
  const told = () => events.rowsOf(run.requestId, run.rows);
  return run.answered ? run.answered.catch(() => told) : told;
}

/** With the number and the version that the reader's own earlier changes have given it. */
function knownBy({ idOf, versionOf }: EditContext, shift: Schedule): Schedule {
  return { ...shift, id: Number(idOf(shift.id)), version: versionOf(shift.id) ?? shift.version };
}
