import { Checkbox, Radio, Stack } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { shortReason } from "../api/reasons";
import { useDesk } from "../grid/desk";
import { verdictOf } from "../rules/use-check";
import { whenOf } from "../time/words";
import { Notice } from "../ui/Notice";
import type { Remedy } from "./drafts";
import classes from "./Misfits.module.css";
import type { Refusal } from "./use-drafting";

interface Props {
  readonly refusal: Refusal;
  readonly remedy: Remedy;
  readonly choose: (remedy: Remedy) => void;
}

function List({ refusal: { drafts, objections } }: Pick<Props, "refusal">) {
  const { t } = useTranslation();
  const { nameOf, colourOf } = useDesk();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrolled by keyboard, too
    <ul className={classes.list} tabIndex={0} aria-label={t("bulk.misfits.list")}>
      {drafts
        .filter(({ id }) => objections.has(id))
        .map((draft) => {
          const reasons = objections.get(draft.id) ?? [];
          return (
            <li key={draft.id} data-role={colourOf(draft.role)}>
              <span className={classes.who}>{nameOf(draft.staff_id)}</span>
              <span className={classes.when}>{whenOf(draft)}</span>
              <span className={classes.why}>{reasons.map((reason) => shortReason(t, reason)).join("; ")}</span>
            </li>
          );
        })}
    </ul>
  );
}

/** The shifts that do not fit, each with its reason, and what is to become of them. */
export function Misfits({ refusal, remedy, choose }: Props) {
  const { t } = useTranslation();
  const { objections, general, drafts } = refusal;
  if (general) {
    return (
      <Notice tone="bad" icon={IconAlertTriangle} title={t("shift.refused.title")} urgent>
        <p>{general}</p>
      </Notice>
    );
  }
  const soft = [...objections.values()].filter((reasons) => verdictOf(reasons) === "soft").length;
  const others = objections.size - (remedy.overrule ? soft : 0);
  return (
    <Stack gap="sm">
      <Notice
        tone="warn"
        icon={IconAlertTriangle}
        title={t("bulk.misfits.title", { count: objections.size, all: drafts.length })}
        urgent
      >
        <p>{t("bulk.misfits.nothingYet")}</p>
      </Notice>
      <List refusal={refusal} />
      {soft > 0 && (
        <Checkbox
          label={t("bulk.misfits.overrule", { count: soft })}
          checked={remedy.overrule}
          onChange={(event) => choose({ ...remedy, overrule: event.currentTarget.checked })}
        />
      )}
      {others > 0 && (
        <Radio.Group
          label={t("bulk.misfits.others", { count: others })}
          value={remedy.others}
          onChange={(value) => choose({ ...remedy, others: value === "open" ? "open" : "leave" })}
        >
          <Stack gap={6} mt={6}>
            <Radio value="leave" label={t("bulk.misfits.leave")} />
            <Radio value="open" label={t("bulk.misfits.open")} />
          </Stack>
        </Radio.Group>
      )}
    </Stack>
  );
}
