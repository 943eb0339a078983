import { Button, Skeleton } from "@mantine/core";
import { IconBeach, IconPlus } from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TimeOff } from "../api/types";
import { type TimeOffFilter, useTeam, useTimeOff } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { Failure } from "../shell/Failure";
import { useNow } from "../time/use-now";
import { addDays, type Day, weekOf } from "../time/week";
import { startOfDay, today } from "../time/zone";
import { useLocations, zonesOf } from "../week/use-week";
import { RequestCard } from "./RequestCard";
import { RequestForm } from "./RequestForm";
import classes from "./TimeOffPage.module.css";

/** Five weeks back, a year ahead. */
function windowAround(day: Day): TimeOffFilter {
  const first = weekOf(day);
  return { from: startOfDay(addDays(first, -35), "UTC"), to: startOfDay(addDays(first, 371), "UTC") };
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <h2 className={classes.subtitle}>{title}</h2>
      {children}
    </section>
  );
}

function Empty({ manager, ask }: { manager: boolean; ask: () => void }) {
  const { t } = useTranslation();
  const words = manager ? ("timeoff.emptyForManagers" as const) : ("timeoff.emptyForStaff" as const);
  return (
    <div className={classes.empty}>
      <IconBeach size={34} stroke={1.3} aria-hidden="true" />
      <p className={classes.emptyTitle}>{t(`${words}.title`)}</p>
      <p className={classes.emptyText}>{t(`${words}.text`)}</p>
      <Button variant="light" onClick={ask}>
        {t("timeoff.request")}
      </Button>
    </div>
  );
}

interface ListProps {
  readonly requests: ReadonlyMap<number, TimeOff>;
  readonly nameOf: (id: number) => string;
  readonly zones: readonly string[];
}

function Lists({ requests, nameOf, zones }: ListProps) {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const all = [...requests.values()];
  const pending = all
    .filter((request) => request.status === "pending")
    .sort((a, b) => a.starts_at.localeCompare(b.starts_at));
  const decided = all
    .filter((request) => request.status !== "pending")
    .sort((a, b) => b.starts_at.localeCompare(a.starts_at));
  const cards = (list: readonly TimeOff[]) => (
    <div className={classes.list}>
      {list.map((request) => (
        <RequestCard key={request.id} request={request} name={nameOf(request.staff_id)} zones={zones} />
      ))}
    </div>
  );
  return (
    <>
      {pending.length > 0 && (
        <Section title={manager ? t("timeoff.toDecide", { count: pending.length }) : t("timeoff.waiting")}>
          {cards(pending)}
        </Section>
      )}
      {manager && pending.length === 0 && (
        <Section title={t("timeoff.nothingToDecide")}>
          <p className={classes.emptyText}>{t("timeoff.allAnswered")}</p>
        </Section>
      )}
      {decided.length > 0 && <Section title={t("timeoff.decided")}>{cards(decided)}</Section>}
    </>
  );
}

/** Requests for time off: to make them, to decide them, to see what became of them. */
export function TimeOffPage() {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const [asking, setAsking] = useState(false);
  const zones = zonesOf(useLocations().data);
  const day = today(zones[0], useNow());
  const requests = useTimeOff(useMemo(() => windowAround(day), [day]));
  const staff = useTeam().data ?? new Map();
  const nameOf = (id: number) => staff.get(id)?.name ?? t("shell.staffNumber", { id });
  const ask = () => setAsking(true);
  const failed = requests.data ? null : requests.live.error;
  return (
    <div className={classes.scroller}>
      <title>{t("shell.title", { page: t("timeoff.page") })}</title>
      <div className={classes.page}>
        <div className={classes.heading}>
          <h1 className={classes.title}>{t("timeoff.page")}</h1>
          <Button leftSection={<IconPlus size={17} stroke={2} />} onClick={ask}>
            {t("timeoff.request")}
          </Button>
        </div>
        {failed && <Failure what={t("timeoff.failed")} error={failed} retry={() => void requests.refetch()} />}
        {!requests.data && !failed && <Skeleton height={96} radius={14} mt={24} />}
        {requests.data?.size === 0 && <Empty manager={manager} ask={ask} />}
        {requests.data && requests.data.size > 0 && <Lists requests={requests.data} nameOf={nameOf} zones={zones} />}
      </div>
      <RequestForm opened={asking} staff={staff} zone={zones[0]} close={() => setAsking(false)} />
    </div>
  );
}
