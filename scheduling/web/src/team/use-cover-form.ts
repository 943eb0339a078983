import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { conflictOf, sentenceOf } from "../api/problem";
import type { LocationNeeds } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { type CoverLine, emptyLine, lineError, linesOf, needsOf, sameNeeds } from "./cover-lines";
import { useCoverChange } from "./queries";

interface Meanwhile {
  readonly current: LocationNeeds;
  readonly by: string | null;
}

/** The lines themselves: one more, one fewer, one otherwise. */
function useLines(needs: LocationNeeds) {
  const [lines, setLines] = useState<readonly CoverLine[]>(() => linesOf(needs.needs));
  const key = useRef(1_000);
  const add = () => {
    key.current += 1;
    setLines([...lines, emptyLine(key.current)]);
  };
  const remove = (line: CoverLine) => setLines(lines.filter((each) => each !== line));
  const change = (line: CoverLine, to: Partial<CoverLine>) =>
    setLines(lines.map((each) => (each === line ? { ...line, ...to } : each)));
  return { lines, setLines, add, remove, change };
}

/**
 * What one location needs, as lines to edit. What others save meanwhile is shown at once while nothing was edited; else the reader is
 * asked: what is saved replaces all that was there.
 */
export function useCoverForm(live: LocationNeeds) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [base, setBase] = useState(live);
  const { lines, setLines, ...edits } = useLines(live);
  const [meanwhile, setMeanwhile] = useState<Meanwhile | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [asked, setAsked] = useState(false);
  const { mutate, pending } = useCoverChange();
  const errors = new Map(lines.map((line) => [line.key, asked ? lineError(t, line, lines) : null]));
  const incomplete = lines.some((line) => lineError(t, line, lines));
  const touched = incomplete || !sameNeeds(needsOf(lines), base.needs);
  const busy = pending > 0;

  const take = (current: LocationNeeds) => {
    setBase(current);
    setLines(linesOf(current.needs));
    setMeanwhile(null);
    setRefusal(null);
    setAsked(false);
  };
  const keep = ({ current }: Meanwhile) => {
    setBase(current);
    setMeanwhile(null);
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the needs change, not when the lines do
  useEffect(() => {
    if (busy || live.version <= base.version) return;
    if (touched) setMeanwhile({ current: live, by: live.updated_by?.name ?? null });
    else take(live);
  }, [live, busy]);

  const save = async () => {
    setAsked(true);
    setRefusal(null);
    if (incomplete) return;
    const outcome = await mutate({ ...base, needs: needsOf(lines) });
    if (outcome.status === "saved") {
      if (outcome.answer) take(outcome.answer);
      return announce(t("team.done.cover", { location: base.location }));
    }
    const conflict = conflictOf<LocationNeeds>(outcome.error);
    if (conflict?.current) setMeanwhile({ current: conflict.current, by: conflict.by });
    else setRefusal(sentenceOf(outcome.error));
  };

  return {
    base,
    lines,
    errors,
    touched,
    busy,
    meanwhile,
    refusal,
    take,
    keep,
    save,
    ...edits,
    discard: () => take(meanwhile?.current ?? base),
  };
}

export type CoverForm = ReturnType<typeof useCoverForm>;
