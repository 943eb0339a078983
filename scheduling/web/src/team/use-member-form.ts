import { useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { conflictOf, Problem, type Reason, sentenceOf } from "../api/problem";
import { reasonSentence } from "../api/reasons";
import { USUAL } from "../api/terms";
import type { Staff, StaffFields } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { changesFrom, errorsOf, type MemberValues, sameTerms, staffFields, termsOf, valuesOf } from "./member-fields";
import { useTeamChange } from "./queries";

const NOBODY: MemberValues = { name: "", email: "", role: "staff", skills: [], password: "", ...termsOf(USUAL) };

/** Somebody else changed the person while the form was open; `by` is null where only the change is known. */
export interface Meanwhile {
  readonly current: Staff;
  readonly by: string | null;
}

type Saving =
  | { readonly base: null; readonly fields: StaffFields }
  | { readonly base: Staff; readonly fields: Partial<StaffFields> };

function useSaveMember() {
  return useTeamChange((api, { base, fields }: Saving, requestId) =>
    base === null
      ? api.addStaff(fields, requestId)
      : api.changeStaff(base.id, { ...fields, version: base.version }, requestId),
  );
}

/** The input that a reason of the server is about. */
function pathOf({ field }: Reason): string {
  const [head = "", part] = field.split(".");
  if (head !== "contract") return head;
  return part === undefined || part === "name" ? "contract" : `limits.${part}`;
}

interface Options {
  /** Null: a new one. */
  readonly member: Staff | null;
  readonly team: ReadonlyMap<number, Staff>;
  readonly close: () => void;
}

/** Gives others their contract too, where they had the same one; answers with the names of those that somebody changed meanwhile. */
function useOthers(save: ReturnType<typeof useSaveMember>) {
  return async (others: readonly Staff[], contract: StaffFields["contract"]): Promise<string[]> => {
    const failed: string[] = [];
    for (const base of others) {
      const outcome = await save.mutate({ base, fields: { contract } });
      if (outcome.status !== "saved") failed.push(base.name);
    }
    return failed;
  };
}

/**
 * The form of one person: its values, the version that they started from, and what the server said. What others change meanwhile is
 * taken over while nothing was entered; else the reader is asked.
 */
export function useMemberForm({ member, team, close }: Options) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const form = useForm<MemberValues>({ initialValues: member ? valuesOf(member) : NOBODY });
  const [base, setBase] = useState(member);
  const [meanwhile, setMeanwhile] = useState<Meanwhile | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [withOthers, setWithOthers] = useState(false);
  const save = useSaveMember();
  const giveOthers = useOthers(save);
  const fields = staffFields(form.values);
  const changes = base && changesFrom(base, fields);
  const touched = changes === null || Object.keys(changes).length > 0;
  const others = [...team.values()].filter(
    ({ id, active, contract }) =>
      changes?.contract && active && id !== base?.id && sameTerms(contract, base?.contract ?? contract),
  );
  const live = base && team.get(base.id);
  const busy = save.pending > 0;

  const take = (current: Staff) => {
    setBase(current);
    setMeanwhile(null);
    form.setValues(valuesOf(current));
  };
  const keep = ({ current }: Meanwhile) => {
    setBase(current);
    setMeanwhile(null);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the person changes, not when the form does
  useEffect(() => {
    // An event is without the e-mail: the list with it comes right after.
    if (!base || !live || busy || live.email === null || live.version <= base.version) return;
    if (!touched) take(live);
    else setMeanwhile((held) => (held && held.current.version >= live.version ? held : { current: live, by: null }));
  }, [live, busy]);

  const submit = async () => {
    const errors = errorsOf(t, form.values);
    setRefusal(null);
    form.setErrors(errors);
    if (Object.keys(errors).length > 0) return;
    if (!touched) return close();
    const outcome = await save.mutate(base === null ? { base, fields } : { base, fields: changes ?? {} });
    if (outcome.status !== "saved") {
      const conflict = conflictOf<Staff>(outcome.error);
      if (conflict?.current) return setMeanwhile({ current: conflict.current, by: conflict.by });
      const reasons = outcome.error instanceof Problem ? outcome.error.reasons : [];
      form.setErrors(Object.fromEntries(reasons.map((reason) => [pathOf(reason), reasonSentence(t, reason)])));
      if (reasons.length === 0) setRefusal(sentenceOf(outcome.error));
      return;
    }
    announce(t(base ? "team.done.saved" : "team.done.added", { name: fields.name }));
    const failed = withOthers ? await giveOthers(others, fields.contract) : [];
    if (failed.length === 0) return close();
    setBase(outcome.answer ?? base);
    setRefusal(t("team.form.othersFailed", { names: failed.join(", ") }));
  };

  return { form, base, busy, others, withOthers, setWithOthers, meanwhile, take, keep, refusal, submit };
}

export type MemberFormState = ReturnType<typeof useMemberForm>;
