import { Checkbox, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { HardRule, Staff } from "../api/types";
import classes from "./MemberPanel.module.css";
import { BOUNDS, contractsOf, type Limits, termsOf } from "./member-fields";
import type { MemberFormState } from "./use-member-form";

type Form = Pick<MemberFormState, "form">;

/** The rules in the order of the form, with the limit that each of them holds. */
const RULES: readonly (readonly [HardRule, keyof Limits | null])[] = [
  ["weekly_hours", "hours_per_week"],
  ["rest", "rest_hours"],
  ["days_in_a_row", "most_days_in_a_row"],
  ["days_off", "least_days_off_in_a_row"],
  ["weekends", "most_weekends_in_four"],
  ["whole_weekend", null],
  ["succession", null],
  ["skill", null],
];

function Limit({ form, name, label }: Form & { name: keyof Limits; label: string }) {
  const { t } = useTranslation();
  return (
    <NumberInput
      size="xs"
      aria-label={label}
      placeholder={t("team.form.none")}
      allowDecimal={name.includes("hours")}
      clampBehavior="strict"
      {...BOUNDS[name]}
      {...form.getInputProps(`limits.${name}`)}
    />
  );
}

function Rule({ form, rule, children }: Form & { rule: HardRule; children?: ReactNode }) {
  const { t } = useTranslation();
  const { hard } = form.values;
  const label = t(`team.form.rules.${rule}`);
  const change = (checked: boolean) =>
    form.setFieldValue("hard", checked ? [...hard, rule] : hard.filter((each) => each !== rule));
  return (
    <tr>
      <th scope="row">{label}</th>
      <td className={classes.limit}>{children}</td>
      <td className={classes.hard}>
        <Checkbox
          className={classes.box}
          aria-label={t("team.form.hardOf", { rule: label })}
          checked={hard.includes(rule)}
          onChange={(event) => change(event.currentTarget.checked)}
        />
      </td>
    </tr>
  );
}

function Rules({ form }: Form) {
  const { t } = useTranslation();
  return (
    <table className={classes.rules}>
      <thead>
        <tr>
          <th scope="col">{t("team.form.rule")}</th>
          <td />
          <th scope="col">{t("team.form.hard")}</th>
        </tr>
      </thead>
      <tbody>
        {RULES.map(([rule, limit]) => (
          <Rule key={rule} form={form} rule={rule}>
            {limit && <Limit form={form} name={limit} label={t(`team.form.rules.${rule}`)} />}
            {rule === "whole_weekend" && (
              <Switch
                aria-label={t("team.form.rules.whole_weekend")}
                {...form.getInputProps("whole_weekends", { type: "checkbox" })}
              />
            )}
          </Rule>
        ))}
        <tr>
          <th scope="row">{t("team.form.owed")}</th>
          <td className={classes.limit}>
            <Limit form={form} name="least_hours_per_week" label={t("team.form.owed")} />
          </td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}

const KINDS = ["early", "day", "late", "night"] as const;

function Successions({ form }: Form) {
  const { t } = useTranslation();
  const { successions } = form.values;
  const kind = (each: (typeof KINDS)[number]) => t(`rules.kinds.${each}`);
  return (
    <table className={classes.successions}>
      <caption>{t("team.form.successions")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("team.form.after")}</th>
          {KINDS.map((after) => (
            <th key={after} scope="col">
              {kind(after)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {KINDS.map((before) => (
          <tr key={before}>
            <th scope="row">{kind(before)}</th>
            {KINDS.map((after) => {
              const rest = successions.filter((each) => each.before !== before || each.after !== after);
              return (
                <td key={after}>
                  <Checkbox
                    className={classes.box}
                    aria-label={t("team.form.successionOf", { before: kind(before), after: kind(after) })}
                    checked={rest.length < successions.length}
                    onChange={(event) =>
                      form.setFieldValue(
                        "successions",
                        event.currentTarget.checked ? [...rest, { before, after }] : rest,
                      )
                    }
                  />
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What was agreed with a person: the limits, and which of them are hard. */
export function ContractFields({ form, team }: Form & { team: ReadonlyMap<number, Staff> }) {
  const { t } = useTranslation();
  const contracts = contractsOf([...team.values()].filter(({ active }) => active));
  const like = (name: string | null) => {
    const contract = contracts.find((each) => each.name === name);
    if (contract) form.setValues(termsOf(contract));
  };
  return (
    <>
      <Select
        label={t("team.form.like")}
        description={t("team.form.likeHint")}
        data={contracts.map(({ name }) => name)}
        value={null}
        onChange={like}
      />
      <TextInput label={t("team.form.contractName")} withAsterisk maxLength={80} {...form.getInputProps("contract")} />
      <Rules form={form} />
      <p className={classes.hint}>{t("team.form.hardHint")}</p>
      <Successions form={form} />
    </>
  );
}
