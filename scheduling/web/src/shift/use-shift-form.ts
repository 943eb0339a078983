import { useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import type { Api } from "../api/api";
import { Problem, type Reason, type Stale, sentenceOf } from "../api/problem";
import type { Location, Schedule } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { useSignedIn } from "../session/signed-in";
import { useSaveShift } from "./mutations";
import {
  changesFrom,
  type Fields,
  fieldsOf,
  placeReasons,
  type ShiftValues,
  shownAs,
  valuesOf,
  zoneOf,
} from "./shift-fields";

type Status = Schedule["status"];

interface Saving {
  readonly base: Schedule | null;
  readonly fields: Fields;
  readonly status: Status;
  readonly accept: readonly string[] | undefined;
  readonly shown: Schedule;
}

/** Why the last attempt was refused, but for what stands beside the fields. */
export interface Refusal {
  readonly status: Status;
  readonly general: readonly string[];
  /** Codes with which "Save anyway" would be taken; null when a reason is hard. */
  readonly overrule: readonly string[] | null;
  readonly stale: Stale<Schedule> | null;
}

function send(api: Api, { base, fields, status, accept }: Saving, requestId: string): Promise<Schedule> {
  if (!base) return api.createSchedule({ ...fields, status, accept }, requestId);
  const changes = { ...changesFrom(base, fields, status), version: base.version, accept };
  return api.changeSchedule(base.id, changes, requestId);
}

function refusalOf(error: unknown, status: Status): { refusal: Refusal; reasons: readonly Reason[] } {
  const refusal = { status, general: [], overrule: null, stale: null };
  if (!(error instanceof Problem)) return { refusal: { ...refusal, general: [sentenceOf(error)] }, reasons: [] };
  const stale = error.stale<Schedule>();
  if (stale) return { refusal: { ...refusal, stale }, reasons: [] };
  if (error.reasons.length === 0) return { refusal: { ...refusal, general: [sentenceOf(error)] }, reasons: [] };
  const { general } = placeReasons(error.reasons);
  return { refusal: { ...refusal, general, overrule: error.overrulable ? error.codes : null }, reasons: error.reasons };
}

/** Somebody else saved this shift while it stands open here. */
function meanwhile(base: Schedule | null, live: Schedule | null): Stale<Schedule> | null {
  if (!base || !live || live.version <= base.version) return null;
  const detail = `${live.updated_by?.name ?? "Somebody"} changed this shift while you were editing it.`;
  return { detail, changedBy: live.updated_by, changedAt: live.updated_at, current: live };
}

interface Options {
  /** The shift that is edited; null for a new one. */
  readonly schedule: Schedule | null;
  /** The same shift as it is now; null when it is gone from the week. */
  readonly live: Schedule | null;
  readonly initial: ShiftValues;
  readonly locations: readonly Location[];
  readonly close: () => void;
}

/**
 * The shift form: its values, the version they started from, and what the server said. A change by others is taken over
 * silently while nothing has been entered; otherwise it is a conflict, to be settled by taking theirs or saving mine.
 */
export function useShiftForm({ schedule, live, initial, locations, close }: Options) {
  const [base, setBase] = useState(schedule);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const form = useForm<ShiftValues>({ initialValues: initial });
  const saving = useSaveShift(send);
  const announce = useAnnounce();
  const { me } = useSignedIn();
  const zone = zoneOf(form.values.location, locations);
  const busy = saving.pending > 0;
  // While it is being saved, its own event may come before the answer.
  const conflict = refusal?.stale ?? (form.isDirty() && !busy ? meanwhile(base, live) : null);

  const takeTheirs = (current: Schedule) => {
    const values = valuesOf(current);
    form.setInitialValues(values);
    form.setValues(values);
    form.resetDirty(values);
    form.clearErrors();
    setBase(current);
    setRefusal(null);
  };

  const save = async (status: Status, options: { accept?: readonly string[]; over?: Schedule | null } = {}) => {
    const from = options.over ?? base;
    const read = fieldsOf(form.values, zone);
    if ("errors" in read) return form.setErrors(read.errors);
    setBase(from);
    setRefusal(null);
    form.clearErrors();
    const shown = shownAs(from, { ...read.fields, status }, zone, me);
    const outcome = await saving.mutate({ base: from, fields: read.fields, status, accept: options.accept, shown });
    if (outcome.status === "saved") {
      announce(from ? "You saved the shift." : "You added a shift.");
      return close();
    }
    const told = refusalOf(outcome.error, status);
    form.setErrors(placeReasons(told.reasons).errors);
    setRefusal(told.refusal);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the shift changes, not when the form does
  useEffect(() => {
    if (live && meanwhile(base, live) && !form.isDirty() && !busy && !refusal?.stale) takeTheirs(live);
  }, [live]);

  return { form, base, zone, save, saving: busy, refusal, conflict, takeTheirs };
}

export type ShiftFormState = ReturnType<typeof useShiftForm>;
