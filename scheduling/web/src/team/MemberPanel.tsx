import { Button, Checkbox, Input, PasswordInput, SegmentedControl, TagsInput, TextInput } from "@mantine/core";
import { IconAlertCircle, IconUserMinus, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Staff } from "../api/types";
import { useSignedIn } from "../session/signed-in";
import { SidePanel } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { ContractFields } from "./ContractFields";
import { Former } from "./Former";
import { LeaveDialog } from "./LeaveDialog";
import classes from "./MemberPanel.module.css";
import { type Meanwhile, type MemberFormState, useMemberForm } from "./use-member-form";

type Team = ReadonlyMap<number, Staff>;

function Changed({ meanwhile, take, keep }: { meanwhile: Meanwhile } & Pick<MemberFormState, "take" | "keep">) {
  const { t } = useTranslation();
  const { current, by } = meanwhile;
  const title = by ? t("team.meanwhile.by", { name: by }) : t("team.meanwhile.somebody");
  return (
    <Notice tone="warn" icon={IconUsers} title={title} urgent>
      <p>{t("team.meanwhile.text")}</p>
      <div className={classes.answers}>
        <Button size="xs" variant="default" onClick={() => take(current)}>
          {t("team.meanwhile.take")}
        </Button>
        <Button size="xs" variant="default" onClick={() => keep(meanwhile)}>
          {t("team.meanwhile.keep")}
        </Button>
      </div>
    </Notice>
  );
}

function PersonFields({
  form,
  isNew,
  own,
  skills,
}: { isNew: boolean; own: boolean; skills: string[] } & Pick<MemberFormState, "form">) {
  const { t } = useTranslation();
  const roles = (["staff", "manager"] as const).map((value) => ({ value, label: t(`team.form.roles.${value}`) }));
  return (
    <>
      <TextInput label={t("team.form.name")} withAsterisk maxLength={80} {...form.getInputProps("name")} />
      <TextInput
        label={t("team.form.email")}
        withAsterisk
        type="email"
        maxLength={254}
        {...form.getInputProps("email")}
      />
      <Input.Wrapper label={t("team.form.role")} error={form.errors.role}>
        <SegmentedControl
          fullWidth
          aria-label={t("team.form.role")}
          disabled={own}
          data={roles}
          {...form.getInputProps("role")}
        />
      </Input.Wrapper>
      <TagsInput
        label={t("team.form.skills")}
        description={t("team.form.skillsHint")}
        data={skills}
        maxTags={50}
        {...form.getInputProps("skills")}
      />
      <PasswordInput
        label={t("team.form.password")}
        description={isNew ? t("team.form.passwordNew") : t("team.form.passwordChange")}
        autoComplete="new-password"
        maxLength={200}
        {...form.getInputProps("password")}
      />
    </>
  );
}

interface FormProps {
  readonly member: Staff | null;
  readonly team: Team;
  readonly close: () => void;
}

function MemberForm({ member, team, close }: FormProps) {
  const { t } = useTranslation();
  const { me } = useSignedIn();
  const [leaving, setLeaving] = useState(false);
  const state = useMemberForm({ member, team, close });
  const { form, base, busy, others, meanwhile, refusal } = state;
  const own = member?.id === me.id;
  const skills = [...new Set([...team.values()].flatMap((each) => each.skills))].sort();
  return (
    <>
      <form
        id="member"
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void state.submit();
        }}
      >
        {meanwhile && <Changed meanwhile={meanwhile} take={state.take} keep={state.keep} />}
        {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
        <PersonFields form={form} isNew={member === null} own={own} skills={skills} />
        <h3 className={classes.heading}>{t("team.form.contract")}</h3>
        <ContractFields form={form} team={team} />
        {base && others.length > 0 && (
          <Checkbox
            label={t("team.form.others", { count: others.length, name: base.contract.name })}
            checked={state.withOthers}
            onChange={(event) => state.setWithOthers(event.currentTarget.checked)}
          />
        )}
      </form>
      <div className={classes.foot}>
        {base && !own && (
          <Button
            className={classes.leave}
            variant="subtle"
            color="red"
            leftSection={<IconUserMinus size={17} stroke={1.8} />}
            onClick={() => setLeaving(true)}
          >
            {t("team.leave.open")}
          </Button>
        )}
        <Button variant="default" onClick={close}>
          {t("team.form.cancel")}
        </Button>
        <Button type="submit" form="member" loading={busy} disabled={meanwhile !== null}>
          {t("team.form.save")}
        </Button>
      </div>
      {base && <LeaveDialog opened={leaving} member={base} close={() => setLeaving(false)} left={close} />}
    </>
  );
}

interface Props {
  readonly team: Team;
  readonly person: number | "new" | undefined;
  readonly close: () => void;
}

/** One person beside the list, to be read and changed; or a new one. */
export function MemberPanel({ team, person, close }: Props) {
  const { t } = useTranslation();
  const member = typeof person === "number" ? team.get(person) : undefined;
  const opened = person === "new" || member !== undefined;
  const title = member ? t("team.form.edit", { name: member.name }) : t("team.form.add");
  return (
    <SidePanel opened={opened} close={close} title={title}>
      {opened &&
        (member && !member.active ? (
          <Former member={member} close={close} />
        ) : (
          <MemberForm key={person} member={member ?? null} team={team} close={close} />
        ))}
    </SidePanel>
  );
}
