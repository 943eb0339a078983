import { ActionIcon, Autocomplete, Button, NumberInput, SegmentedControl, Select, Tooltip } from "@mantine/core";
import { TimePicker } from "@mantine/dates";
import {
  IconAlertCircle,
  IconArrowsHorizontal,
  IconPlus,
  IconTrash,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { LocationNeeds, Staff } from "../api/types";
import { Coming } from "../live/Coming";
import { useLocations, useNeeds, useTeam } from "../live/queries";
import { timeLabels } from "../time/time-labels";
import { useNow } from "../time/use-now";
import { addDays, type Day } from "../time/week";
import { ago, weekdayShort } from "../time/words";
import { Notice } from "../ui/Notice";
import { Empty } from "../ui/Page";
import classes from "./Cover.module.css";
import { type CoverLine, isOvernight, personHours } from "./cover-lines";
import { type CoverForm, useCoverForm } from "./use-cover-form";

/** Some Monday: the weekdays are named by the days of its week. */
const MONDAY: Day = "2026-11-23";
const DAYS = [0, 1, 2, 3, 4, 5, 6].map((day) => addDays(MONDAY, day));

function Times({ line, change }: { line: CoverLine; change: (to: Partial<CoverLine>) => void }) {
  const { t } = useTranslation();
  const picker = (name: "starts" | "ends") => {
    const {
      label,
      withAsterisk: _,
      ...labels
    } = timeLabels(t, t(name === "starts" ? "team.cover.from" : "team.cover.until"));
    return (
      <td>
        <TimePicker
          size="xs"
          aria-label={label}
          {...labels}
          value={line[name]}
          onChange={(time) => change({ [name]: time })}
        />
        {name === "ends" && isOvernight(line) && <span className={classes.overnight}>{t("team.cover.nextDay")}</span>}
      </td>
    );
  };
  return (
    <>
      {picker("starts")}
      {picker("ends")}
    </>
  );
}

interface DaysProps {
  readonly line: CoverLine;
  readonly place: { readonly role: string; readonly from: string; readonly until: string };
  readonly change: (to: Partial<CoverLine>) => void;
}

/** How many are needed on each day of the week. */
function Days({ line: { least }, place, change }: DaysProps) {
  const { t } = useTranslation();
  const put = (index: number, count: number | string) =>
    change({ least: least.map((each, at) => (at === index ? Number(count) || "" : each)) });
  return DAYS.map((day, index) => (
    <td key={day} className={classes.day}>
      <NumberInput
        size="xs"
        className={classes.count}
        aria-label={t("team.cover.cell", { ...place, day: weekdayShort(day) })}
        placeholder="–"
        min={0}
        max={999}
        allowDecimal={false}
        clampBehavior="strict"
        hideControls
        value={least[index] ?? ""}
        onChange={(count) => put(index, count)}
      />
    </td>
  ));
}

interface LineProps {
  readonly line: CoverLine;
  readonly form: CoverForm;
  readonly roles: readonly string[];
}

function Line({ line, form, roles }: LineProps) {
  const { t } = useTranslation();
  const { role, starts, ends, least } = line;
  const change = (to: Partial<CoverLine>) => form.change(line, to);
  const place = { role, from: starts, until: ends };
  const first = least.find(Boolean) ?? "";
  return (
    <tr>
      <td className={classes.role}>
        <Autocomplete
          size="xs"
          aria-label={t("team.cover.role")}
          data={[...roles]}
          maxLength={80}
          value={role}
          onChange={(value) => change({ role: value })}
          error={form.errors.get(line.key)}
        />
      </td>
      <Times line={line} change={change} />
      <Days line={line} place={place} change={change} />
      <td>
        <div className={classes.tools}>
          <Tooltip label={t("team.cover.allDays")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("team.cover.allDays")}
              disabled={first === ""}
              onClick={() => change({ least: least.map(() => first) })}
            >
              <IconArrowsHorizontal size={16} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("team.cover.remove", place)}
            onClick={() => form.remove(line)}
          >
            <IconTrash size={16} stroke={1.8} />
          </ActionIcon>
        </div>
      </td>
    </tr>
  );
}

function Table({ form, roles }: { form: CoverForm; roles: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <div className={classes.frame}>
      <table className={classes.cover}>
        <thead>
          <tr>
            <th scope="col">{t("team.cover.role")}</th>
            <th scope="col">{t("team.cover.from")}</th>
            <th scope="col">{t("team.cover.until")}</th>
            {DAYS.map((day) => (
              <th key={day} scope="col">
                {weekdayShort(day)}
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {form.lines.map((line) => (
            <Line key={line.key} line={line} form={form} roles={roles} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Changed({ form }: { form: CoverForm }) {
  const { t } = useTranslation();
  const { meanwhile, base } = form;
  if (!meanwhile) return null;
  const { location } = base;
  const { by, current } = meanwhile;
  const title = by
    ? t("team.cover.meanwhile.by", { name: by, location })
    : t("team.cover.meanwhile.somebody", { location });
  return (
    <Notice tone="warn" icon={IconUsers} title={title} urgent>
      <p>{t("team.cover.meanwhile.text")}</p>
      <div className={classes.answers}>
        <Button size="xs" variant="default" onClick={() => form.take(current)}>
          {t("team.meanwhile.take")}
        </Button>
        <Button size="xs" variant="default" onClick={() => form.keep(meanwhile)}>
          {t("team.meanwhile.keep")}
        </Button>
      </div>
    </Notice>
  );
}

function Foot({ form }: { form: CoverForm }) {
  const { t } = useTranslation();
  const now = useNow();
  const { base, lines, touched, busy, meanwhile } = form;
  const { updated_by, updated_at } = base;
  return (
    <div className={classes.foot}>
      <Button variant="light" leftSection={<IconPlus size={16} stroke={2} />} onClick={form.add}>
        {t("team.cover.add")}
      </Button>
      <p className={classes.told}>{t("team.cover.sum", { hours: personHours(lines) })}</p>
      <div className={classes.end}>
        <p className={classes.told} aria-live="polite">
          {touched
            ? t("team.cover.changed")
            : updated_by && updated_at && t("team.cover.stamp", { name: updated_by.name, ago: ago(updated_at, now) })}
        </p>
        {touched && (
          <>
            <Button variant="default" onClick={form.discard}>
              {t("team.cover.discard")}
            </Button>
            <Button loading={busy} disabled={meanwhile !== null} onClick={() => void form.save()}>
              {t("team.cover.save")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}

function Editor({ needs, team }: { needs: LocationNeeds; team: Iterable<Staff> }) {
  const { t } = useTranslation();
  const form = useCoverForm(needs);
  const { location } = needs;
  const roles = [...new Set([...team].flatMap(({ skills }) => skills))].sort();
  return (
    <>
      <p className={classes.told}>{t("team.cover.about", { location })}</p>
      <Changed form={form} />
      {form.refusal && <Notice tone="bad" icon={IconAlertCircle} title={form.refusal} urgent />}
      {form.lines.length > 0 ? (
        <Table form={form} roles={roles} />
      ) : (
        <Empty
          icon={IconUsersGroup}
          title={t("team.cover.empty.title", { location })}
          text={t("team.cover.empty.text")}
        />
      )}
      <Foot form={form} />
    </>
  );
}

interface Props {
  readonly shown: string | undefined;
  readonly show: (location: string) => void;
}

/** How many people each location needs when; one location at a time. */
export function Cover({ shown, show }: Props) {
  const { t } = useTranslation();
  const locations = useLocations().data;
  const needs = useNeeds();
  const team = useTeam().data;
  const location = locations?.find(({ name }) => name === shown)?.name ?? locations?.[0]?.name;
  if (!locations || !needs || !team || !location) return <Coming height={240} />;
  const none: LocationNeeds = { location, needs: [], version: 0, updated_by: null, updated_at: null };
  const names = locations.map(({ name }) => name);
  return (
    <>
      {names.length <= 4 ? (
        <SegmentedControl
          aria-label={t("team.cover.location")}
          data={names}
          value={location}
          onChange={show}
          className={classes.choice}
        />
      ) : (
        <Select
          label={t("team.cover.location")}
          searchable
          allowDeselect={false}
          data={names}
          value={location}
          onChange={(to) => to && show(to)}
        />
      )}
      <Editor key={location} needs={needs.find((each) => each.location === location) ?? none} team={team.values()} />
    </>
  );
}
