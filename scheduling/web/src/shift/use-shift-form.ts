import { useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Api } from "../api/api";
import { type Conflict, conflictOf, Problem, type Reason, sentenceOf } from "../api/problem";
import type { ConsideredShift, Location, Schedule } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { considered, useCheck } from "../rules/use-check";
import { useSignedIn } from "../session/signed-in";
import type { Translate } from "../words/language";
import { merge, type Question } from "./merge";
import { useSaveShift } from "./mutations";
import { changesFrom, type Fields, placeReasons, readFields, type ShiftValues, shownAs, zoneOf } from "./shift-fields";

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
  readonly conflict: Conflict<Schedule> | null;
}

function send(api: Api, { base, fields, status, accept }: Saving, requestId: string): Promise<Schedule> {
  if (!base) return api.createSchedule({ ...fields, status, accept }, requestId);
  const changes = { ...changesFrom(base, fields, status), version: base.version, accept };
  return api.changeSchedule(base.id, changes, requestId);
}

function refusalOf(t: Translate, error: unknown, status: Status): { refusal: Refusal; reasons: readonly Reason[] } {
  const refusal = { status, general: [], overrule: null, conflict: null };
  const conflict = conflictOf<Schedule>(error);
  if (conflict) return { refusal: { ...refusal, conflict }, reasons: [] };
  if (!(error instanceof Problem) || error.reasons.length === 0) {
    return { refusal: { ...refusal, general: [sentenceOf(error)] }, reasons: [] };
  }
  const { general } = placeReasons(t, error.reasons);
  return { refusal: { ...refusal, general, overrule: error.overrulable ? error.codes : null }, reasons: error.reasons };
}

/** What the rules are asked about while it is entered; null until it is complete. */
function toConsider(t: Translate, values: ShiftValues, zone: string, base: Schedule | null): ConsideredShift | null {
  const read = readFields(t, values, zone, base);
  if ("errors" in read) return null;
  return considered(read.fields, base?.id);
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
 * The shift form: its values, the version they started from, and what the server said. What others change meanwhile is taken
 * over silently, but for the fields that the reader has changed too: these are asked about, one by one.
 */
export function useShiftForm({ schedule, live, initial, locations, close }: Options) {
  const [base, setBase] = useState(schedule);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [asked, setAsked] = useState<readonly Question[]>([]);
  const form = useForm<ShiftValues>({ initialValues: initial });
  const saving = useSaveShift(send);
  const announce = useAnnounce();
  const { t } = useTranslation();
  const { me } = useSignedIn();
  const zone = zoneOf(form.values.location, locations);
  const busy = saving.pending > 0;
  const questions = asked.filter(({ field, theirs }) => form.values[field] !== theirs);

  /** Puts the shift as others left it under what was entered. */
  const follow = (current: Schedule) => {
    if (!base || current.version <= base.version) return;
    const merged = merge(base, current, form.getValues(), questions);
    form.setValues(merged.taken);
    setAsked(merged.questions);
    setBase(current);
  };

  const keep = ({ field }: Question) => {
    setAsked((all) => all.filter((each) => each.field !== field));
    form.clearFieldError(field);
  };
  const take = (question: Question) => {
    form.setFieldValue(question.field, question.theirs);
    keep(question);
  };

  const save = async (status: Status, { accept }: { accept?: readonly string[] } = {}) => {
    const read = readFields(t, form.values, zone, base);
    if ("errors" in read) return form.setErrors(read.errors);
    if (questions.length > 0) {
      const unanswered = t("live.conflict.unanswered");
      return form.setErrors(Object.fromEntries(questions.map(({ field }) => [field, unanswered])));
    }
    setRefusal(null);
    form.clearErrors();
    const shown = shownAs(base, { ...read.fields, status }, zone, me);
    const outcome = await saving.mutate({ base, fields: read.fields, status, accept, shown });
    if (outcome.status === "saved") {
      announce(base ? t("shift.done.saved") : t("shift.done.added"));
      return close();
    }
    if (outcome.status === "held") {
      announce(t("live.unsent.held"), { shown: true });
      return close();
    }
    const told = refusalOf(t, outcome.error, status);
    form.setErrors(placeReasons(t, told.reasons).errors);
    setRefusal(told.refusal);
    if (told.refusal.conflict?.current) follow(told.refusal.conflict.current);
  };

  // While it is being saved, its own event may come before the answer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the shift changes, not when the form does
  useEffect(() => {
    if (live && !busy) follow(live);
  }, [live, busy]);

  const wanted = toConsider(t, form.values, zone, base);
  const check = useCheck(wanted);

  return { form, base, zone, save, saving: busy, refusal, questions, take, keep, wanted, check };
}

export type ShiftFormState = ReturnType<typeof useShiftForm>;
