import { TextInput, UnstyledButton } from "@mantine/core";
import { IconChevronRight, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Contract, Staff } from "../api/types";
import { Coming } from "../live/Coming";
import { useTeam } from "../live/queries";
import { Face } from "../ui/Face";
import { Failure } from "../ui/Failure";
import { Section } from "../ui/Page";
import type { Translate } from "../words/language";
import { MemberPanel } from "./MemberPanel";
import classes from "./People.module.css";

/** "40 h a week · 11 h rest · 6 days in a row · 2 hard rules" */
function termsInWords(t: Translate, contract: Contract): string {
  const { hours_per_week: hours, rest_hours: rest, most_days_in_a_row: days, hard_rules: hard } = contract;
  return [
    hours === null ? t("team.terms.anyHours") : t("team.terms.hours", { hours }),
    t("team.terms.rest", { hours: rest }),
    ...(days === null ? [] : [t("team.terms.days", { days })]),
    ...(hard.length === 0 ? [] : [t("team.terms.hard", { count: hard.length })]),
  ].join(" · ");
}

function Person({ member, open }: { member: Staff; open: () => void }) {
  const { t } = useTranslation();
  const { id, name, role, skills, contract, active, version } = member;
  return (
    <li>
      <UnstyledButton
        className={classes.person}
        data-member={id}
        data-version={version}
        data-former={!active || undefined}
        onClick={open}
      >
        <Face name={name} size={36} />
        <span>
          <span className={classes.name}>
            {name}
            {role === "manager" && <span className={classes.mark}>{t("team.manager")}</span>}
          </span>
          <span className={classes.quiet}>{skills.length > 0 ? skills.join(" · ") : t("team.noSkills")}</span>
        </span>
        <span className={classes.terms}>
          <span className={classes.contract}>{contract.name}</span>
          <span className={classes.quiet}>{termsInWords(t, contract)}</span>
        </span>
        <IconChevronRight className={classes.go} size={18} stroke={1.6} aria-hidden="true" />
      </UnstyledButton>
    </li>
  );
}

function List({ members, open }: { members: readonly Staff[]; open: (id: number) => void }) {
  return (
    <ul className={classes.people}>
      {members.map((member) => (
        <Person key={member.id} member={member} open={() => open(member.id)} />
      ))}
    </ul>
  );
}

function found({ name, skills, contract }: Staff, words: string): boolean {
  const text = [name, ...skills, contract.name].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** From so many people on they are searched. */
const MANY = 10;

interface Props {
  readonly person: number | "new" | undefined;
  readonly open: (who: number | "new" | undefined) => void;
}

/** Everybody, those who have left below; one of them stands open beside. */
export function People({ person, open }: Props) {
  const { t } = useTranslation();
  const { data: team, live, refetch } = useTeam();
  const [words, setWords] = useState("");
  if (!team && live.error) return <Failure what={t("team.failed")} error={live.error} retry={() => void refetch()} />;
  if (!team) return <Coming height={240} />;
  const all = [...team.values()].sort((a, b) => a.name.localeCompare(b.name));
  const shown = all.filter((member) => found(member, words.trim()));
  const [here, former] = [shown.filter(({ active }) => active), shown.filter(({ active }) => !active)];
  return (
    <>
      {all.length > MANY && (
        <TextInput
          aria-label={t("team.search")}
          placeholder={t("team.search")}
          leftSection={<IconSearch size={16} stroke={1.8} aria-hidden="true" />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      )}
      <Section title={t("team.here", { count: here.length })}>
        {here.length > 0 ? (
          <List members={here} open={open} />
        ) : (
          <p className={classes.nobody}>{t("team.nobodyFound")}</p>
        )}
      </Section>
      {former.length > 0 && (
        <Section title={t("team.former")}>
          <List members={former} open={open} />
        </Section>
      )}
      <MemberPanel team={team} person={person} close={() => open(undefined)} />
    </>
  );
}
