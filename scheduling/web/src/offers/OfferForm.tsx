import { Button, Group, Radio, Select, Stack } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { OfferFields, Schedule, Staff } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { urgentSentence } from "../live/NeedsConnection";
import { useSchedules } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { useNow } from "../time/use-now";
import { addDays, weekOf } from "../time/week";
import { whenOf } from "../time/words";
import { startOfDay, wallTime } from "../time/zone";
import { NoteField } from "../ui/NoteField";
import { Notice } from "../ui/Notice";
import { useMakeOffer } from "./queries";

/** Days before and after the offered shift among which a swap for it is looked for. */
const AROUND = { before: 14, after: 21 } as const;

type Way = "all" | "colleague" | "swap";
const WAYS: readonly Way[] = ["all", "colleague", "swap"];

type Team = ReadonlyMap<number, Staff>;

interface ChoiceProps {
  readonly shift: Schedule;
  readonly team: Team;
  readonly value: string | null;
  readonly choose: (value: string | null) => void;
}

function Colleague({ shift, team, value, choose }: ChoiceProps) {
  const { t } = useTranslation();
  const able = [...team.values()]
    .filter(({ id, active }) => active && id !== shift.staff_id)
    .filter(({ skills }) => skills.includes(shift.role));
  return (
    <Select
      label={t("offers.offer.who")}
      placeholder={able.length > 0 ? t("offers.offer.chooseWho") : t("offers.offer.nobody")}
      searchable
      data={able.map(({ id, name }) => ({ value: String(id), label: name }))}
      value={value}
      onChange={choose}
    />
  );
}

/** Colleagues' shifts that the reader could work, around the day of the one that they give. */
function useWanted({ starts_at, timezone, staff_id }: Schedule) {
  const { me } = useSignedIn();
  const now = useNow();
  const between = useMemo(() => {
    const week = weekOf(wallTime(starts_at, timezone).day);
    const [from, to] = [addDays(week, -AROUND.before), addDays(week, AROUND.after)];
    return { from: startOfDay(from, "UTC"), to: startOfDay(to, "UTC") };
  }, [starts_at, timezone]);
  const shifts = useSchedules(between, "published").data;
  return useMemo(
    () =>
      [...(shifts?.values() ?? [])]
        .filter((each) => each.staff_id !== null && each.staff_id !== staff_id)
        .filter((each) => me.skills.includes(each.role) && Date.parse(each.starts_at) > now)
        .sort((a, b) => a.starts_at.localeCompare(b.starts_at)),
    [shifts, me, staff_id, now],
  );
}

/** A shift as a choice's value: what is offered for is the version that was seen. */
const seen = ({ id, version }: Schedule) => `${id}/${version}`;

function refOf(value: string) {
  const [id, version] = value.split("/").map(Number);
  return { id: id ?? 0, version: version ?? 0 };
}

function Wanted({ shift, team, value, choose }: ChoiceProps) {
  const { t } = useTranslation();
  const shifts = useWanted(shift);
  const label = (each: Schedule) =>
    `${whenOf(each)} · ${team.get(each.staff_id ?? 0)?.name ?? t("shell.staffNumber", { id: each.staff_id })} · ${each.role}`;
  return (
    <Select
      label={t("offers.offer.which")}
      placeholder={shifts.length > 0 ? t("offers.offer.chooseWhich") : t("offers.offer.noShift")}
      searchable
      limit={100}
      data={shifts.map((each) => ({ value: seen(each), label: label(each) }))}
      value={value}
      onChange={choose}
    />
  );
}

function offerFields({ id, version }: Schedule, way: Way, choice: string | null, note: string): OfferFields | null {
  const fields = { schedule: { id, version }, note: note.trim() };
  if (way === "all") return fields;
  if (choice === null) return null;
  return way === "colleague" ? { ...fields, to_id: Number(choice) } : { ...fields, wanted: refOf(choice) };
}

interface Props {
  readonly shift: Schedule;
  readonly team: Team;
  readonly close: () => void;
}

/** Offers one's own shift: to all who may take it, to one colleague, or for one of a colleague's. */
export function OfferForm({ shift, team, close }: Props) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const { mutate, pending } = useMakeOffer();
  const [{ way, choice }, setAim] = useState<{ way: Way; choice: string | null }>({ way: "all", choice: null });
  const [note, setNote] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const fields = offerFields(shift, way, choice, note);
  const choose = (value: string | null) => setAim({ way, choice: value });
  const send = async () => {
    if (!fields) return;
    setRefusal(null);
    const outcome = await mutate(fields);
    if (outcome.status !== "saved") return setRefusal(urgentSentence(t, "ask", outcome.error));
    announce(t("offers.offer.sent", { when: whenOf(shift) }));
    close();
  };
  return (
    <Stack component="section" aria-label={t("offers.offer.title")}>
      <Radio.Group
        label={t("offers.offer.how")}
        value={way}
        onChange={(value) => setAim({ way: value as Way, choice: null })}
      >
        <Stack gap={8} mt={8}>
          {WAYS.map((each) => (
            <Radio key={each} value={each} label={t(`offers.offer.${each}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {way === "colleague" && <Colleague shift={shift} team={team} value={choice} choose={choose} />}
      {way === "swap" && <Wanted shift={shift} team={team} value={choice} choose={choose} />}
      <NoteField
        label={t("offers.offer.note")}
        description={t("offers.offer.noteReaders")}
        minRows={2}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={close}>
          {t("offers.offer.notNow")}
        </Button>
        <Button loading={pending > 0} disabled={!fields} onClick={() => void send()}>
          {t("offers.offer.send")}
        </Button>
      </Group>
    </Stack>
  );
}
